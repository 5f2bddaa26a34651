/** @file Grids against golden values, DPM-Solver against Euler (gate G11) and its order (gate G10), and conversions. */
import { describe, expect, it } from 'vitest';
import { stream } from '../../native-models';
import { denoised, dpmIntervals, solveDpm } from './dpm';
import { solveFixed, type Velocity } from './fixed';
import { timeGrid } from './grids';
import {
  matchingLoss,
  noiseOf,
  reversedTime,
  velocityOfDenoised,
  velocityOfEdm,
  velocityOfNoise,
} from './testing/parameterisation';
import { solve } from './solve';

const field: Velocity = async (time, points) =>
  points.map((value) => Math.sin(2 * value) + value * Math.cos(3 * time));
const start = stream(1, 'start').normal(new Float32Array(12));

describe('time grids', () => {
  it.each([
    [20, [0, 0.00243, 0.11917, 0.88083, 0.99757, 1]],
    [8, [0, 0.06762, 0.30294, 0.69706, 0.93238, 1]],
    [4, [0, 0.14742, 0.37042, 0.62958, 0.85258, 1]],
  ])('sigmoid with κ = %i has the known five intervals', (steepness, golden) => {
    timeGrid('sigmoid', 5, steepness).forEach((time, k) => expect(time).toBeCloseTo(golden[k]!, 5));
  });

  it('edm has the known noise levels, from the source itself to the data', () => {
    const noise = [...timeGrid('edm', 5)].map((time) => 1 - time);
    [1, 0.946, 0.7155, 0.1451, 0.002, 0].forEach((level, k) => expect(noise[k]).toBeCloseTo(level, 4));
  });

  it('squared is the square of a uniform grid in noise time', () => {
    expect([...timeGrid('squared', 4)]).toEqual([0, 0.4375, 0.75, 0.9375, 1]);
  });

  it.each(['uniform', 'edm', 'sigmoid', 'squared'] as const)('%s ascends from 0 to 1', (kind) => {
    for (const intervals of [1, 2, 3, 17]) {
      const times = timeGrid(kind, intervals);
      expect([times[0], times.at(-1), times.length]).toEqual([0, 1, intervals + 1]);
      for (let k = 0; k < intervals; k++) expect(times[k + 1]!).toBeGreaterThan(times[k]!);
    }
  });

  it('lead every solver to the same end, and are walked as they are', async () => {
    const truth = (await solveFixed(field, start, 'rk4', 400)).points;
    for (const grid of ['uniform', 'edm', 'sigmoid', 'squared'] as const) {
      const times: number[] = [];
      const { points } = await solve(
        field,
        start,
        { solver: 'rk4', evaluations: 800, dimension: 2, grid },
        (time) => times.push(time),
      );
      expect(Math.max(...points.map((value, k) => Math.abs(value - truth[k]!)))).toBeLessThan(1e-3);
      expect(times).toEqual([...timeGrid(grid, 200)]);
    }
  });
});

describe('DPM-Solver', () => {
  it.each(['uniform', 'edm', 'squared'] as const)('of first order is Euler on the %s grid', async (grid) => {
    const times = timeGrid(grid, 12);
    const euler = await solveFixed(field, start, 'euler', times);
    const dpm = await solveDpm(field, start, times, 1);
    expect(dpm.evaluations).toBe(euler.evaluations);
    dpm.points.forEach((value, k) => expect(Math.abs(value - euler.points[k]!)).toBeLessThan(1e-6));
  });

  it('of second order converges with order 2', async () => {
    const truth = (await solveFixed(field, start, 'rk4', 400)).points;
    const error = async (intervals: number) => {
      const { points } = await solveDpm(field, start, timeGrid('uniform', intervals));
      return Math.max(...points.map((value, k) => Math.abs(value - truth[k]!)));
    };
    const slope = Math.log2((await error(16)) / (await error(32)));
    expect(slope).toBeGreaterThan(1.6);
    expect(slope).toBeLessThan(2.6);
  });

  it('spends what it reports, within the budget', async () => {
    for (const evaluations of [1, 2, 3, 4, 9, 10]) {
      let calls = 0;
      const counted: Velocity = (time, points) => (calls++, field(time, points));
      const solution = await solve(counted, start, { solver: 'dpm2', evaluations, dimension: 2 });
      expect(solution.evaluations).toBe(calls);
      // The first and the last interval, where λ is infinite, are of first order.
      const intervals = dpmIntervals(evaluations);
      expect(calls).toBe(intervals === 1 ? 1 : 2 * intervals - 2);
      expect(calls).toBeLessThanOrEqual(evaluations);
    }
  });
});

describe('parameterisations', () => {
  it('go round without loss', async () => {
    for (const time of [0.1, 0.5, 0.9]) {
      const velocity = await field(time, start);
      const [data, noise] = [denoised(velocity, start, time), noiseOf(velocity, start, time)];
      const close = (values: Float32Array, to: Float32Array) =>
        values.forEach((value, k) => expect(value).toBeCloseTo(to[k]!, 5));
      close(velocityOfDenoised(data, start, time), velocity);
      close(velocityOfNoise(noise, start, time), velocity);
      close(
        data.map((value, k) => (1 - time) * noise[k]! + time * value),
        start,
      );
    }
  });

  it('of EDM give the exact flow of Gaussian data', async () => {
    // Data N(0, s²): D(y, σ) = y·s²/(s²+σ²), and v = (s'(t)/s(t))·x with variance (1−t)² + t²s².
    const s = 2;
    const flow = velocityOfEdm(async (points, noise) =>
      points.map((y) => (y * s ** 2) / (s ** 2 + noise ** 2)),
    );
    for (const time of [0.2, 0.7]) {
      const ratio = (time * s ** 2 - (1 - time)) / ((1 - time) ** 2 + time ** 2 * s ** 2);
      (await flow(time, start)).forEach((value, k) => expect(value).toBeCloseTo(ratio * start[k]!, 5));
    }
  });

  it('have the same loss in both conventions of time, bit for bit', async () => {
    const x1 = stream(2, 'data').normal(new Float32Array(12));
    // A network in the other convention sees x_s = (1−s)·data + s·noise and is to predict noise − data.
    const other: Velocity = async (time, points) => points.map((value) => Math.sin(value) - time);
    for (const time of [0.25, 0.5, 0.875]) {
      const ours = await matchingLoss(reversedTime(other), start, x1, time);
      expect(ours).toBe(await matchingLoss(other, x1, start, 1 - time));
      expect(ours).not.toBe(await matchingLoss(other, start, x1, time));
    }
  });
});
