/** @file What the scores of one global transport map share: fitting it, opening it, drawing with it. */
import { arraysOf, fitEntropicMap } from '../../../transport/rank/entropic';
import { rowsPerRun } from '../../../transport/rank/rank';
import { ballReference, referenceSizes } from '../../../transport/rank/reference';
import { fitScaling } from '../../../transport/rank/scaling';
import type { Arrays } from '../../../contract/define';
import type { ScoreContext } from '../types';

/** Iterations after which two thirds of the way are taken to be done; for a bar only. */
const TYPICAL_ITERATIONS = 30;

/**
 * Fits scaling, reference and entropic map on `residuals` [n, d], keyed by the context's seed; null when stopped. Facts:
 * epsilon, points of the reference, iterations, marginalError.
 */
export async function fitTransport(
  context: ScoreContext,
  residuals: Float64Array,
): Promise<{ arrays: Arrays; facts: Record<string, number> } | null> {
  const { compute, device, seed, settings, shape } = context;
  const reference = ballReference(shape.d, referenceSizes(settings), { seed });
  const scaling = fitScaling(residuals, shape.d, settings.scaling);
  const map = await fitEntropicMap(compute, residuals, scaling, reference, {
    epsilon: settings.epsilon,
    device,
    shouldStop: () => context.shouldStop(),
    onIteration: (iteration) => context.onProgress(1 - Math.exp(-iteration / TYPICAL_ITERATIONS)),
  });
  if (!map) return null;
  const arrays = {
    ...arraysOf(map),
    tailGuard: { data: Uint8Array.of(Number(settings.tailGuard)), shape: [1] },
  };
  return {
    arrays,
    facts: {
      epsilon: map.epsilon,
      points: reference.count,
      iterations: map.iterations,
      marginalError: map.marginalError,
    },
  };
}

/** Whether the ranks of a fitted score guard their tail. */
export function guardsTail(arrays: Arrays): boolean {
  return arrays.tailGuard!.data[0] === 1;
}

/** Rows of one run of a score with these arrays: few where the reference is large. */
export function transportRows(arrays: Arrays): number {
  return rowsPerRun(arrays.bias!.data.length);
}
