/** @file Solvers on fields with known solutions: convergence orders (gate G10), evaluation counts, adaptive accuracy. */
import { describe, expect, it } from 'vitest';
import { MongeError } from '../../native-models/error';
import { solveFixed, stepsFor, type Velocity } from './fixed';
import { solve } from './solve';
import { solveDopri5 } from './dopri5';

/** dx/dt = x·cos t: x(1) = x(0)·exp(sin 1). */
const field: Velocity = async (time, points) => points.map((value) => value * Math.cos(time));
const start = new Float32Array([1, -0.5, 2, 0.25]);
const truth = [...start].map((value) => value * Math.exp(Math.sin(1)));

function worst(points: Float32Array): number {
  return Math.max(...truth.map((value, k) => Math.abs(points[k]! - value)));
}

describe('fixed steps', () => {
  // Few, large steps keep the truncation error far above the rounding of 32-bit states.
  it.each([
    ['euler', 1, 64],
    ['midpoint', 2, 16],
    ['heun', 2, 16],
    ['rk4', 4, 2],
  ] as const)('%s converges with order %i', async (solver, order, steps) => {
    const coarse = worst((await solveFixed(field, start, solver, steps)).points);
    const fine = worst((await solveFixed(field, start, solver, 2 * steps)).points);
    expect(Math.log2(coarse / fine)).toBeGreaterThan(order - 0.25);
    expect(Math.log2(coarse / fine)).toBeLessThan(order + 0.6);
  });

  it('spends what it reports, and one step where the budget is too small for one', async () => {
    for (const solver of ['euler', 'midpoint', 'heun', 'rk4'] as const) {
      let calls = 0;
      const counted: Velocity = (time, points) => (calls++, field(time, points));
      const { evaluations } = await solve(counted, start, { solver, evaluations: 9, dimension: 2 });
      expect(evaluations).toBe(calls);
      expect(evaluations).toBeLessThanOrEqual(9);
      expect(stepsFor(solver, 1)).toBe(1);
    }
  });

  it('shows every state of the path, from the start to the end', async () => {
    const times: number[] = [];
    const { points } = await solveFixed(field, start, 'heun', 4, (time) => times.push(time));
    expect(times).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(points).not.toBe(start);
  });
});

describe('dopri5', () => {
  it('reaches its tolerance with few evaluations and counts them', async () => {
    let calls = 0;
    const counted: Velocity = (time, points) => (calls++, field(time, points));
    const { points, evaluations } = await solveDopri5(counted, start, { dimension: 2 });
    expect(worst(points)).toBeLessThan(1e-4);
    expect(evaluations).toBe(calls);
    expect(evaluations).toBeLessThan(80);
  });

  it('takes smaller steps where the field is fast, and ends at exactly one', async () => {
    const sudden: Velocity = async (time, points) => points.map(() => 50 / Math.cosh(50 * (time - 0.5)) ** 2);
    const times: number[] = [];
    const { points } = await solveDopri5(sudden, new Float32Array([0]), { dimension: 1 }, (time) =>
      times.push(time),
    );
    expect(points[0]).toBeCloseTo(2, 3);
    expect(times.at(-1)).toBe(1);
    const gaps = times.slice(1).map((time, k) => time - times[k]!);
    expect(Math.max(...gaps)).toBeGreaterThan(5 * Math.min(...gaps));
  });

  it('says when the field is not a number or too stiff', async () => {
    const broken: Velocity = async (_time, points) => points.map(() => NaN);
    await expect(solveDopri5(broken, start, { dimension: 2 })).rejects.toMatchObject({
      code: 'solver-not-finite',
    });
    const stiff: Velocity = async (_time, points) => points.map((value) => -1e5 * value);
    const failure = solveDopri5(stiff, start, { dimension: 2, maximumSteps: 50 });
    await expect(failure).rejects.toBeInstanceOf(MongeError);
    await expect(failure).rejects.toMatchObject({ code: 'solver-too-many-steps' });
  });
});
