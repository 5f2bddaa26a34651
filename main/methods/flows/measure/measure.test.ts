/** @file Curvature and sliced W2 against closed forms. */
import { describe, expect, it } from 'vitest';
import { stream } from '../../../../native-models';
import type { Velocity } from '../../../ode/fixed';
import { curvature } from './final';
import { projectCloud, randomDirections, slicedWasserstein2 } from '../../../numerics/sliced-wasserstein';
import { totalVariance, unexplainedVariance } from './two-sample';

describe('curvature', { timeout: 60_000 }, () => {
  /** The exact flow between N(0,1) and N(0,s²) for a Gaussian coupling with cross-covariance c (flows.md 0.6). */
  function gaussianFlow(s: number, c: number) {
    const variance = (t: number) => (1 - t) ** 2 + t ** 2 * s ** 2 + 2 * t * (1 - t) * c;
    const slope = (t: number) => (-2 * (1 - t) + 2 * t * s ** 2 + 2 * (1 - 2 * t) * c) / 2;
    const velocity: Velocity = async (t, points) => points.map((x) => (slope(t) / variance(t)) * x);
    let integral = 0;
    const n = 4000;
    for (let k = 0; k < n; k++) integral += slope((k + 0.5) / n) ** 2 / variance((k + 0.5) / n) / n;
    return { velocity, kappa: integral - (s - 1) ** 2 };
  }

  it('has the closed form of the Gaussian flow, and falls to zero as the coupling becomes the Monge map', async () => {
    const count = 20_000;
    const start = stream(0, 'start').normal(new Float32Array(count));
    // The sample's own second moment, so that only the integration error remains.
    const moment = start.reduce((sum, x) => sum + x * x, 0) / count;
    let last = Infinity;
    for (const c of [0, 1, 1.8, 2]) {
      const { velocity, kappa } = gaussianFlow(2, c);
      const measured = await curvature(velocity, start, 1, 400);
      expect(Math.abs(measured.mean / moment - kappa)).toBeLessThan(0.02 * kappa + 1e-6);
      expect(measured.mean).toBeLessThan(last);
      last = measured.mean;
    }
    expect(last).toBeLessThan(1e-9);
  });

  it('equals kinetic energy minus squared displacement, path by path and in the mean', async () => {
    const { velocity } = gaussianFlow(3, 0);
    const start = stream(1, 'start').normal(new Float32Array(2 * 500));
    const measured = await curvature(velocity, start, 2);
    expect(measured.kineticGap / measured.mean).toBeCloseTo(1, 3);
    const mean = measured.perPath.reduce((sum, value) => sum + value, 0) / 500;
    expect(mean / measured.mean).toBeCloseTo(1, 4);
    expect(measured.times).toHaveLength(50);
  });
});

describe('slicedWasserstein2', () => {
  it('of a translated cloud is the shift over √d in the mean over directions', () => {
    const d = 3;
    const directions = randomDirections(0, 4000, d);
    const cloud = stream(3, 'cloud').normal(new Float32Array(200 * d));
    const moved = cloud.map((value, k) => value + (k % d === 0 ? 2 : 0));
    const distance = slicedWasserstein2(
      projectCloud(cloud, directions, d),
      projectCloud(moved, directions, d),
    );
    expect(distance).toBeCloseTo(2 / Math.sqrt(3), 1.3);
  });

  it('is zero for the same points in another order and ignores nothing else', () => {
    const directions = randomDirections(0, 200, 2);
    const cloud = new Float32Array([0, 0, 1, 2, -3, 1]);
    const shuffled = new Float32Array([-3, 1, 0, 0, 1, 2]);
    const other = new Float32Array([-3, 1, 0, 0, 1, 1]);
    const reference = projectCloud(cloud, directions, 2);
    expect(slicedWasserstein2(reference, projectCloud(shuffled, directions, 2))).toBe(0);
    expect(slicedWasserstein2(reference, projectCloud(other, directions, 2))).toBeGreaterThan(0.1);
  });

  it('refuses clouds of different sizes', () => {
    const directions = randomDirections(0, 4, 1);
    const [one, two] = [1, 2].map((n) => projectCloud(new Float32Array(n), directions, 1));
    expect(() => slicedWasserstein2(one!, two!)).toThrow('measure-sizes-differ');
  });
});

describe('L2-UVP', () => {
  const truth = Float32Array.of(0, 0, 2, 4);
  const error = (reached: Float32Array) => unexplainedVariance(reached, truth, 2, totalVariance(truth, 2));

  it('is 0 for the true map and 100 for a map to the mean', () => {
    expect(error(truth)).toBe(0);
    expect(error(Float32Array.of(1, 2, 1, 2))).toBeCloseTo(100, 10);
  });

  it('counts all coordinates against the total variance', () => {
    // Off by 1 in one of two coordinates of each point; the variance is (1 + 4) per point.
    expect(error(Float32Array.of(1, 0, 3, 4))).toBeCloseTo(20, 10);
  });
});
