/** @file Answers about the clouds at rest, and the pairs drawn over them: the shown points paired the way the run pairs its own. */
import type { InferOutput } from 'valibot';
import type { Compute } from '../../../contract/compute';
import { gatherRows } from '../../../numerics/gather';
import { plainReport, type CouplingWork, type PoolCoupling, type PoolReport } from '../coupling/coupling';
import { openCoupling } from '../coupling/open';
import { knownMapMissing } from '../coupling/bank';
import { standardise } from '../points/standardise';
import { cloudQuestions as questions } from '../questions/clouds';
import { answers, DISPLAY_NOISE, sourcePoints, type FlowContext, type PreparedFlow } from './prepared';

export const clouds = answers(questions, {
  async display({ prepared }, asked) {
    const flow = await prepared();
    const { dimension, display, matrix, labelNames } = flow;
    const count = Math.min(asked.count, matrix.rows);
    const rows = flow.order.subarray(0, count);
    return {
      dimension,
      axes: display.axes,
      source: display.project(sourcePoints(flow, DISPLAY_NOISE, count), count),
      target: display.project(gatherRows(matrix.data, dimension, rows), count),
      targetRows: Uint32Array.from(rows, (row) => flow.rowIndex[row]!),
      labelNames,
      image: matrix.image ?? null,
    };
  },

  async pairs(context, asked) {
    const { matrix } = await context.prepared();
    const count = Math.min(asked.count, matrix.rows);
    return context.cached(`flows.pairs ${asked.coupling} ${count}`, () =>
      pairPoints(context, asked.coupling, count),
    );
  },
});

type PairsKind = InferOutput<(typeof questions.pairs)['args']>['coupling'];

async function pairPoints(context: FlowContext, coupling: PairsKind, count: number) {
  const flow = await context.prepared();
  const { dimension, matrix, trueMap } = flow;
  const shown = flow.order.subarray(0, count);
  const source = sourcePoints(flow, DISPLAY_NOISE, count);
  if (coupling === 'independent')
    return answerOf(flow, source, gatherRows(matrix.data, dimension, shown), plainReport(1));
  if (coupling === 'map') {
    if (!trueMap) throw knownMapMissing();
    return answerOf(flow, source, Float32Array.from(trueMap(source)), plainReport(0));
  }
  const { rows, indices, report } = await pairTogether(context, coupling, source, shown);
  const from = indices ? gatherRows(source, dimension, indices) : source.subarray(0, rows.length * dimension);
  return answerOf(flow, from, gatherRows(matrix.data, dimension, rows), report);
}

/** Pairs the source points with the rows `shown` as if they were all there is. */
async function pairTogether(
  { compute, config, prepared, seed }: FlowContext,
  coupling: Exclude<PairsKind, 'independent' | 'map'>,
  source: Float32Array,
  shown: Int32Array,
) {
  const flow = await prepared();
  const labels = config.condition === 'label' ? (flow.labels ?? undefined) : undefined;
  const training = labels ? shown.filter((row) => labels[row]! >= 0) : shown;
  const points = standardise(source, flow.standardisation);
  const drawPool = (_seed: number, _pool: number, size: number) => points.slice(0, size * flow.dimension);
  const data = {
    ...{ target: flow.target, training, labels, classes: labels ? flow.classes : 0 },
    source: { ...flow.source, drawPool },
  };
  const settings = { ...config, coupling, poolSize: training.length };
  return firstPool(compute, (await openCoupling(data, settings, seed)) as PoolCoupling);
}

/** The first pool of a coupling, with what was prepared for it: a query waits for both, and nobody stops or watches them. */
export async function firstPool(compute: Compute, coupling: PoolCoupling) {
  const work: CouplingWork = { compute, shouldStop: () => false, onProgress: () => undefined };
  try {
    const state = (await coupling.prepare?.(work, null, () => false))?.state ?? {};
    return { ...(await coupling.pair(work, 0, state))!, state };
  } finally {
    await coupling.close?.();
  }
}

/** Both sides [n, dimension] in data units. */
function answerOf(
  { display, dimension }: PreparedFlow,
  source: Float32Array,
  target: Float32Array,
  { sharpness }: PoolReport,
) {
  const count = source.length / dimension;
  return {
    source: display.project(source, count),
    target: display.project(target, count),
    cost: halfSquaredDistances(source, target, dimension),
    sharpness,
  };
}

/** [n] ½‖x₀−x₁‖². */
export function halfSquaredDistances(
  left: Float32Array,
  right: Float32Array,
  dimension: number,
): Float32Array {
  const out = new Float32Array(left.length / dimension);
  for (let row = 0, at = 0; row < out.length; row++)
    for (let k = 0; k < dimension; k++, at++) out[row]! += (left[at]! - right[at]!) ** 2 / 2;
  return out;
}
