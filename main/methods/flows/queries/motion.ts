/** @file Queries about the learned flow: particle paths, their curvature, the vector field. */
import { MongeError } from '../../../../native-models/error';
import type { Inputs, QueryContext } from '../../../contract/define';
import type { FlowsConfig } from '../config';
import { curvature as measureCurvature } from '../measure/curvature';
import { solve } from '../../../ode/solve';
import type {
  CurvatureAnswer,
  DivergenceAnswer,
  FewStepErrorAnswer,
  FieldAnswer,
  SpeedAnswer,
  TrajectoriesAnswer,
} from '../view';
import { check } from '../../../contract/query';
import {
  curvatureArguments,
  divergenceArguments,
  fewStepErrorArguments,
  fieldArguments,
  speedArguments,
  trajectoriesArguments,
} from './arguments';
import { divergenceOnGrid, fewStepErrors, speedProfile } from './profiles';
import { scene, sourcePoints, velocityAt, type Scene } from './scene';

export async function trajectories(
  context: QueryContext,
  inputs: Inputs,
  config: FlowsConfig,
  args: unknown,
): Promise<TrajectoriesAnswer> {
  const {
    count,
    noiseSeed,
    solver,
    evaluations,
    grid,
    step: asked,
  } = check('trajectories', trajectoriesArguments, args);
  const view = await scene(context, inputs, config);
  const { step, velocity } = await velocityAt(context, config, view, asked);
  const times: number[] = [];
  const frames: Float32Array[] = [];
  const solution = await solve(
    velocity,
    sourcePoints(view, noiseSeed, count),
    { solver, evaluations, grid, dimension: view.dimension },
    (time, points) => {
      times.push(time);
      frames.push(view.display.project(points, count));
    },
  );
  const positions = new Float32Array(frames.length * count * 2);
  frames.forEach((frame, k) => positions.set(frame, k * count * 2));
  return { step, evaluations: solution.evaluations, times: Float32Array.from(times), positions, count };
}

export async function curvature(
  context: QueryContext,
  inputs: Inputs,
  config: FlowsConfig,
  args: unknown,
): Promise<CurvatureAnswer> {
  const { count, noiseSeed, step: asked } = check('curvature', curvatureArguments, args);
  const view = await scene(context, inputs, config);
  const { step, velocity } = await velocityAt(context, config, view, asked);
  const measured = await measureCurvature(velocity, sourcePoints(view, noiseSeed, count), view.dimension);
  return { step, perPath: measured.perPath, times: measured.times, profile: measured.profile };
}

export async function field(
  context: QueryContext,
  inputs: Inputs,
  config: FlowsConfig,
  args: unknown,
): Promise<FieldAnswer> {
  const { time, grid, extent, step: asked } = check('field', fieldArguments, args);
  const view = await scene(context, inputs, config);
  requireTwoDimensions(view);
  const { step, velocity } = await velocityAt(context, config, view, asked);
  const positions = gridPoints(grid, extent);
  return { step, positions, velocities: await velocity(time, positions) };
}

export async function divergence(
  context: QueryContext,
  inputs: Inputs,
  config: FlowsConfig,
  args: unknown,
): Promise<DivergenceAnswer> {
  const { time, grid, extent, step: asked } = check('divergence', divergenceArguments, args);
  const view = await scene(context, inputs, config);
  requireTwoDimensions(view);
  const { step, velocity } = await velocityAt(context, config, view, asked);
  return { step, grid, extent, values: await divergenceOnGrid(velocity, time, grid, extent) };
}

export async function speed(
  context: QueryContext,
  inputs: Inputs,
  config: FlowsConfig,
  args: unknown,
): Promise<SpeedAnswer> {
  const { count, noiseSeed, step: asked } = check('speed', speedArguments, args);
  const view = await scene(context, inputs, config);
  const { step, velocity } = await velocityAt(context, config, view, asked);
  return { step, ...(await speedProfile(velocity, sourcePoints(view, noiseSeed, count), view.dimension)) };
}

export async function fewStepError(
  context: QueryContext,
  inputs: Inputs,
  config: FlowsConfig,
  args: unknown,
): Promise<FewStepErrorAnswer> {
  const asked = check('fewStepError', fewStepErrorArguments, args);
  const view = await scene(context, inputs, config);
  const { step, velocity } = await velocityAt(context, config, view, asked.step);
  const start = sourcePoints(view, asked.noiseSeed, asked.count);
  const { solver, evaluations } = asked;
  return {
    step,
    ...(await fewStepErrors(velocity, start, { solver, evaluations, dimension: view.dimension })),
  };
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
function requireTwoDimensions(view: Scene): void {
  if (view.dimension !== 2)
    throw new MongeError({
      code: 'field-needs-two-dimensions',
      what: 'the vector field can be drawn for two columns only',
      got: `${view.dimension} columns`,
      expected: '2 columns',
      help: 'look at the trajectories instead: they are projected on two axes',
    });
}
