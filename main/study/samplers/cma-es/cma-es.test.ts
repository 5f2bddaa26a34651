import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Point } from '../../../contract/study';
import { axesOf } from '../../space/axes';
import { readSpace } from '../../space/read';
import { minimise } from '../testing/problems';
import { cmaEs } from './cma-es';
import { Distribution, populationOf } from './distribution';
import { keepMargin } from './margin';

interface Generation {
  points: number[][];
  mean: number[];
  sigma: number;
  covariance: number[][];
  scales: number[] | null;
}
const fixture = JSON.parse(readFileSync(new URL('../testing/cma.json', import.meta.url), 'utf8')) as {
  population: number;
  plain: Generation[];
  margin: Generation[];
};

function close(got: Float64Array, expected: readonly number[]): void {
  expect(got).toHaveLength(expected.length);
  expected.forEach((value, k) => expect(got[k]).toBeCloseTo(value, 9));
}

describe('the distribution', () => {
  const begin = () => new Distribution(new Float64Array(4).fill(0.5), 0.2, populationOf(4), false);
  const ranked = (points: number[][]) => points.map((x) => ({ x: Float64Array.from(x), valued: true }));

  it('moves as that of the cmaes package', () => {
    const distribution = begin();
    expect(distribution.population).toBe(fixture.population);
    for (const { points, mean, sigma, covariance } of fixture.plain) {
      distribution.update(ranked(points));
      close(distribution.mean, mean);
      expect(distribution.sigma).toBeCloseTo(sigma, 9);
      close(distribution.covariance, covariance.flat());
    }
  });

  it('keeps the margin of cells as that package does', () => {
    const [, five, two] = axesOf(
      readSpace({
        a: { type: 'float', low: 0, high: 1 },
        b: { type: 'int', low: 1, high: 5 },
        c: { type: 'ordinal', choices: ['low', 'high'] },
      }),
    );
    const distribution = begin();
    const scales = new Float64Array(4).fill(1);
    for (const { points, mean, scales: expected } of fixture.margin) {
      distribution.update(ranked(points));
      keepMargin(distribution, scales, [null, five!, two!, null]);
      close(distribution.mean, mean);
      close(scales, expected!);
    }
  });

  it('is not drawn towards points without a value', () => {
    const distribution = begin();
    const points = ranked(fixture.plain[0]!.points).map(({ x }, i) => ({ x, valued: i === 0 }));
    distribution.update(points);
    close(distribution.mean, fixture.plain[0]!.points[0]!);
  });

  it('draws along the axes of its covariance', () => {
    const distribution = begin();
    for (const { points } of fixture.plain) distribution.update(ranked(points));
    // Columns of a square root of the covariance, one unit vector at a time.
    const n = 4;
    const columns = Array.from({ length: n }, (_, k) => {
      const x = distribution.at(Array.from({ length: n }, (_, j) => (j === k ? 1 : 0)));
      return x.map((value, row) => (value - distribution.mean[row]!) / distribution.sigma);
    });
    for (let row = 0; row < n; row++)
      for (let column = 0; column < n; column++) {
        const product = columns.reduce((sum, one) => sum + one[row]! * one[column]!, 0);
        expect(product).toBeCloseTo(distribution.covariance[row * n + column]!, 10);
      }
  });
});

describe('the sampler', () => {
  it('finds whole numbers and choices along with real ones', () => {
    const space = readSpace({
      ...Object.fromEntries([0, 1, 2].map((k) => [`n${k}`, { type: 'int', low: 0, high: 20 }])),
      x: { type: 'float', low: -1, high: 1 },
      kind: { type: 'categorical', choices: ['a', 'b', 'c'] },
    });
    const value = ({ n0, n1, n2, x, kind }: Point) =>
      (Number(n0) - 17) ** 2 +
      (Number(n1) - 2) ** 2 +
      1e-2 * (Number(n2) - 9) ** 2 +
      (Number(x) - 0.3) ** 2 +
      (kind === 'c' ? 0 : 1);
    for (const seed of [1, 2, 3]) {
      const best = minimise(cmaEs.create, { space, budget: 1500, value }, seed);
      expect(best.at(-1)).toBeLessThan(1e-6);
    }
  });

  it('takes many settings with their variances alone', () => {
    const keys = Array.from({ length: 40 }, (_, k) => `x${k}`);
    const space = readSpace(
      Object.fromEntries(keys.map((key) => [key, { type: 'float', low: -1, high: 1 }])),
    );
    const value = (point: Point) =>
      keys.reduce((sum, key, k) => sum + 100 ** (k / 39) * (Number(point[key]) - 0.2) ** 2, 0);
    expect(minimise(cmaEs.create, { space, budget: 6000, value }, 1).at(-1)).toBeLessThan(1e-3);
  });

  it('begins anew elsewhere when it is caught in a hollow', () => {
    const space = readSpace({
      x: { type: 'float', low: -1, high: 1 },
      y: { type: 'float', low: -1, high: 1 },
    });
    // Many hollows beside the lowest one (Rastrigin).
    const value = (point: Point) =>
      Object.values(point).reduce<number>((sum, at) => {
        const x = 5 * Number(at) - 3;
        return sum + x * x - 10 * Math.cos(2 * Math.PI * x) + 10;
      }, 0);
    const reached = (restarts: number) =>
      [1, 2, 3, 4, 5, 6].filter(
        (seed) =>
          minimise(cmaEs.create, { space, budget: 6000, value }, seed, { restarts }, 1e-8).at(-1)! < 1e-8,
      ).length;
    expect(reached(9)).toBe(6);
    expect(reached(0)).toBeLessThan(6);
  });

  it('goes on where every point diverges', () => {
    const space = readSpace({
      x: { type: 'float', low: -1, high: 1 },
      fixed: { type: 'int', low: 1, high: 1 },
    });
    expect(minimise(cmaEs.create, { space, budget: 50, value: () => null }, 1).at(-1)).toBe(Infinity);
  });
});
