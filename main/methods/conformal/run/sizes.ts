/** @file How large sets are at test rows: by formula where there is one, else by draws. */
import { drawsAround, residualDraws, type Draws } from '../region/proposal';
import { uniformVolume, weightedVolume, type VolumeEstimate } from '../region/monte-carlo';
import type { Box, ScoredSet } from '../region/set';
import type { OpenScore, Prediction, ScoreDefinition, TableShape } from '../types';
import { mixtureDraws } from './mixture-draws';
import { residualsOf, slicePrediction, type Predicted } from '../predicted';

export interface SizesOptions {
  shape: TableShape;
  alpha: number;
  radius: number;
  /** Test rows that are measured at most, where sets differ from row to row. */
  rows: number;
  /** Draws per row where volumes are estimated row by row. */
  draws?: number;
  seed: number;
  shouldStop(): boolean;
}

export interface Sizes {
  /** Test rows, counted from 0. */
  rows: Uint32Array;
  /** [rows] natural logarithms in standardised units: Infinity for everything, −Infinity for an empty set. */
  logVolume: Float64Array;
  /** The least effective number of draws behind a value; null for a formula. */
  effective: number | null;
}

/** Draws of a volume that is the same, up to a known factor, at every row. */
const SHARED_DRAWS = 20_000;

/** Null when stopped. */
export async function sizesOf(
  definition: ScoreDefinition,
  open: OpenScore,
  { fit, test }: Record<'fit' | 'test', Predicted>,
  options: SizesOptions,
): Promise<Sizes | null> {
  const { shape, alpha, radius, seed, draws = 500 } = options;
  const count = Math.min(options.rows, test.rows.count);
  const rows = Uint32Array.from({ length: count }, (_, row) => row);
  const logVolume = new Float64Array(count).fill(Infinity);
  if (!Number.isFinite(radius)) return { rows, logVolume, effective: null };
  const at = (row: number) => rowOf(test, row, shape);
  if (open.logVolume) {
    for (const row of rows) {
      const { prediction, x } = at(definition.fixedShape ? 0 : row);
      logVolume[row] = open.logVolume(radius, prediction, x, alpha);
      if (definition.fixedShape) return { rows, logVolume: logVolume.fill(logVolume[0]!), effective: null };
    }
    return { rows, logVolume, effective: null };
  }
  const residuals = Float32Array.from(residualsOf(fit));
  const setAt = (row: number): ScoredSet => {
    const { prediction, x } = at(row);
    return {
      d: shape.d,
      radius,
      evaluate: (y) => open.evaluate({ count: y.length / shape.d, y, prediction, x }, alpha),
    };
  };
  if (definition.fixedShape || definition.logJacobian) {
    const { logVolume: first, effective } = await sharedVolume(setAt(0), at(0).prediction, residuals, seed);
    const own = (row: number) => definition.logJacobian?.(at(row).prediction) ?? 0;
    return { rows, logVolume: logVolume.map((_, row) => first + own(row) - own(0)), effective };
  }
  let effective = Infinity;
  const around = residualDraws(residuals, shape.d, seed, draws);
  for (const row of rows) {
    if (options.shouldStop()) return null;
    const { prediction } = at(row);
    const proposal: Draws = prediction['mixture.weights']
      ? mixtureDraws(prediction, shape.d, seed, draws)
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
  if (set.d <= 3) return uniformVolume(set, residualBox(residuals, centre, set.d), seed, SHARED_DRAWS);
  return weightedVolume(set, drawsAround(residualDraws(residuals, set.d, seed, SHARED_DRAWS), centre));
}

/** Where most residuals lie, around a prediction. */
export function residualBox(residuals: Float32Array, centre: ArrayLike<number>, d: number): Box {
  const n = residuals.length / d;
  const axis = (j: number) => Float32Array.from({ length: n }, (_, row) => residuals[row * d + j]!).sort();
  const sorted = Array.from({ length: d }, (_, j) => axis(j));
  const margin = (values: Float32Array) => 0.1 * (values.at(-1)! - values[0]!) + 1e-3;
  return {
    low: sorted.map((values, j) => values[0]! - margin(values) + centre[j]!),
    high: sorted.map((values, j) => values.at(-1)! + margin(values) + centre[j]!),
  };
}

/** One row and what the model says of it. */
function rowOf({ rows, prediction }: Predicted, row: number, { features }: TableShape) {
  return {
    prediction: slicePrediction(prediction, row, row + 1),
    x: rows.x.slice(row * features, (row + 1) * features),
  };
}
