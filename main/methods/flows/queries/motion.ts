/** @file Answers about the learned flow: particle paths, their curvature, speed and few-step error, the field and its divergence, quality over budgets. */
import { MongeError } from '../../../../native-models/error';
import { squaredDistance } from '../../../numerics/points';
import type { Velocity } from '../../../ode/fixed';
import { solve, type FlowSolver } from '../../../ode/solve';
import { cloudSize, curvature, measurePoints, realClouds } from '../measure/final';
import { setRowsAside } from '../points/prepare';
import { unstandardise } from '../points/standardise';
import { motionQuestions as questions } from '../questions/motion';
import { answers, sourcePoints, velocityAt, type FlowContext, type PreparedFlow } from './prepared';

const SPEED_STEPS = 50;
/** Evaluations that stand for the whole path when a cheaper one is judged. */
const REFERENCE_EVALUATIONS = 64;

export const motion = answers(questions, {
  async trajectories(context, { count, noiseSeed, solver, evaluations, grid, step: asked }) {
    const { step, velocity, flow } = await velocityAt(context, asked);
    const times: number[] = [];
    const frames: Float32Array[] = [];
    const solution = await solve(
      velocity,
      sourcePoints(flow, noiseSeed, count),
      { solver, evaluations, grid, dimension: flow.dimension },
      (time, points) => {
        times.push(time);
        frames.push(flow.display.project(points, count));
      },
    );
    const positions = new Float32Array(frames.length * count * 2);
    frames.forEach((frame, k) => positions.set(frame, k * count * 2));
    return { step, evaluations: solution.evaluations, times: Float32Array.from(times), positions, count };
  },

  async curvature(context, { count, noiseSeed, step: asked }) {
    const { step, velocity, flow } = await velocityAt(context, asked);
    const measured = await curvature(velocity, sourcePoints(flow, noiseSeed, count), flow.dimension);
    return { step, perPath: measured.perPath, times: measured.times, profile: measured.profile };
  },

  async field(context, { time, grid, extent, step: asked }) {
    requireTwoDimensions(await context.prepared());
    const { step, velocity } = await velocityAt(context, asked);
    const positions = gridPoints(grid, extent);
    return { step, positions, velocities: await velocity(time, positions) };
  },

  async divergence(context, { time, grid, extent, step: asked }) {
    requireTwoDimensions(await context.prepared());
    const { step, velocity } = await velocityAt(context, asked);
    return { step, grid, extent, values: await divergenceOnGrid(velocity, time, grid, extent) };
  },

  async speed(context, { count, noiseSeed, step: asked }) {
    const { step, velocity, flow } = await velocityAt(context, asked);
    return { step, ...(await speedProfile(velocity, sourcePoints(flow, noiseSeed, count), flow.dimension)) };
  },

  async fewStepError(context, { count, noiseSeed, solver, evaluations, step: asked }) {
    const { step, velocity, flow } = await velocityAt(context, asked);
    const start = sourcePoints(flow, noiseSeed, count);
    const { dimension } = flow;
    return { step, ...(await fewStepErrors(velocity, start, { solver, evaluations, dimension })) };
  },

  /** Measured as at the end of a run. */
  async curves(context, asked) {
    const { dimension, source, standardisation } = await context.prepared();
    const { count, floor, distanceOf } = await context.cached(`flows.curves ${asked.count}`, () =>
      realRows(context, asked.count),
    );
    const { step, velocity } = await velocityAt(context, asked.step);
    // The noise that the run itself is measured with.
    const start = unstandardise(measurePoints(source, context.seed, count), standardisation);
    const { solver } = asked;
    const end = await solve(velocity, start, { solver, evaluations: asked.evaluations, dimension });
    return { step, count, evaluations: end.evaluations, slicedW2: distanceOf(end.points), floor };
  },
});

/** What generated points are compared with: held-out rows, and how far training rows are from them. */
async function realRows({ seed, config, prepared }: FlowContext, most: number) {
  const flow = await prepared();
  const rows = setRowsAside(flow.matrix.rows, config.heldOut, seed);
  const count = cloudSize(rows, flow.dimension, most);
  const { floor, distanceOf } = realClouds(flow, rows, count, seed, config.directions);
  return { count, floor, distanceOf };
}

/** [grid·grid, 2] points, rows from the lowest y up; `extent` is [x₀, x₁, y₀, y₁]. */
function gridPoints(
  grid: number,
  [left, right, bottom, top]: [number, number, number, number],
): Float32Array {
  const out = new Float32Array(grid * grid * 2);
  for (let row = 0, at = 0; row < grid; row++)
    for (let column = 0; column < grid; column++) {
      out[at++] = left + ((right - left) * column) / (grid - 1);
      out[at++] = bottom + ((top - bottom) * row) / (grid - 1);
    }
  return out;
}

/** Throws `field-needs-two-dimensions`. */
function requireTwoDimensions({ dimension }: PreparedFlow): void {
  if (dimension !== 2)
    throw new MongeError({
      code: 'field-needs-two-dimensions',
      what: 'the vector field can be drawn for two columns only',
      got: `${dimension} columns`,
      expected: '2 columns',
      help: 'look at the trajectories instead: they are projected on two axes',
    });
}

/** Speed of `start` [n, dimension] along 50 Euler steps; a straight flow at constant speed gives flat lines. */
export async function speedProfile(velocity: Velocity, start: Float32Array, dimension: number) {
  const count = start.length / dimension;
  const profile = {
    /** [50] k/50. */
    times: Float32Array.from({ length: SPEED_STEPS }, (_, k) => k / SPEED_STEPS),
    /** Mean, 10 % and 90 % quantile over particles of ‖v‖ at each time, in data units per unit of time. */
    mean: new Float32Array(SPEED_STEPS),
    low: new Float32Array(SPEED_STEPS),
    high: new Float32Array(SPEED_STEPS),
  };
  const points = start.slice();
  for (let step = 0; step < SPEED_STEPS; step++) {
    const slope = await velocity(step / SPEED_STEPS, points);
    const speeds = distances(slope, new Float32Array(slope.length), dimension).sort();
    profile.mean[step] = speeds.reduce((sum, speed) => sum + speed, 0) / count;
    profile.low[step] = speeds[Math.floor(0.1 * (count - 1))]!;
    profile.high[step] = speeds[Math.ceil(0.9 * (count - 1))]!;
    for (let k = 0; k < points.length; k++) points[k]! += slope[k]! / SPEED_STEPS;
  }
  return profile;
}

/** [n] ‖x at `evaluations` − x at 64 evaluations‖ of the same solver from the same start, in data units. */
export async function fewStepErrors(
  velocity: Velocity,
  start: Float32Array,
  options: { solver: FlowSolver; evaluations: number; dimension: number },
): Promise<{ evaluations: number; errors: Float32Array }> {
  const few = await solve(velocity, start, options);
  const reference = await solve(velocity, start, { ...options, evaluations: REFERENCE_EVALUATIONS });
  return {
    evaluations: few.evaluations,
    errors: distances(few.points, reference.points, options.dimension),
  };
}

/**
 * [grid·grid] ∇·v in the middle of each cell of a two-dimensional velocity, rows from the lowest y up; `extent` is
 * [x₀, x₁, y₀, y₁]. Central differences over the width and height of the cell.
 */
export async function divergenceOnGrid(
  velocity: Velocity,
  time: number,
  grid: number,
  [left, right, bottom, top]: readonly [number, number, number, number],
): Promise<Float32Array> {
  const [width, height] = [(right - left) / grid, (top - bottom) / grid];
  const cells = grid * grid;
  const offsets = [
    [width / 2, 0],
    [-width / 2, 0],
    [0, height / 2],
    [0, -height / 2],
  ] as const;
  const points = new Float32Array(offsets.length * cells * 2);
  offsets.forEach(([dx, dy], side) => {
    for (let cell = 0; cell < cells; cell++) {
      const at = 2 * (side * cells + cell);
      points[at] = left + ((cell % grid) + 0.5) * width + dx;
      points[at + 1] = bottom + (Math.floor(cell / grid) + 0.5) * height + dy;
    }
  });
  const slopes = await velocity(time, points);
  const component = (side: number, cell: number, axis: 0 | 1): number =>
    slopes[2 * (side * cells + cell) + axis]!;
  return Float32Array.from(
    { length: cells },
    (_, cell) =>
      (component(0, cell, 0) - component(1, cell, 0)) / width +
      (component(2, cell, 1) - component(3, cell, 1)) / height,
  );
}

/** [n] Euclidean distances between the rows of two [n, dimension] arrays. */
function distances(left: Float32Array, right: Float32Array, dimension: number): Float32Array {
  const out = new Float32Array(left.length / dimension);
  return out.map((_, row) => Math.sqrt(squaredDistance(left, row, right, row, dimension)));
}
