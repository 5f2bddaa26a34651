/** @file Questions about one small set of points: how they are coupled, what P looks like, and what sharpness costs. */
import type { Inputs, QueryContext } from '../../../contract/define';
import type { FlowsConfig } from '../config';
import { gatherRows } from '../../../numerics/gather';
import { standardise } from '../points/standardise';
import type { CouplingAnswer, CouplingChoice, CouplingCurveAnswer, CouplingTableAnswer } from '../view';
import { check } from '../../../contract/query';
import { couplingArguments, couplingCurveArguments, couplingTableArguments } from './coupling-arguments';
import { sortedOrders } from './coupling-order';
import { planClouds, planRow, rowMoments, totalVariance, type Clouds, type Plan } from './coupling-plan';
import { DISPLAY_NOISE, scene, sourcePoints, type Scene } from './scene';

/** Plans that are kept; a slider may pass many, and each is a few vectors. */
const KEPT_PLANS = 128;

interface Shown {
  view: Scene;
  count: number;
  clouds: Clouds;
  /** [n, dimension] in data units. */
  source: Float32Array;
  target: Float32Array;
  targetRows: Uint32Array;
  plans: Map<string, Promise<Plan>>;
  close?(): void;
}

export async function coupling(
  context: QueryContext,
  inputs: Inputs,
  config: FlowsConfig,
  args: unknown,
): Promise<CouplingAnswer> {
  const asked = check('coupling', couplingArguments, args);
  const shown = await shownPoints(context, inputs, config, asked.count);
  const { view, count, clouds, source, target } = shown;
  const { dimension } = view;
  const plan = await planOf(context, config, shown, asked);
  const row = new Float64Array(count);
  const mean = new Float64Array(dimension);
  const [share, cost, effectiveTargets] = [0, 0, 0].map(() => new Float32Array(count)) as Columns3;
  const draws = new Uint32Array(count);
  let variance = 0;
  for (let i = 0; i < count; i++) {
    planRow(clouds, plan, i, row);
    const moments = rowMoments(row, clouds, mean);
    const column = plan.columns[i]!;
    share[i] = row[column]!;
    effectiveTargets[i] = Math.exp(moments.entropy);
    variance += moments.variance / count;
    draws[column]!++;
    for (let k = 0; k < dimension; k++)
      cost[i]! += (source[i * dimension + k]! - target[column * dimension + k]!) ** 2 / 2;
  }
  return {
    count,
    axes: view.display.axes,
    source: view.display.project(source, count),
    target: view.display.project(target, count),
    targetRows: shown.targetRows,
    columns: plan.columns,
    cost,
    share,
    sharpness: plan.sharpness,
    epsilon: plan.epsilon,
    iterations: plan.iterations,
    marginalError: plan.marginalError,
    converged: plan.converged,
    reached: plan.reached,
    seconds: plan.seconds,
    effectiveTargets,
    draws,
    conditionalVariance: variance / (totalVariance(clouds.y, dimension) || 1),
  };
}

type Columns3 = [Float32Array, Float32Array, Float32Array];

export async function couplingTable(
  context: QueryContext,
  inputs: Inputs,
  config: FlowsConfig,
  args: unknown,
): Promise<CouplingTableAnswer> {
  const asked = check('couplingTable', couplingTableArguments, args);
  const shown = await shownPoints(context, inputs, config, asked.count);
  const { view, count, clouds } = shown;
  const plan = await planOf(context, config, shown, asked);
  const labels = asked.order === 'class' ? ((await inputs.data!.labels())?.codes ?? null) : null;
  const classes = labels && Int32Array.from(shown.targetRows, (row) => labels[row]!);
  const source = view.display.project(shown.source, count);
  const target = view.display.project(shown.target, count);
  const row = new Float64Array(count);
  const likeliest = Int32Array.from({ length: count }, (_, i) => {
    planRow(clouds, plan, i, row);
    return row.indexOf(row.reduce((most, value) => Math.max(most, value), 0));
  });
  const { rowOrder, columnOrder } = sortedOrders(source, target, classes && { classes, likeliest });
  const shares = new Float32Array(count * count);
  for (let i = 0; i < count; i++) {
    planRow(clouds, plan, rowOrder[i]!, row);
    for (let j = 0; j < count; j++) shares[i * count + j] = row[columnOrder[j]!]!;
  }
  return { count, shares, rowOrder, columnOrder };
}

export async function couplingCurve(
  context: QueryContext,
  inputs: Inputs,
  config: FlowsConfig,
  args: unknown,
): Promise<CouplingCurveAnswer> {
  const { count, epsilons } = check('couplingCurve', couplingCurveArguments, args);
  const shown = await shownPoints(context, inputs, config, count);
  const plans: Plan[] = [];
  for (const value of epsilons)
    plans.push(await planOf(context, config, shown, { coupling: 'sinkhorn', knob: 'epsilon', value }));
  const column = (of: (plan: Plan) => number) => Float64Array.from(plans, of);
  return {
    epsilons: Float64Array.from(epsilons),
    sharpness: column((plan) => plan.sharpness),
    iterations: column((plan) => plan.iterations),
    marginalErrors: column((plan) => plan.marginalError),
    seconds: column((plan) => plan.seconds),
  };
}

/** The first points of the source and of the data's fixed order, in both units; made once per run and count. */
function shownPoints(
  context: QueryContext,
  inputs: Inputs,
  config: FlowsConfig,
  asked: number,
): Promise<Shown> {
  return context.cached(`flows.coupling ${asked}`, async (): Promise<Shown> => {
    const view = await scene(context, inputs, config);
    const { dimension, standardisation } = view;
    const count = Math.min(asked, view.matrix.rows);
    const rows = view.order.subarray(0, count);
    const source = sourcePoints(view, DISPLAY_NOISE, count);
    const target = gatherRows(view.matrix.data, dimension, rows);
    return {
      view,
      count,
      clouds: {
        x: standardise(source, standardisation),
        y: standardise(target, standardisation),
        dimension,
      },
      source,
      target,
      targetRows: Uint32Array.from(rows, (row) => view.rowIndex[row]!),
      plans: new Map(),
    };
  });
}

/** The plan of a choice, kept with its points. */
async function planOf(
  context: QueryContext,
  config: FlowsConfig,
  { view, clouds, plans }: Shown,
  { coupling, knob, value }: CouplingChoice,
): Promise<Plan> {
  const key =
    coupling === 'sinkhorn' || coupling === 'semidiscrete' ? `${coupling} ${knob} ${value}` : coupling;
  const found = plans.get(key);
  if (found) return found;
  const plan = planClouds(context, config, clouds, { coupling, knob, value }, view.source);
  plans.set(key, plan);
  if (plans.size > KEPT_PLANS) plans.delete(plans.keys().next().value!);
  // A failure is not kept.
  plan.catch(() => plans.delete(key));
  return plan;
}
