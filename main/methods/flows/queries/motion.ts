/** @file Answers about the learned flow: particle paths, their curvature and speed, the vector field, quality over budgets. */
import { MongeError } from '../../../../native-models/error';
import { solve } from '../../../ode/solve';
import { curvature } from '../measure/curvature';
import { cloudSize, measurePoints, realClouds } from '../measure/final';
import { setRowsAside } from '../points/prepare';
import { unstandardise } from '../points/standardise';
import { motionQuestions as questions } from '../questions/motion';
import { answers, sourcePoints, velocityAt, type FlowContext, type PreparedFlow } from './prepared';
import { divergenceOnGrid, fewStepErrors, speedProfile } from './profiles';

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
