/** @file How large sets are at test rows: by formula where there is one, else by draws. */
import { mixtureDraws, drawsAround, residualDraws } from '../region/draws';
import { uniformVolume, weightedVolume, type VolumeEstimate } from '../region/monte-carlo';
import { boundsOf, grown, type Box, type ScoredSet } from '../region/set';
import { candidatesAt, partOf, residualsOf, type Predicted } from '../predicted';
import type { OpenScore, Prediction, ScoreDefinition, TableShape } from '../types';

export interface SizesOptions {
  shape: TableShape;
  alpha: number;
  radius: number;
  /** Test rows that are measured at most, where sets differ from row to row. */
  rows: number;
  seed: number;
  shouldStop: () => boolean;
}

export interface Sizes {
  /** Test rows, counted from 0. */
  rows: Uint32Array;
  /** [rows] natural logarithms in standardised units: Infinity for everything, −Infinity for an empty set. */
  logVolume: Float64Array;
  /** The least effective number of draws behind a value; null for a formula. */
  effective: number | null;
}

/** Draws of a volume that is the same, up to a known factor, at every row; and of one that is a row's own. */
const SHARED_DRAWS = 20_000;
const DRAWS = 500;

/** Null when stopped. */
export async function sizesOf(
  definition: ScoreDefinition,
  open: OpenScore,
  { fit, test }: Record<'fit' | 'test', Predicted>,
  { shape: { d }, alpha, radius, rows: most, seed, shouldStop }: SizesOptions,
): Promise<Sizes | null> {
  const { fixedShape, logJacobian } = definition;
  const rows = Uint32Array.from({ length: Math.min(most, test.rows.count) }, (_, row) => row);
  const logVolume = new Float64Array(rows.length).fill(Infinity);
  if (!Number.isFinite(radius)) return { rows, logVolume, effective: null };
  const at = (row: number) => partOf(test, row, row + 1);
  if (open.logVolume) {
    for (const row of fixedShape ? [0] : rows) {
      const { prediction, rows } = at(row);
      logVolume[row] = open.logVolume(radius, prediction, rows.x, alpha);
    }
    return { rows, logVolume: fixedShape ? logVolume.fill(logVolume[0]!) : logVolume, effective: null };
  }
  const residuals = Float32Array.from(residualsOf(fit));
  const setAt = (row: number): ScoredSet => ({
    ...{ d, radius },
    evaluate: (y) => open.evaluate(candidatesAt(test, row, y), alpha),
  });
  if (fixedShape || logJacobian) {
    const { logVolume: first, effective } = await sharedVolume(setAt(0), at(0).prediction, residuals, seed);
    const own = (row: number) => logJacobian?.(at(row).prediction) ?? 0;
    return { rows, logVolume: logVolume.map((_, row) => first + own(row) - own(0)), effective };
  }
  let effective = Infinity;
  const around = residualDraws(residuals, d, seed, DRAWS);
  for (const row of rows) {
    if (shouldStop()) return null;
    const { prediction } = at(row);
    const proposal = prediction['mixture.weights']
      ? mixtureDraws(prediction, d, seed, DRAWS)
      : drawsAround(around, prediction.mean!.data);
    const estimate = await weightedVolume(setAt(row), proposal);
    logVolume[row] = estimate.logVolume;
    effective = Math.min(effective, estimate.effective);
  }
  return { rows, logVolume, effective };
}

/** One set's volume: by uniform draws up to three targets, else by draws around the residuals. */
function sharedVolume(
  set: ScoredSet,
  prediction: Prediction,
  residuals: Float32Array,
  seed: number,
): Promise<VolumeEstimate> {
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
