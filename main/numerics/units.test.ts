/** @file Statistics of units against slow definitions, and what must not change them. */
import { describe, expect, it } from 'vitest';
import { stream } from '../../native-models';
import {
  areaUnderCurve,
  histogramCounts,
  histogramEdges,
  rowsByValue,
  unitStatistics,
  unitValues,
  wassersteinDistances,
} from './units';

const [rows, units] = [400, 19];
const made = () => stream(3, 'units').normal(new Float32Array(rows * units));
const even = Array.from({ length: 150 }, (_, k) => 2 * k);
const odd = Array.from({ length: 200 }, (_, k) => 2 * k + 1);

describe('unitStatistics', () => {
  it('has the moments of the definition', () => {
    const data = made();
    const found = unitStatistics(data, rows, units);
    for (const unit of [0, 15, 16, 18]) {
      const values = [...unitValues(data, rows, units, unit)];
      const mean = values.reduce((a, b) => a + b) / rows;
      const moment = (power: number) => values.reduce((sum, x) => sum + (x - mean) ** power, 0) / rows;
      expect(found.mean[unit]).toBeCloseTo(mean, 12);
      expect(found.standardDeviation[unit]).toBeCloseTo(Math.sqrt((moment(2) * rows) / (rows - 1)), 12);
      expect(found.kurtosis[unit]).toBeCloseTo(moment(4) / moment(2) ** 2 - 3, 10);
      expect(found.maximum[unit]).toBe(Math.max(...values));
      expect(found.above[unit]).toBe(values.filter((x) => x > 0).length / rows);
    }
    expect(found.auroc).toBeNull();
  });

  it('does not move with an offset, and scales with a factor', () => {
    // Multiples of 2^-10 lose nothing when 4,096 is added in 32 bits.
    const data = made().map((value) => Math.round(value * 1024) / 1024);
    const groups = { to: even, from: odd };
    const plain = unitStatistics(data, rows, units, groups);
    const moved = unitStatistics(
      data.map((value) => value + 4096),
      rows,
      units,
      groups,
    );
    const wide = unitStatistics(
      data.map((value) => value * 2 ** 60),
      rows,
      units,
      groups,
    );
    for (const name of ['standardDeviation', 'kurtosis', 'auroc', 'w1', 'w2'] as const)
      for (let unit = 0; unit < units; unit++)
        expect(moved[name]![unit]).toBeCloseTo(plain[name]![unit]!, 11);
    for (let unit = 0; unit < units; unit++) {
      expect(wide.w2![unit]! / 2 ** 60).toBeCloseTo(plain.w2![unit]!, 12);
      expect(wide.kurtosis[unit]).toBeCloseTo(plain.kurtosis[unit]!, 12);
    }
  });

  it('says NaN where there is nothing to say', () => {
    const { kurtosis, standardDeviation } = unitStatistics(new Float32Array(8).fill(0.1), 8, 1);
    expect([kurtosis[0], standardDeviation[0]]).toEqual([NaN, 0]);
    expect(unitStatistics(made(), rows, units, { to: [], from: odd }).auroc![0]).toBeNaN();
  });
});

describe('two groups', () => {
  it('have the area and distances of the definition, ties and unequal sizes included', () => {
    const round = (values: Float32Array) => values.map((value) => Math.round(value * 4) / 4).sort();
    const left = round(stream(1, 'left').normal(new Float32Array(37)));
    const right = round(stream(1, 'right').normal(new Float32Array(52)));
    let wins = 0;
    for (const a of left) for (const b of right) wins += a > b ? 1 : a === b ? 0.5 : 0;
    expect(areaUnderCurve(left, right)).toBeCloseTo(wins / 37 / 52, 14);
    const copies = (values: Float32Array, times: number) =>
      [...values].flatMap((value) => Array<number>(times).fill(value));
    const [a, b] = [copies(left, 52), copies(right, 37)];
    const { w1, w2 } = wassersteinDistances(left, right);
    expect(w1).toBeCloseTo(a.reduce((sum, value, k) => sum + Math.abs(value - b[k]!), 0) / a.length, 12);
    expect(w2).toBeCloseTo(
      Math.sqrt(a.reduce((sum, value, k) => sum + (value - b[k]!) ** 2, 0) / a.length),
      12,
    );
  });
});

describe('one unit', () => {
  it('has a histogram that holds every value once, edges belonging to the bin above', () => {
    const values = Float32Array.of(0, 1, 1, 2, 3, 4, 4);
    const edges = histogramEdges(values, 4);
    expect([...edges]).toEqual([0, 1, 2, 3, 4]);
    expect([...histogramCounts(values, edges)]).toEqual([1, 2, 1, 3]);
    const constant = Float32Array.of(7, 7);
    expect([...histogramCounts(constant, histogramEdges(constant, 2))]).toEqual([0, 2]);
  });

  it('lists rows from the largest value on', () => {
    expect([...rowsByValue(Float32Array.of(1, 5, 5, 2, -1), 1)]).toEqual([1, 2, 3, 0]);
  });
});
