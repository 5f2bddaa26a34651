/** @file Principal components against scikit-learn, against each other, and under what must not change them. */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { stream } from '../../native-models';
import { openCompute } from '../compute/session';
import type { RowMatrix } from '../contract/projection';
import { applyMap, type LinearMap } from './linear-map';
import { fitPca } from './pca';
import { plantedClusters } from './testing/clusters';

interface Golden extends Record<'rows' | 'columns' | 'count', number> {
  name: string;
  data: number[];
  mean: number[];
  axes: number[];
  variances: number[];
  shares: number[];
  scores: number[];
}
const { cases } = JSON.parse(readFileSync(new URL('./testing/pca.json', import.meta.url), 'utf8')) as {
  cases: Golden[];
};

const compute = openCompute({ threads: 1 });
afterAll(() => compute.close());
const fit = async (matrix: RowMatrix, count: number): Promise<LinearMap> =>
  (await fitPca(compute, matrix, count))!;

/** Variances that fall by a factor, in random directions: components are told apart. */
function falling(rows: number, columns: number, factor: number): RowMatrix {
  const mixed = stream(2, 'mixing').normal(new Float32Array(8 * columns));
  const scores = stream(2, 'scores').normal(new Float32Array(8 * rows));
  const data = stream(2, 'noise')
    .normal(new Float32Array(rows * columns))
    .map((value) => value * 0.01);
  for (let row = 0; row < rows; row++)
    for (let k = 0; k < 8; k++)
      for (let column = 0; column < columns; column++)
        data[row * columns + column]! +=
          (scores[row * 8 + k]! * factor ** k * mixed[k * columns + column]!) / Math.sqrt(columns);
  return { data, rows, columns };
}

const worst = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a, (value, k) => Math.abs(value - b[k]!)).reduce((most, value) => Math.max(most, value), 0);

describe('fitPca', () => {
  it.each(cases.map((one) => [one.name, one] as const))('equals scikit-learn: %s', async (_, golden) => {
    const matrix = { data: Float32Array.from(golden.data), rows: golden.rows, columns: golden.columns };
    const map = await fit(matrix, golden.count);
    expect(worst(map.mean, golden.mean)).toBeLessThan(1e-12);
    expect(worst(map.axes, golden.axes)).toBeLessThan(1e-5);
    expect(
      worst(
        map.variances.map((value, k) => value / golden.variances[k]!),
        golden.variances.map(() => 1),
      ),
    ).toBeLessThan(1e-6);
    expect(
      worst(
        map.variances.map((value) => value / map.totalVariance),
        golden.shares,
      ),
    ).toBeLessThan(1e-6);
    expect(worst(await applyMap(compute, map, matrix), golden.scores)).toBeLessThan(2e-5);
  });

  it('finds the same by the iteration on rows as by the covariance, on both sides of 1,024 columns', async () => {
    const narrow = falling(300, 1000, 0.6);
    const wide = { rows: 300, columns: 1100, data: new Float32Array(300 * 1100) };
    for (let row = 0; row < 300; row++)
      wide.data.set(narrow.data.subarray(row * 1000, (row + 1) * 1000), row * 1100);
    const [left, right] = [await fit(narrow, 4), await fit(wide, 4)];
    for (let k = 0; k < 4; k++) {
      expect(left.variances[k]! / right.variances[k]!).toBeCloseTo(1, 5);
      const axis = right.axes.subarray(k * 1100, k * 1100 + 1000);
      expect(worst(left.axes.subarray(k * 1000, (k + 1) * 1000), axis)).toBeLessThan(1e-4);
    }
  });

  it('does not change with an offset or a scale, and turns no axis round', async () => {
    const plain = falling(500, 40, 0.7);
    // Multiples of 2^-8 lose nothing when 1,024 is added in 32 bits.
    plain.data = plain.data.map((value) => Math.round(value * 256) / 256);
    const first = await fit(plain, 3);
    for (const [offset, scale] of [
      [1024, 1],
      [0, 2 ** 90],
      [0, 2 ** -90],
    ] as const) {
      const changed = { ...plain, data: plain.data.map((value) => value * scale + offset) };
      const map = await fit(changed, 3);
      expect(worst(map.axes, first.axes)).toBeLessThan(1e-5);
      expect(
        worst(
          map.variances.map((value, k) => value / scale ** 2 / first.variances[k]!),
          [1, 1, 1],
        ),
      ).toBeLessThan(1e-6);
      const scores = (await applyMap(compute, map, changed)).map((value) => value / scale);
      expect(worst(scores, await applyMap(compute, first, plain))).toBeLessThan(1e-3);
    }
    for (let k = 0; k < 3; k++) {
      const axis = [...first.axes.subarray(k * 40, (k + 1) * 40)];
      expect(Math.max(...axis)).toBeCloseTo(Math.max(...axis.map(Math.abs)), 12);
    }
  });

  it('shows rows B where a fit on A puts them', async () => {
    const all = plantedClusters(200, 12, 2);
    const half = { ...all, data: all.data.subarray(0, 100 * 12), rows: 100 };
    const map = await fit(half, 2);
    const shown = await applyMap(compute, map, all);
    expect([...shown.subarray(0, 200)]).toEqual([...(await applyMap(compute, map, half))]);
    await expect(applyMap(compute, map, { ...all, rows: 240, columns: 10 })).rejects.toMatchObject({
      code: 'projection-width',
    });
  });

  it('takes constant columns, equal rows, a single row and fewer rows than columns', async () => {
    const constant = { data: new Float32Array(500).fill(0.1), rows: 100, columns: 5 };
    const none = await fit(constant, 2);
    expect([none.totalVariance, ...none.variances]).toEqual([0, 0, 0]);
    expect([...(await applyMap(compute, none, constant))].every((value) => value === 0)).toBe(true);
    const one = await fit({ data: Float32Array.of(1, 2, 3), rows: 1, columns: 3 }, 3);
    expect([...one.variances]).toEqual([0, 0, 0]);
    const few = falling(3, 200, 0.5);
    const map = await fit(few, 5);
    expect(map.variances[0]! + map.variances[1]!).toBeCloseTo(map.totalVariance, 5);
    expect(map.variances.every((value) => value >= 0)).toBe(true);
  });

  it('names the row and column that hold no number, and refuses what cannot be', async () => {
    const data = new Float32Array(12);
    data[7] = NaN;
    await expect(fit({ data, rows: 4, columns: 3 }, 2)).rejects.toMatchObject({
      code: 'projection-not-finite',
      detail: { where: { row: 3, column: 2 }, blame: 'input' },
    });
    data[7] = Infinity;
    await expect(fit({ data, rows: 4, columns: 3 }, 2)).rejects.toMatchObject({
      code: 'projection-not-finite',
    });
    await expect(fit({ data: new Float32Array(12), rows: 4, columns: 3 }, 4)).rejects.toMatchObject({
      code: 'projection-components',
    });
    await expect(fit({ data: new Float32Array(0), rows: 0, columns: 3 }, 1)).rejects.toMatchObject({
      code: 'projection-empty',
    });
  });

  it('stops between two blocks', async () => {
    expect(await fitPca(compute, falling(50, 10, 0.5), 2, () => true)).toBeNull();
  });
});
