/** @file Two-sample distances on clouds that are the same law, apart, and of narrower spread; the known-map measure. */
import { expect, it } from 'vitest';
import { stream } from '../../../../native-models';
import { bitsPerDimension, dequantise } from './likelihood';
import { totalVariance, twoSample, unexplainedVariance } from './two-sample';

const cloud = (seed: number) => stream(seed, 'cloud').normal(new Float32Array(2 * 500));

it('the same law cannot be told apart, a shifted one can, and a narrow one is precise without recall', () => {
  const same = twoSample(cloud(1), cloud(2), 2);
  expect(Math.abs(same.energy)).toBeLessThan(0.02);
  expect(Math.abs(same.nearestNeighbour - 0.5)).toBeLessThan(0.08);
  expect(Math.min(same.precision, same.recall)).toBeGreaterThan(0.85);
  const apart = twoSample(
    cloud(1).map((value) => value + 20),
    cloud(2),
    2,
  );
  expect(apart).toMatchObject({ nearestNeighbour: 1, precision: 0, recall: 0 });
  // 2E‖X−Y‖ is about twice the shift of 20·√2.
  expect(apart.energy).toBeGreaterThan(50);
  const narrow = twoSample(
    cloud(1).map((value) => value * 0.2),
    cloud(2),
    2,
  );
  expect(narrow.precision).toBeGreaterThan(0.9);
  expect(narrow.recall).toBeLessThan(0.4);
});

it('L2-UVP is 0 for the map itself and 100 for the mean', () => {
  const truth = cloud(3);
  const variance = totalVariance(truth, 2);
  const mean = [0, 1].map((k) => truth.filter((_, at) => at % 2 === k).reduce((a, b) => a + b, 0) / 500);
  expect(unexplainedVariance(truth, truth, 2, variance)).toBe(0);
  const constant = truth.map((_, at) => mean[at % 2]!);
  expect(unexplainedVariance(constant, truth, 2, variance)).toBeCloseTo(100, 3);
});

it('uniform pixels take eight bits', () => {
  const levels = Float32Array.from({ length: 256 }, (_, level) => level / 127.5 - 1);
  const spread = dequantise(levels, 0);
  spread.forEach((value, level) => expect(Math.floor((value + 1) * 128 + 1e-3)).toBe(level));
  // Uniform on [−1, 1]: log 2 nats per pixel.
  expect(bitsPerDimension(256 * Math.log(2), 256, true)).toBeCloseTo(8, 9);
});
