/** @file Overlaps and cosines with what chance reaches, silhouettes, Platt's scaling, and what is regressed out. */
import { describe, expect, it } from 'vitest';
import { stream } from '../../native-models';
import { aucOf, centralInterval, permutedLabels, Ranked, stratifiedResamples } from '../numerics/ranking';
import {
  correlationOf,
  cosineChance,
  cosineChanceAbsolute,
  cosineOf,
  jaccardChance,
  jaccardOf,
  overlapChance,
  overlapOf,
} from './geometry';
import { combinationOf, nonNegativeCombinationOf } from './mixtures';
import { calibrationOf, plattScaling } from './platt';
import { formatOf, residualised } from './residualise';
import { silhouetteOf } from './silhouette';

const normal = (label: string, count: number) =>
  Float64Array.from(stream(0, label).normal(new Float32Array(count)));
const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('chance levels', () => {
  it('of cosines are what random directions have', () => {
    const d = 576;
    const cosines = Array.from({ length: 400 }, (_, k) =>
      cosineOf(normal(`left ${k}`, d), normal(`right ${k}`, d)),
    );
    expect(Math.sqrt(meanOf(cosines.map((value) => value ** 2)))).toBeCloseTo(cosineChance(d), 2);
    expect(meanOf(cosines.map(Math.abs))).toBeCloseTo(cosineChanceAbsolute(d), 2);
    expect(cosineChance(d)).toBeCloseTo(0.042, 3);
  });

  it('of supports are what random subsets have: 0.045 for 50 of 576', () => {
    const [k, d] = [50, 576];
    const subset = (name: string) => {
      const places = stream(0, name).uniform(new Float32Array(d));
      return [...places.keys()].sort((a, b) => places[a]! - places[b]!).slice(0, k);
    };
    const sets = Array.from({ length: 300 }, (_, n) => [subset(`a ${n}`), subset(`b ${n}`)] as const);
    expect(jaccardChance(k, d)).toBeCloseTo(0.045, 3);
    expect(meanOf(sets.map(([a, b]) => jaccardOf(a, b)))).toBeCloseTo(jaccardChance(k, d), 2);
    expect(meanOf(sets.map(([a, b]) => overlapOf(a, b)))).toBeCloseTo(overlapChance(k, d), 2);
    expect([jaccardOf([1, 2, 3], [2, 3, 4]), overlapOf([1, 2, 3], [2, 3])]).toEqual([0.5, 1]);
  });
});

describe('areas under the curve', () => {
  const labels = Uint8Array.from({ length: 120 }, (_, k) => k % 2);
  const noise = normal('scores', 120);
  const scores = noise.map((value, k) => value + labels[k]!);
  const ranked = new Ranked(scores, labels);

  it('of resamples and relabellings are those of the rows put together by hand', () => {
    const resamples = stratifiedResamples(labels, 5, 1, 'test');
    for (let draw = 0; draw < 5; draw++) {
      const counts = resamples.counts.subarray(draw * 120, (draw + 1) * 120);
      const rows = [...counts].flatMap((count, item) => Array<number>(count).fill(item));
      expect(rows).toHaveLength(120);
      const area = aucOf(
        rows.map((item) => scores[item]!),
        rows.map((item) => labels[item]!),
      );
      expect(ranked.resampled(resamples, draw)).toBeCloseTo(area, 12);
    }
    const relabelled = permutedLabels(labels, 200, 1, 'test');
    expect(relabelled.labels.subarray(0, 120).reduce((sum, label) => sum + label, 0)).toBe(60);
    const [low, high] = centralInterval(200, (draw) => ranked.relabelled(relabelled, draw));
    expect(low).toBeLessThan(0.5);
    expect(high).toBeGreaterThan(0.5);
    expect(ranked.area()).toBeGreaterThan(high);
  });

  it('are the areas of the curve that is drawn', () => {
    const { falsePositive: x, truePositive: y } = ranked.curve();
    let area = 0;
    for (let k = 1; k < x.length; k++) area += ((x[k]! - x[k - 1]!) * (y[k]! + y[k - 1]!)) / 2;
    expect(area).toBeCloseTo(ranked.area(), 12);
    expect([x[0], y[0], x.at(-1), y.at(-1)]).toEqual([0, 0, 1, 1]);
  });

  it('are refused of scores that are no numbers', () => {
    expect(() => aucOf([1, NaN], [0, 1])).toThrow(expect.objectContaining({ code: 'scores-not-finite' }));
  });
});

it('the weighted cosine is uᵀΣv over the lengths, Σ the covariance of the items', () => {
  const [n, d] = [50, 3];
  const x = normal('rows', n * d);
  const [u, v] = [normal('u', d), normal('v', d)];
  const along = (w: Float64Array) =>
    Float64Array.from({ length: n }, (_, i) => w.reduce((sum, weight, k) => sum + weight * x[i * d + k]!, 0));
  const mean = Float64Array.from({ length: d }, (_, k) =>
    meanOf(Array.from({ length: n }, (_, i) => x[i * d + k]!)),
  );
  const product = (a: Float64Array, b: Float64Array) => {
    let sum = 0;
    for (let j = 0; j < d; j++)
      for (let k = 0; k < d; k++)
        for (let i = 0; i < n; i++)
          sum += (a[j]! * (x[i * d + j]! - mean[j]!) * (x[i * d + k]! - mean[k]!) * b[k]!) / n;
    return sum;
  };
  const expected = product(u, v) / Math.sqrt(product(u, u) * product(v, v));
  expect(correlationOf(along(u), along(v))).toBeCloseTo(expected, 10);
});

it('silhouettes are near 1 for classes apart, near 0 for mixed ones, and no number for a single class', () => {
  const points = Float64Array.from(
    { length: 80 },
    (_, k) => (k % 4 < 2 ? 10 : 0) + normal('points', 80)[k]! * 0.1,
  );
  const apart = Array.from({ length: 40 }, (_, row) => row % 2);
  expect(silhouetteOf(points, 2, apart)).toBeGreaterThan(0.95);
  expect(
    Math.abs(
      silhouetteOf(
        points,
        2,
        apart.map((_, row) => Number(row < 20)),
      ),
    ),
  ).toBeLessThan(0.1);
  expect(
    silhouetteOf(
      points,
      2,
      apart.map(() => 1),
    ),
  ).toBeNaN();
});

it('a combination explains what lies in its span, and no negative weight is used where none may be', () => {
  const [a, b] = [Float64Array.of(1, 0, 0), Float64Array.of(0, 1, 0)];
  const aim = Float64Array.of(2, -3, 1);
  combinationOf([a, b], aim).forEach((value, k) => expect(value).toBeCloseTo([2, -3, 0][k]!, 6));
  expect([...nonNegativeCombinationOf([a, b], aim)]).toEqual([2, 0, 0]);
});

it('a scale and an offset from 200 labels repair a shifted threshold', () => {
  const labels = Uint8Array.from({ length: 400 }, (_, k) => k % 2);
  const scores = normal('shifted', 400).map((value, k) => 5 + value + 2 * labels[k]!);
  const before = calibrationOf(scores, labels);
  const after = calibrationOf(scores, labels, plattScaling(scores.slice(0, 200), labels.slice(0, 200)));
  expect(before.accuracy).toBeCloseTo(0.5, 1);
  expect(after.accuracy).toBeGreaterThan(0.8);
  expect(after.calibrationError).toBeLessThan(before.calibrationError / 3);
});

it('what a covariate tells is taken out, and nothing else', () => {
  const n = 200;
  const length = normal('length', n);
  const own = normal('own', n);
  const data = Float32Array.from({ length: 2 * n }, (_, k) =>
    k % 2 === 0 ? 3 * length[k >> 1]! + own[k >> 1]! + 7 : own[k >> 1]!,
  );
  const covariates = Array.from(length, (value) => [value]);
  const fit = Array.from({ length: n }, (_, row) => row);
  const { data: rest } = residualised({ data, rows: n, columns: 2 }, covariates, fit);
  const column = (unit: number) => Float64Array.from({ length: n }, (_, row) => rest[2 * row + unit]!);
  expect(Math.abs(correlationOf(column(0), length))).toBeLessThan(1e-3);
  expect(correlationOf(column(0), own)).toBeGreaterThan(0.98);
  expect(meanOf([...column(0)])).toBeCloseTo(
    meanOf(Array.from({ length: n }, (_, row) => data[2 * row]!)),
    3,
  );
  expect(formatOf("It's not 12, is it?")).toEqual([5, 2, 1, 1, 1, 1]);
});
