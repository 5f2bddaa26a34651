/** @file Speed, few-step error and divergence of velocities whose answers are known in closed form. */
import { describe, expect, it } from 'vitest';
import type { Velocity } from '../../../ode/fixed';
import { divergenceOnGrid, fewStepErrors, speedProfile } from './motion';

/** v = (a·x + b·y, c·x + d·y). */
const linear =
  (a: number, b: number, c: number, d: number): Velocity =>
  async (_time, points) =>
    Float32Array.from(points, (_, k) =>
      k % 2 === 0 ? a * points[k]! + b * points[k + 1]! : c * points[k - 1]! + d * points[k]!,
    );

describe('divergence on a grid', () => {
  it('of a linear field is its trace everywhere, and none of a rotation', async () => {
    for (const value of await divergenceOnGrid(linear(2, 5, -3, 0.5), 0, 4, [-1, 3, -2, 2]))
      expect(value).toBeCloseTo(2.5, 4);
    for (const value of await divergenceOnGrid(linear(0, -1, 1, 0), 0, 3, [-1, 1, -1, 1]))
      expect(value).toBeCloseTo(0, 5);
  });

  it('reads the rows of the grid from the lowest y up', async () => {
    // ∇·(0, y²) = 2y, and central differences are exact for squares.
    const squares: Velocity = async (_time, points) =>
      Float32Array.from(points, (value, k) => (k % 2 === 0 ? 0 : value * value));
    const found = await divergenceOnGrid(squares, 0, 2, [0, 1, 0, 4]);
    expect([...found].map((value) => Math.round(value * 1e4) / 1e4)).toEqual([2, 2, 6, 6]);
  });
});

describe('speed', () => {
  it('of constant velocities is flat, with the spread of the particles', async () => {
    const still: Velocity = async (_time, points) =>
      Float32Array.from(points, (_, k) => (k % 2 === 0 ? Math.floor(k / 2) + 1 : 0));
    const profile = await speedProfile(still, new Float32Array(22), 2);
    expect(profile.times).toHaveLength(50);
    for (let k = 0; k < 50; k++)
      expect([profile.low[k], profile.mean[k], profile.high[k]]).toEqual([2, 6, 10]);
  });

  it('grows as the particle does under v = x', async () => {
    const { mean } = await speedProfile(linear(1, 0, 0, 1), Float32Array.of(1, 0), 2);
    expect(mean[49]).toBeCloseTo(1.02 ** 49, 4);
  });
});

describe('few-step error', () => {
  it('is none on straight paths and that of Euler’s method on a growing one', async () => {
    const straight: Velocity = async (_time, points) => new Float32Array(points.length).fill(0.5);
    const start = Float32Array.of(1, 0, 2, 0);
    const options = { solver: 'euler', evaluations: 2, dimension: 2 } as const;
    expect([...(await fewStepErrors(straight, start, options)).errors]).toEqual([0, 0]);
    const { errors, evaluations } = await fewStepErrors(linear(1, 0, 0, 1), start, options);
    const gap = (1 + 1 / 64) ** 64 - 1.5 ** 2;
    expect(evaluations).toBe(2);
    expect(errors[0]).toBeCloseTo(gap, 4);
    expect(errors[1]).toBeCloseTo(2 * gap, 4);
  });
});
