/** @file How large sets are at test rows: by formula where there is one, else by draws. */
import { mixtureDraws, drawsAround, residualDraws } from '../region/draws';
import { uniformVolume, weightedVolume } from '../region/monte-carlo';
import { boundsOf, grown, type Box, type ScoredSet } from '../region/set';
import { partOf, residualsOf, setAt, type Predicted } from '../predicted';
import type { OpenScore, Prediction, ScoreContext, ScoreDefinition } from '../types';

/** Draws of a volume that is the same, up to a known factor, at every row; and of one that is a row's own. */
const SHARED_DRAWS = 20_000;
const DRAWS = 500;

/**
 * Sets at a radius of the first test rows, at most `rows` of them. `logVolume` holds natural logarithms in standardised units:
 * Infinity for everything, −Infinity for an empty set. `effective` is the least effective number of draws behind a value; null
 * for a formula. Null when stopped.
 */
export async function sizesOf(
  definition: ScoreDefinition,
  open: OpenScore,
  { fit, test }: Record<'fit' | 'test', Predicted>,
  { shape: { d }, alpha, seed, shouldStop }: Pick<ScoreContext, 'shape' | 'alpha' | 'seed' | 'shouldStop'>,
  { radius, rows: most }: { radius: number; rows: number },
) {
  const { fixedShape, logJacobian } = definition;
  const logVolume = new Float64Array(Math.min(most, test.rows.count)).fill(Infinity);
  if (!Number.isFinite(radius)) return { logVolume, effective: null };
  const at = (row: number) => partOf(test, row, row + 1);
  if (open.logVolume) {
    for (const row of fixedShape ? [0] : logVolume.keys()) {
      const { prediction, rows } = at(row);
      logVolume[row] = open.logVolume(radius, prediction, rows.x, alpha);
    }
    return { logVolume: fixedShape ? logVolume.fill(logVolume[0]!) : logVolume, effective: null };
  }
  const residuals = Float32Array.from(residualsOf(fit));
  const setOf = (row: number) => setAt(open, test, row, radius, alpha);
  if (fixedShape || logJacobian) {
    const { logVolume: first, effective } = await sharedVolume(setOf(0), at(0).prediction, residuals, seed);
    const own = (row: number) => logJacobian?.(at(row).prediction) ?? 0;
    return { logVolume: logVolume.map((_, row) => first + own(row) - own(0)), effective };
  }
  let effective = Infinity;
  const around = residualDraws(residuals, d, seed, DRAWS);
  for (const row of logVolume.keys()) {
    if (shouldStop()) return null;
    const { prediction } = at(row);
    const proposal = prediction['mixture.weights']
      ? mixtureDraws(prediction, d, seed, DRAWS)
      : drawsAround(around, prediction.mean!.data);
    const estimate = await weightedVolume(setOf(row), proposal);
    logVolume[row] = estimate.logVolume;
    effective = Math.min(effective, estimate.effective);
  }
  return { logVolume, effective };
}

/** One set's volume: by uniform draws up to three targets, else by draws around the residuals. */
function sharedVolume(set: ScoredSet, prediction: Prediction, residuals: Float32Array, seed: number) {
  const centre = prediction.mean!.data;
  if (set.d <= 3) return uniformVolume(set, residualBox(residuals, centre), seed, SHARED_DRAWS);
  return weightedVolume(set, drawsAround(residualDraws(residuals, set.d, seed, SHARED_DRAWS), centre));
}

/** Where most residuals lie, around a prediction [d]. */
export function residualBox(residuals: Float32Array, centre: ArrayLike<number>): Box {
  const { low, high } = grown(boundsOf(residuals, centre.length), (width) => 0.1 * width + 1e-3);
  const moved = (ends: number[]) => ends.map((value, j) => value + centre[j]!);
  return { low: moved(low), high: moved(high) };
}
