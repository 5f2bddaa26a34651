/** @file The entropic map: what it must do in one dimension, against plain loops, under shifts, and on Gaussians. */
import { afterAll, describe, expect, it } from 'vitest';
import { stream } from '../../../native-models';
import { openCompute } from '../../compute/session';
import { arraysOf, fitEntropicMap, mapOf, type EntropicMap, type EntropicOptions } from './entropic';
import { openRank, pulledBack } from './rank';
import { ballReference, referenceSizes } from './reference';
import { normsOf } from '../../numerics/points';
import { fitScaling, type ScalingKind } from './scaling';
import { imagesOf } from './testing';

const compute = openCompute({ threads: 2 });
afterAll(() => compute.close());

/** The sizes of a reference of so many points. */
const manyDirections = (gridSize: number) => referenceSizes({ gridSize, radii: 16, originCopies: 0 });

function normal(label: string, n: number, d: number): Float64Array {
  return Float64Array.from(stream(3, label).normal(new Float32Array(n * d)));
}

interface Fitting extends EntropicOptions {
  m?: number;
  kind?: ScalingKind;
}

async function fitted(
  points: Float64Array,
  d: number,
  { m = 1024, kind = 'max', ...options }: Fitting,
): Promise<EntropicMap> {
  const reference = ballReference(d, manyDirections(m), { seed: 1 });
  return (await fitEntropicMap(compute, points, fitScaling(points, d, kind), reference, options))!;
}

async function ranksOf(
  map: EntropicMap,
  points: ArrayLike<number>,
  tailGuard = false,
): Promise<Float64Array> {
  const open = await openRank(compute, map, { tailGuard });
  const { ranks } = await open.run(points);
  await open.close();
  return ranks;
}

/** Pearson correlation of the places in order. */
function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const n = a.length;
  const places = (values: ArrayLike<number>) => {
    const out = new Float64Array(n);
    [...Array(n).keys()].sort((i, j) => values[i]! - values[j]!).forEach((k, place) => (out[k] = place));
    return out;
  };
  const [p, q] = [places(a), places(b)];
  let squares = 0;
  for (let k = 0; k < n; k++) squares += (p[k]! - q[k]!) ** 2;
  return 1 - (6 * squares) / (n * (n * n - 1));
}

describe('the fitted map', () => {
  it('orders one-dimensional residuals as |2F − 1| does', async () => {
    const n = 1000;
    // Skewed, so that neither the mean nor the range gives the order away.
    const points = normal('line', n, 1).map((value) => Math.exp(0.7 * value));
    const map = await fitted(points, 1, { epsilon: 0.01, m: 512 });
    const order = [...points.keys()].sort((i, j) => points[i]! - points[j]!);
    const centreOutward = new Float64Array(n);
    order.forEach((k, place) => (centreOutward[k] = Math.abs((2 * (place + 0.5)) / n - 1)));
    expect(spearman(await ranksOf(map, points), centreOutward)).toBeGreaterThan(0.99);
  });

  it('as an attention head is the softmax over |z − u|² of its definition', async () => {
    const points = normal('cloud', 300, 3);
    const map = await fitted(points, 3, { epsilon: 0.05 });
    const open = await openRank(compute, map, { tailGuard: false });
    const { ranks, images } = await open.run(points);
    await open.close();
    const { epsilon, points: u, bias, cloud } = map;
    const square = (values: ArrayLike<number>, at: number) =>
      values[at]! ** 2 + values[at + 1]! ** 2 + values[at + 2]! ** 2;
    for (let i = 0; i < 300; i++) {
      let total = 0;
      const image = [0, 0, 0];
      for (let j = 0; j < bias.length; j++) {
        let distance = 0;
        for (let k = 0; k < 3; k++) distance += (cloud[3 * i + k]! - u[3 * j + k]!) ** 2;
        const potential = epsilon * bias[j]! + square(u, 3 * j);
        const weight = Math.exp((potential - distance) / epsilon);
        total += weight;
        for (let k = 0; k < 3; k++) image[k]! += weight * u[3 * j + k]!;
      }
      for (let k = 0; k < 3; k++) expect(Math.abs(images[3 * i + k]! - image[k]! / total)).toBeLessThan(1e-5);
      expect(Math.abs(ranks[i]! - Math.hypot(...image) / total)).toBeLessThan(1e-5);
    }
    const loops = imagesOf(map, points);
    images.forEach((value, k) => expect(Math.abs(value - loops[k]!)).toBeLessThan(1e-5));
  });

  it('carries the fit cloud to the reference: its mean, and the marginals of the plan', async () => {
    const points = normal('moved', 500, 2).map((value, k) => (k % 2 ? 3 * value : value ** 3) + 5);
    const map = await fitted(points, 2, { epsilon: 0.05 });
    const images = imagesOf(map, points);
    for (let k = 0; k < 2; k++) {
      let [mean, target] = [0, 0];
      for (let at = k; at < images.length; at += 2) mean += images[at]! / 500;
      for (let at = k; at < map.points.length; at += 2) target += map.points[at]! / map.bias.length;
      expect(Math.abs(mean - target)).toBeLessThan(0.02);
    }
    // Rows of the plan are exact by the softmax; columns Σ_i p_j(z_i)/n come to 1/m within the tolerance.
    const columns = new Float64Array(map.bias.length);
    for (let i = 0; i < 500; i++) {
      const scores = columns.map((_, j) => {
        const dot = map.cloud[2 * i]! * map.points[2 * j]! + map.cloud[2 * i + 1]! * map.points[2 * j + 1]!;
        return Math.exp((2 / map.epsilon) * dot + map.bias[j]!);
      });
      const total = scores.reduce((sum, value) => sum + value, 0);
      scores.forEach((score, j) => (columns[j]! += score / total / 500));
    }
    const error = columns.reduce((sum, mass) => sum + Math.abs(mass - 1 / columns.length), 0);
    expect(error).toBeLessThan(0.011);
    expect(map.converged).toBe(true);
    expect(map.marginalError).toBeLessThan(0.01);
  });

  it.each(['max', 'q99', 'whiten'] as const)(
    'ranks do not change when residuals are moved, scaled or listed in another order: %s',
    async (kind) => {
      const n = 400;
      const points = normal('invariant', n, 2);
      const ranks = await ranksOf(await fitted(points, 2, { epsilon: 0.1, kind }), points, true);
      const moved = points.map((value, k) => 40 * value + (k % 2 ? -7 : 100));
      const movedRanks = await ranksOf(await fitted(moved, 2, { epsilon: 0.1, kind }), moved, true);
      const order = stream(0, 'order').permutation(n);
      const shuffled = points.map((_, k) => points[order[k >> 1]! * 2 + (k & 1)]!);
      const shuffledRanks = await ranksOf(await fitted(shuffled, 2, { epsilon: 0.1, kind }), points, true);
      for (let k = 0; k < n; k++) {
        expect(Math.abs(movedRanks[k]! - ranks[k]!)).toBeLessThan(1e-5);
        expect(Math.abs(shuffledRanks[k]! - ranks[k]!)).toBeLessThan(1e-5);
      }
    },
  );

  it('is the same after a round trip through arrays, and null when stopped', async () => {
    const points = normal('kept', 200, 2);
    const map = await fitted(points, 2, { epsilon: 0.1 });
    expect(mapOf(arraysOf(map))).toEqual(map);
    const reference = ballReference(2, manyDirections(1024), { seed: 1 });
    const stopped = fitEntropicMap(compute, points, map.scaling, reference, {
      epsilon: 0.1,
      shouldStop: () => true,
    });
    expect(await stopped).toBeNull();
  });

  it('gives the same bits on one thread', async () => {
    const one = openCompute({ threads: 1 });
    const points = normal('threads', 700, 3);
    const reference = ballReference(3, manyDirections(2048), { seed: 1 });
    const scaling = fitScaling(points, 3, 'max');
    const [first, second] = [
      await fitEntropicMap(one, points, scaling, reference, { epsilon: 0.05 }),
      await fitEntropicMap(compute, points, scaling, reference, { epsilon: 0.05 }),
    ];
    await one.close();
    expect(first).toEqual(second);
  });

  it('carries points of the ball back among the residuals, with the norm growing along a ray', async () => {
    const points = normal('back', 500, 2).map((value) => 10 * value + 3);
    const map = await fitted(points, 2, { epsilon: 0.03 });
    const ray = Float64Array.from({ length: 10 }, (_, k) => (k % 2 ? 0 : 0.2 * (k / 2 + 1)));
    const back = pulledBack(map, ray).map((value) => value - 3);
    const norms = normsOf(back, 2);
    expect([...norms]).toEqual([...norms].sort((a, b) => a - b));
    expect(norms.at(-1)!).toBeGreaterThan(15);
    expect(norms.at(-1)!).toBeLessThan(50);
  });
});

it('Gaussian residuals: the set has the area of the best ellipse, within [.95, 1.10]', async () => {
  const [fitRows, calibrationRows, alpha] = [2000, 1000, 0.1];
  const correlated = (label: string, n: number) => {
    const points = normal(label, n, 2);
    for (let k = 0; k < n; k++) points[2 * k + 1] = 0.6 * points[2 * k]! + 0.8 * points[2 * k + 1]!;
    return points;
  };
  const points = correlated('fit', fitRows);
  const calibration = correlated('calibration', calibrationRows);
  const map = await fitted(points, 2, { epsilon: 0.02 });
  const rank = Math.ceil((1 - alpha) * (calibrationRows + 1)) - 1;
  const ellipse = (at: ArrayLike<number>) => {
    const out = new Float64Array(at.length / 2);
    for (let k = 0; k < out.length; k++) {
      const [a, b] = [at[2 * k]!, at[2 * k + 1]!];
      out[k] = (a * a - 1.2 * a * b + b * b) / 0.64;
    }
    return out;
  };
  const side = 300;
  const grid = Float64Array.from({ length: side * side * 2 }, (_, k) => {
    const cell = k >> 1;
    return -5 + (10 * ((k & 1 ? Math.floor(cell / side) : cell % side) + 0.5)) / side;
  });
  const inside = (scores: Float64Array, radius: number) =>
    scores.reduce((count, score) => count + Number(score <= radius), 0);
  const transportRadius = (await ranksOf(map, calibration)).sort()[rank]!;
  const transportArea = inside(await ranksOf(map, grid), transportRadius);
  const ellipseArea = inside(ellipse(grid), ellipse(calibration).sort()[rank]!);
  expect(transportArea / ellipseArea).toBeGreaterThan(0.95);
  expect(transportArea / ellipseArea).toBeLessThan(1.1);
  // Radii calibrated at other levels cover about as often as they should, on rows of their own.
  const ranks = (await ranksOf(map, calibration)).sort();
  const fresh = await ranksOf(map, correlated('test', 4000));
  let before = 0;
  for (const level of [0.5, 0.8, 0.9, 0.99]) {
    const radius = ranks[Math.ceil(level * (calibrationRows + 1)) - 1]!;
    expect(radius).toBeGreaterThan(before);
    expect(Math.abs(inside(fresh, radius) / 4000 - level)).toBeLessThan(
      4 * Math.sqrt((level * (1 - level)) / 800),
    );
    before = radius;
  }
});
