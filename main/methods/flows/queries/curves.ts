/** @file The query behind quality curves: distance to held-out rows over budgets, measured as at the end of a run. */
import type { Inputs, QueryContext } from '../../../contract/define';
import type { FlowsConfig } from '../config';
import { spread } from '../measure/final';
import {
  projectCloud,
  randomDirections,
  slicedWasserstein2,
  type ProjectedCloud,
} from '../../../numerics/sliced-wasserstein';
import { splitRows } from '../points/prepare';
import { gatherRows } from '../../../numerics/gather';
import { unstandardise } from '../points/standardise';
import { solve } from '../../../ode/solve';
import type { CurvesAnswer } from '../view';
import { check } from '../../../contract/query';
import { curvesArguments } from './arguments';
import { scene, velocityAt, type Scene } from './scene';

/** Numbers per cloud: high dimension gets fewer points. */
const MOST_NUMBERS = 2 ** 21;

interface Real {
  real: ProjectedCloud;
  directions: Float32Array;
  floor: number;
  count: number;
  close?(): void;
}

export async function curves(
  context: QueryContext,
  inputs: Inputs,
  config: FlowsConfig,
  args: unknown,
): Promise<CurvesAnswer> {
  const asked = check('curves', curvesArguments, args);
  const view = await scene(context, inputs, config);
  const { dimension, source, standardisation } = view;
  const { real, directions, floor, count } = await context.cached(`flows.curves ${asked.count}`, async () =>
    realRows(context, view, config, asked.count),
  );
  const { step, velocity } = await velocityAt(context, config, view, asked.step);
  // The noise that the run itself is measured with.
  const start = unstandardise(source.draw(context.seed, 'flows.measure.source', 0, count), standardisation);
  const answer: CurvesAnswer = { step, count, evaluations: [], slicedW2: [], floor };
  for (const evaluations of asked.evaluations) {
    const end = await solve(velocity, start, { solver: asked.solver, evaluations, dimension });
    answer.evaluations.push(end.evaluations);
    answer.slicedW2.push(slicedWasserstein2(projectCloud(end.points, directions, dimension), real));
  }
  return answer;
}

/** Held-out rows on every direction, and how far training rows are from them. */
function realRows(context: QueryContext, view: Scene, config: FlowsConfig, most: number): Real {
  const { dimension, matrix } = view;
  const rows = splitRows(matrix.rows, config.heldOut, context.seed);
  const fitting = Math.max(64, Math.floor(MOST_NUMBERS / dimension));
  const count = Math.min(rows.heldOut.length, rows.training.length, most, fitting);
  const directions = randomDirections(context.seed, config.directions, dimension);
  const [real, other] = [rows.heldOut, rows.training].map((from) =>
    projectCloud(gatherRows(matrix.data, dimension, spread(from, count)), directions, dimension),
  ) as [ProjectedCloud, ProjectedCloud];
  return { real, directions, floor: slicedWasserstein2(real, other), count };
}
