/** @file Queries about the clouds themselves: what the data and the source look like, and how they would be paired. */
import type { Inputs, QueryContext } from '../../define';
import type { FlowsConfig } from '../config';
import { coupleExactly } from '../coupling/exact';
import { gatherRows } from '../points/source';
import { standardise } from '../points/standardise';
import { coupleSinkhorn } from '../sinkhorn/couple';
import type { DisplayAnswer, PairsAnswer } from '../view';
import { check, displayArguments, pairsArguments } from './arguments';
import { scene, sourcePoints, type Scene } from './scene';

/** The noise of the clouds shown at rest and of the pairs drawn over them. */
const DISPLAY_NOISE = 0;

export async function display(
  context: QueryContext,
  inputs: Inputs,
  config: FlowsConfig,
  args: unknown,
): Promise<DisplayAnswer> {
  const asked = check('display', displayArguments, args);
  const view = await scene(context, inputs, config);
  const count = Math.min(asked.count, view.matrix.rows);
  const rows = view.order.subarray(0, count);
  // A problem makes its own rows: what a data set's labels say is not about them.
  const labels = config.problem === 'data' ? ((await inputs.data?.labels()) ?? null) : null;
  const targetRows = Uint32Array.from(rows, (row) => view.rowIndex[row]!);
  return {
    dimension: view.dimension,
    axes: view.display.axes,
    explained: view.display.explained,
    source: view.display.project(sourcePoints(view, DISPLAY_NOISE, count), count),
    target: view.display.project(gatherRows(view.matrix.data, view.dimension, rows), count),
    targetRows,
    targetLabels: labels ? Int32Array.from(targetRows, (row) => labels.codes[row]!) : null,
    labelNames: labels?.names ?? [],
    image: view.matrix.image ?? null,
  };
}

interface Kept {
  answer: PairsAnswer;
  close?(): void;
}

export async function pairs(
  context: QueryContext,
  inputs: Inputs,
  config: FlowsConfig,
  args: unknown,
): Promise<PairsAnswer> {
  const asked = check('pairs', pairsArguments, args);
  const view = await scene(context, inputs, config);
  const count = Math.min(asked.count, view.matrix.rows);
  const key = `flows.pairs ${asked.coupling} ${asked.epsilon} ${count}`;
  const kept: Kept = await context.cached(key, async (): Promise<Kept> => ({
    answer: await pairPoints(context, view, config, asked.coupling, asked.epsilon, count),
  }));
  return kept.answer;
}

async function pairPoints(
  context: QueryContext,
  view: Scene,
  config: FlowsConfig,
  coupling: 'independent' | 'assignment' | 'sinkhorn',
  epsilon: number,
  count: number,
): Promise<PairsAnswer> {
  const { dimension, standardisation } = view;
  const source = sourcePoints(view, DISPLAY_NOISE, count);
  const target = gatherRows(view.matrix.data, dimension, view.order.subarray(0, count));
  const x = standardise(source, standardisation);
  const y = standardise(target, standardisation);
  let columns: Int32Array = Int32Array.from({ length: count }, (_, k) => k);
  let [sharpness, iterations, marginalError] = [1, 0, 0];
  if (coupling === 'assignment') {
    columns = (await coupleExactly(context.compute, x, y, dimension))!;
    sharpness = 0;
  } else if (coupling === 'sinkhorn') {
    const { tolerance, maximumIterations, momentum } = config;
    const coupled = await coupleSinkhorn(context.compute, x, y, dimension, {
      epsilon,
      tolerance,
      maximumIterations,
      momentum,
      seed: context.seed,
      label: 'flows.display.draw',
    });
    ({ columns, sharpness, iterations, marginalError } = coupled!);
  }
  const paired = gatherRows(target, dimension, columns);
  return {
    source: view.display.project(source, count),
    target: view.display.project(paired, count),
    cost: halfSquaredDistances(source, paired, dimension),
    sharpness,
    iterations,
    marginalError,
  };
}

/** [n] ½‖x₀−x₁‖². */
function halfSquaredDistances(left: Float32Array, right: Float32Array, dimension: number): Float32Array {
  const out = new Float32Array(left.length / dimension);
  for (let row = 0, at = 0; row < out.length; row++)
    for (let k = 0; k < dimension; k++, at++) out[row]! += (left[at]! - right[at]!) ** 2 / 2;
  return out;
}
