/** @file The pairs drawn over the clouds: the shown points paired the way the run pairs its pools. */
import type { Inputs, QueryContext } from '../../../contract/define';
import type { FlowsConfig } from '../config';
import type { CouplingWork, PoolCoupling } from '../coupling/coupling';
import { openCoupling } from '../coupling/open';
import { gatherRows } from '../../../numerics/gather';
import { standardise } from '../points/standardise';
import { knownMapMissing } from '../coupling/steps';
import type { PairsAnswer, PairsKind } from '../view';
import { check } from '../../../contract/query';
import { pairsArguments } from './arguments';
import { DISPLAY_NOISE, scene, sourcePoints, type Scene } from './scene';

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
  const kept: Kept = await context.cached(
    `flows.pairs ${asked.coupling} ${count}`,
    async (): Promise<Kept> => ({
      answer: await pairPoints(context, view, config, asked.coupling, count),
    }),
  );
  return kept.answer;
}

async function pairPoints(
  context: QueryContext,
  view: Scene,
  config: FlowsConfig,
  coupling: PairsKind,
  count: number,
): Promise<PairsAnswer> {
  const { dimension } = view;
  const shown = view.order.subarray(0, count);
  const source = sourcePoints(view, DISPLAY_NOISE, count);
  if (coupling === 'independent')
    return answerOf(view, source, gatherRows(view.matrix.data, dimension, shown), plain(1));
  if (coupling === 'map') {
    if (!view.trueMap) throw knownMapMissing();
    return answerOf(view, source, Float32Array.from(view.trueMap(source)), plain(0));
  }
  const { rows, indices, report } = await pairAsPool(context, view, { ...config, coupling }, source, shown);
  const from = indices ? gatherRows(source, dimension, indices) : source.subarray(0, rows.length * dimension);
  return answerOf(view, from, gatherRows(view.matrix.data, dimension, rows), report);
}

/** Pairs the source points with the rows `shown` as if they were all there is, in one pool. */
async function pairAsPool(
  context: QueryContext,
  view: Scene,
  config: FlowsConfig,
  source: Float32Array,
  shown: Int32Array,
) {
  const labels = config.condition === 'label' ? (view.labels ?? undefined) : undefined;
  const training = labels ? shown.filter((row) => labels[row]! >= 0) : shown;
  const points = standardise(source, view.standardisation);
  const pool = { ...config, poolSize: training.length, pairLog: '' };
  const data = {
    target: view.target,
    training,
    source: {
      ...view.source,
      drawPool: (_seed: number, _pool: number, size: number) => points.slice(0, size * view.dimension),
    },
    labels,
    classes: labels ? view.classes : 0,
  };
  const coupler = (await openCoupling(data, pool, context.seed, () => undefined)) as PoolCoupling;
  const work: CouplingWork = {
    compute: context.compute,
    shouldStop: () => false,
    onProgress: () => undefined,
  };
  try {
    const prepared = await coupler.prepare?.(work, null, () => false);
    return (await coupler.pair(work, 0, prepared?.state ?? null))!;
  } finally {
    await coupler.close?.();
  }
}

type Solved = Pick<PairsAnswer, 'sharpness' | 'iterations' | 'marginalError'>;

function plain(sharpness: number): Solved {
  return { sharpness, iterations: 0, marginalError: 0 };
}

/** Both sides [n, dimension] in data units. */
function answerOf(
  { display, dimension }: Scene,
  source: Float32Array,
  target: Float32Array,
  { sharpness, iterations, marginalError }: Solved,
): PairsAnswer {
  const count = source.length / dimension;
  return {
    source: display.project(source, count),
    target: display.project(target, count),
    cost: halfSquaredDistances(source, target, dimension),
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
