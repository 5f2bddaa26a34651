/** @file The semidiscrete coupling against what is known: sorted quantiles on a line, even use of the rows, and Sinkhorn. */
import { afterAll, expect, it } from 'vitest';
import { stream } from '../../../../native-models';
import { openCompute } from '../../../compute/session';
import { config as schema } from '../config';
import type { PoolCoupling, PairData } from './coupling';
import { noiseSource } from '../points/source';
import { openKernel } from '../../../transport/programs';
import { centre } from '../../../numerics/points';
import { costDeviation } from '../../../transport/scale';
import { solveSinkhorn } from '../../../transport/solve';
import { semidiscretePools } from './semidiscrete';
import { openRowScores } from '../../../transport/semidiscrete/programs';

const compute = openCompute({ threads: 1 });
afterAll(() => compute.close());
const work = { compute, shouldStop: () => false, onProgress: () => undefined };

function dataOf(target: Float32Array, dimension: number, labels?: Int32Array, classes = 0): PairData {
  const training = Int32Array.from({ length: target.length / dimension }, (_, k) => k);
  return { target, training, source: noiseSource(dimension), labels, classes };
}

async function prepared(coupling: PoolCoupling) {
  const { state, finished } = await coupling.prepare!(work, null, () => false);
  expect(finished).toBe(true);
  return state;
}

const fine = { coupling: 'semidiscrete', semidiscreteIterations: 4000, semidiscreteTolerance: 1e-5 };

it('sorts the noise into equal shares on a line', async () => {
  const n = 16;
  // Rows in disorder and unevenly apart; row k is the rank-th smallest.
  const rank = stream(1, 'order').permutation(n);
  const target = Float32Array.from(rank, (k) => ((k - 7.5) / 6) * Math.abs(k - 7.5));
  const config = schema.parse({ ...fine, semidiscreteBatch: 2048, poolSize: 4096 });
  const coupling = semidiscretePools(dataOf(target, 1), config, 3);
  const state = await prepared(coupling);
  const paired = await coupling.pair(work, 0, state);
  const x = noiseSource(1).drawPool(3, 0, 4096);
  let wrong = 0;
  for (let k = 0; k < 4096; k++) {
    // The monotone map of N(0, 1) to n equal atoms sends x to number floor(n·Φ(x)).
    const expected = Math.min(n - 1, Math.floor(n * normalShare(x[k]!)));
    if (rank[paired!.rows[k]!] !== expected) wrong++;
  }
  expect(wrong / 4096).toBeLessThan(0.03);
  expect(paired!.report).toMatchObject({ sharpness: 0, epsilon: 0 });
  await coupling.close!();
});

it.each([0, 0.1])('uses all rows evenly at ε = %d', async (semidiscreteEpsilon) => {
  const n = 100;
  const target = stream(4, 'rows')
    .normal(new Float32Array(2 * n))
    .map((v) => v * Math.abs(v));
  const config = schema.parse({ ...fine, semidiscreteEpsilon, poolSize: 65536 });
  const coupling = semidiscretePools(dataOf(target, 2), config, 1);
  const state = await prepared(coupling);
  const paired = await coupling.pair(work, 0, state);
  const counts = new Float64Array(n);
  for (const row of paired!.rows) counts[row]!++;
  const expected = 65536 / n;
  const chi2 = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  // The 99.9 % point of χ² with 99 degrees of freedom is 149; the potential is off by a little too.
  expect(chi2).toBeLessThan(149 + 65536 * 0.002);
  expect(paired!.report.sharpness > 0).toBe(semidiscreteEpsilon > 0);
  await coupling.close!();
});

it('has the shares of Sinkhorn on the noise of a large sample', async () => {
  const [n, m, d] = [24, 131_072, 2];
  const target = stream(6, 'rows').normal(new Float32Array(d * n));
  const y = centre(target, d);
  const x = stream(7, 'noise').normal(new Float32Array(d * m));
  const coupling = semidiscretePools(
    dataOf(target, d),
    schema.parse({ ...fine, semidiscreteEpsilon: 0.2, semidiscreteBatch: 2048, poolSize: 64 }),
    2,
  );
  const state = await prepared(coupling);
  const scale = centre(noiseSource(d).draw(2, 'flows.semidiscrete.scale', 0, 4096), d);
  const epsilon = 0.2 * costDeviation(scale, y, d);
  const kernel = await openKernel(compute, x, y, d);
  const solved = await solveSinkhorn(kernel, { epsilon, tolerance: 1e-5, maximumIterations: 2000 });
  await kernel.close();
  const theirs = solved!.g.map((value) => value * epsilon);
  const ours = state['average.0']!.data as Float64Array;
  const level = (g: Float64Array) => g.map((value) => value - g.reduce((sum, v) => sum + v, 0) / n);
  const difference = Math.max(...level(ours).map((value, j) => Math.abs(value - level(theirs)[j]!)));
  // Both see the noise through samples: a row's share is off by √(24/131072) in the one, and its price by some of that.
  expect(difference).toBeLessThan(0.1 * epsilon);
  await coupling.close!();
});

it('draws rows with the probabilities of the softmax', async () => {
  const [n, d] = [300, 1];
  const y = Float32Array.from({ length: n }, (_, k) => (k < 150 ? 0 : 1));
  const scores = openRowScores(compute, y, d, 0.5);
  const count = 20_000;
  const uniform = stream(1, 'uniform').uniform(new Float32Array(count));
  const { rows, entropy } = await scores.draw(new Float32Array(count).fill(1), new Float64Array(n), uniform);
  const p = Math.exp(2) / (1 + Math.exp(2));
  const right = rows.filter((row) => row >= 150).length / count;
  expect(Math.abs(right - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / count));
  expect(Math.max(...rows)).toBeLessThan(n);
  const exact = -(p * Math.log(p / 150) + (1 - p) * Math.log((1 - p) / 150));
  expect(entropy / count).toBeCloseTo(exact, 3);
  const { sums } = await scores.usage(new Float32Array(4).fill(1), new Float64Array(n));
  expect(sums.subarray(150).reduce((sum, value) => sum + value, 0) / 4).toBeCloseTo(p, 4);
  await scores.close();
});

it('gives each class its own rows, evenly', async () => {
  const n = 60;
  const target = stream(8, 'rows').normal(new Float32Array(2 * n));
  const labels = Int32Array.from({ length: n }, (_, k) => (k < 15 ? 0 : 1));
  const data = dataOf(target, 2, labels, 2);
  const config = schema.parse({ ...fine, condition: 'label', semidiscreteIterations: 1500, poolSize: 8192 });
  const coupling = semidiscretePools(data, config, 1);
  const paired = await coupling.pair(work, 0, await prepared(coupling));
  const first = paired!.rows.filter((row) => row < 15).length / 8192;
  expect(Math.abs(first - 0.25)).toBeLessThan(4 * Math.sqrt(0.1875 / 8192));
  await coupling.close!();
});

it('refuses rows that are all the same', async () => {
  const coupling = semidiscretePools(dataOf(new Float32Array(20).fill(2), 2), schema.parse(fine), 1);
  await expect(coupling.prepare!(work, null, () => false)).rejects.toMatchObject({
    code: 'semidiscrete-flat-cost',
  });
});

/** Φ(x) by the trapezoidal rule: exact to 1e-6, which is enough for counting. */
function normalShare(x: number): number {
  let sum = 0;
  const steps = 2000;
  const [low, width] = [-9, (x + 9) / steps];
  for (let k = 0; k <= steps; k++)
    sum += Math.exp(-((low + k * width) ** 2) / 2) * (k === 0 || k === steps ? 0.5 : 1);
  return (sum * width) / Math.sqrt(2 * Math.PI);
}
