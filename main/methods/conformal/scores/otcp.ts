/**
 * @file Transport scores with one map for all rows: the rank of a residual under an entropic map to the ball (OTCP, arXiv
 * 2502.03609), of a standardised one, and under an exact assignment (arXiv 2501.18991); and what lies far out of a map.
 */
import { add, subtract } from '../../../../native-models';
import type { Compute, Device } from '../../../contract/compute';
import type { Arrays } from '../../../contract/define';
import { vector } from '../../../disk/named-arrays';
import { leaks, saturated, type Leak } from '../../../transport/rank/diagnose';
import {
  discreteArrays,
  discreteMapOf,
  discreteRankTensor,
  fitDiscreteMap,
  MOST_ASSIGNED,
} from '../../../transport/rank/discrete';
import { arraysOf, fitEntropicMap, mapOf } from '../../../transport/rank/entropic';
import { openRank, rankAndImage, rowsPerRun, scaledTensor, tailTensor } from '../../../transport/rank/rank';
import { ballReference, referenceSizes } from '../../../transport/rank/reference';
import { fitScaling, undone } from '../../../transport/rank/scaling';
import { residualsOf } from '../predicted';
import type { LearnedScore, ScoreContext, ScoreSettings } from '../types';
import { logStandardisation, standardisedResiduals, standardisedTensor } from './norms';
import { programScore } from './program';

/** Iterations after which two thirds of the way are taken to be done; for a bar only. */
const TYPICAL_ITERATIONS = 30;

/** s(x, y) = ‖T(y − ŷ(x))‖ with T fitted on the fit rows' residuals: a learned shape, the same for every row. */
export const otcp = programScore('otcp', {
  source: 'sections 1.3 and 1.6; arXiv 2502.03609',
  fixedShape: true,
  rowsPerRun: ({ bias }) => rowsPerRun(bias!.data.length),
  fit: (context) => fitTransport(context, residualsOf(context.fit)),
  build: (arrays, { mean }, y) => rankAndImage(mapOf(arrays), subtract(y, mean!), guardsTail(arrays)).rank,
});

/** s(x, y) = ‖T(W(x)·(y − mean(x)))‖: one learned shape, sized and turned for every row (section 1.11). */
export const otcpStandardised = programScore('otcpStandardised', {
  source: 'section 1.11',
  needs: ['gaussian'],
  rowsPerRun: ({ bias }) => rowsPerRun(bias!.data.length),
  fit: (context) => {
    const { rows, prediction } = context.fit;
    return fitTransport(context, standardisedResiduals(rows.y, prediction, context.shape.d));
  },
  build: (arrays, prediction, y) =>
    rankAndImage(mapOf(arrays), standardisedTensor(prediction, y), guardsTail(arrays)).rank,
  logJacobian: (prediction) => -logStandardisation(prediction),
});

/** s(x, y) = ‖u_j*‖ with j* = argmax_j z·u_j − ψ_j. */
export const otcpDiscrete = programScore('otcpDiscrete', {
  source: 'section 1.7; arXiv 2501.18991',
  fixedShape: true,
  rowsPerRun: ({ psi }) => rowsPerRun(psi!.data.length),
  async fit({ compute, seed, settings, shape, fit, device, shouldStop }) {
    const residuals = residualsOf(fit);
    const scaling = fitScaling(residuals, shape.d, settings.scaling);
    const map = await fitDiscreteMap(compute, residuals, scaling, { seed, device, shouldStop });
    if (!map) return null;
    return {
      arrays: { ...discreteArrays(map), tailGuard: tailGuardOf(settings) },
      // 1: there were more residuals than are assigned, and some stand for all.
      facts: { assigned: map.psi.length, thinned: Number(fit.rows.count > MOST_ASSIGNED) },
    };
  },
  build(arrays, { mean }, y) {
    const map = discreteMapOf(arrays);
    const scaled = scaledTensor(map.scaling, subtract(y, mean!));
    const rank = discreteRankTensor(map, scaled);
    return guardsTail(arrays) ? add(rank, tailTensor(scaled)) : rank;
  },
});

/** Fits scaling, reference and entropic map on `residuals` [n, d], keyed by the context's seed; null when stopped. */
async function fitTransport(context: ScoreContext, residuals: Float64Array): Promise<LearnedScore | null> {
  const { compute, seed, settings, shape, device, shouldStop, onProgress } = context;
  const reference = ballReference(shape.d, referenceSizes(settings), { seed });
  const scaling = fitScaling(residuals, shape.d, settings.scaling);
  const map = await fitEntropicMap(compute, residuals, scaling, reference, {
    ...{ epsilon: settings.epsilon, device, shouldStop },
    onIteration: (iteration) => onProgress(1 - Math.exp(-iteration / TYPICAL_ITERATIONS)),
  });
  if (!map) return null;
  const { epsilon, iterations, marginalError } = map;
  return {
    arrays: { ...arraysOf(map), tailGuard: tailGuardOf(settings) },
    facts: { epsilon, points: reference.count, iterations, marginalError },
  };
}

/** Whether ranks guard their tail, as it is kept. */
export function tailGuardOf({ tailGuard }: ScoreSettings): Arrays[string] {
  return vector(Uint8Array.of(Number(tailGuard)));
}

/** Whether the ranks of a fitted score guard their tail. */
export function guardsTail({ tailGuard }: Arrays): boolean {
  return tailGuard!.data[0] === 1;
}

/** Whether a score has an entropic map, as `otcp` and `otcpStandardised` do. */
export function hasMap(arrays: Arrays): boolean {
  return arrays.cloudBias !== undefined;
}

/**
 * What the map in the arrays of a score does to the residuals it was fitted on, their `ranks` [n] and `images` [n, d] in the
 * ball, and what lies far out of them at a calibrated radius: no `leak` for the whole space.
 */
export async function transportPicture(
  compute: Compute,
  arrays: Arrays,
  { seed, radius, device }: { seed: number; radius: number; device?: Device },
) {
  const map = mapOf(arrays);
  const residuals = undone(map.scaling, map.cloud);
  const open = await openRank(compute, map, { tailGuard: guardsTail(arrays), device });
  try {
    const { ranks, images } = await open.run(residuals);
    if (!Number.isFinite(radius)) return { map, ranks, images, leak: [] as Leak[], saturated: false };
    const ranksOf = async (far: Float64Array) => (await open.run(far)).ranks;
    const leak = await leaks(ranksOf, map.scaling, residuals, radius, seed);
    return { map, ranks, images, leak, saturated: saturated(ranks, radius) };
  } finally {
    await open.close();
  }
}
