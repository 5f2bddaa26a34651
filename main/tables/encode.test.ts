/** @file Imputation and standardisation by the training rows alone, on the host and as a program. */
import { describe, expect, it } from 'vitest';
import { expectClose } from '../../native-models/testing/expect-close';
import { evaluate, float32, stream, trace } from '../../native-models';
import {
  encodeRows,
  encodeSplit,
  encodeTensor,
  fitEncoding,
  standardiseTensor,
  unstandardiseTargets,
  unstandardiseTensor,
} from './encode';
import type { PreparedTable } from './prepare';
import { SPLIT_PARTS, splitRows } from './split';
import { tableSettings } from './testing';

/** 60 rows of two features, the second with holes, and two targets far from 0. */
function madeTable(): PreparedTable {
  const rows = 60;
  const raw = stream(1, 'test.features').normal(new Float32Array(3 * rows));
  for (let row = 0; row < rows; row++) {
    raw[3 * row] = 100 + 5 * raw[3 * row]!;
    if (row % 4 === 1) raw[3 * row + 1] = NaN;
    raw[3 * row + 2] = 7;
  }
  const y = stream(1, 'test.targets')
    .normal(new Float32Array(2 * rows))
    .map((value, at) => (at % 2 === 0 ? 1000 + 20 * value : -3 + value));
  return {
    ...{ task: 'regression', rows, index: Uint32Array.from({ length: rows }, (_, row) => 2 * row) },
    ...{ raw, names: ['a', 'b', 'c'], columns: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] },
    ...{ y, targets: ['y', 'z'], given: y.slice(), standardise: true, notices: [] },
  };
}

const column = (values: Float32Array, width: number, k: number) =>
  [...values].filter((_, at) => at % width === k);
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('encodeSplit', () => {
  it('gives training rows mean 0 and spread 1, and nothing missing to any', () => {
    const table = madeTable();
    const { split, encoding } = encodeSplit(table, splitRows(60, tableSettings(), 0, 0));
    for (const k of [0, 1]) {
      for (const [values, width] of [
        [split.train.x, 3],
        [split.train.y, 2],
      ] as const) {
        expect(mean(column(values, width, k))).toBeCloseTo(0, 4);
        expect(mean(column(values, width, k).map((value) => value ** 2))).toBeCloseTo(1, 4);
      }
    }
    for (const part of SPLIT_PARTS.map((name) => split[name])) {
      expect([...part.x, ...part.raw].every(Number.isFinite)).toBe(true);
      // A constant column stays at 0.
      expect(column(part.x, 3, 2).every((value) => value === 0)).toBe(true);
      expect(part.given).toEqual(part.y);
      const original = Float32Array.from(part.index, (row) => table.y[row]!);
      expectClose(
        unstandardiseTargets(encoding, part.y).filter((_, at) => at % 2 === 0),
        original,
        { rtol: 1e-6 },
      );
    }
  });

  it('does not look at other rows: those may be anything', () => {
    const table = madeTable();
    const rows = splitRows(60, tableSettings(), 0, 0);
    const before = fitEncoding(table, rows);
    for (const row of [...rows.fit, ...rows.calibration, ...rows.test]) {
      table.raw.fill(1e6, 3 * row, 3 * row + 3);
      table.y.fill(-1e6, 2 * row, 2 * row + 2);
    }
    expect(fitEncoding(table, rows)).toEqual(before);
    // Two training rows are too few to say what a spread is; fit rows help.
    const few = { ...rows, train: rows.train.slice(0, 2) };
    expect(fitEncoding(table, few)).not.toEqual(before);
  });

  it('imputes the median of what is there', () => {
    const table = madeTable();
    const train = Uint32Array.from({ length: 12 }, (_, row) => row);
    const encoding = fitEncoding(table, { train, fit: train });
    const there = [0, 2, 3, 4, 6, 7, 8, 10, 11].map((row) => table.raw[3 * row + 1]!).sort((a, b) => a - b);
    expect(encoding.median[1]).toBe(there[4]);
    const rows = encodeRows(table, encoding, train);
    expect(rows.raw[3 * 1 + 1]).toBe(there[4]);
    expect([...rows.index.subarray(0, 3)]).toEqual([0, 2, 4]);
  });

  it('is the same inside a program, missing values included, and back', () => {
    const table = madeTable();
    const all = Uint32Array.from({ length: 60 }, (_, row) => row);
    const encoding = fitEncoding(table, { train: all, fit: all });
    const { x, y } = encodeRows(table, encoding, all);
    const graph = trace('encode', { raw: float32(60, 3), target: float32(60, 2) }, ({ raw, target }) => ({
      x: encodeTensor(encoding, raw!),
      y: standardiseTensor(encoding, target!),
      back: unstandardiseTensor(encoding, standardiseTensor(encoding, target!)),
    }));
    const result = evaluate(graph, {
      raw: { data: table.raw, shape: [60, 3] },
      target: { data: table.y, shape: [60, 2] },
    });
    expectClose(result.x!.data, x, { atol: 1e-5 });
    expectClose(result.y!.data, y, { atol: 1e-5 });
    expectClose(result.back!.data, table.y, { rtol: 1e-6 });
  });

  it('keeps the units of targets that are not to be standardised', () => {
    const table = { ...madeTable(), standardise: false };
    const { split } = encodeSplit(table, splitRows(60, tableSettings(), 0, 0));
    const first = split.test.index[0]! / 2;
    expect([...split.test.y.subarray(0, 2)]).toEqual([...table.y.subarray(2 * first, 2 * first + 2)]);
  });
});
