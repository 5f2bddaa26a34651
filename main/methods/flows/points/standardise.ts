/** @file The affine map between data units and the model's units, fitted once per run. */
import type { Matrix } from '../../../contract/data';
import { meanPoint } from '../../../numerics/points';

/** z = (x − mean) / scale per column; `scale` is never zero. Both have one entry per column. */
export interface Standardisation {
  mean: Float64Array;
  scale: Float64Array;
}

/**
 * Fits mean and standard deviation per column; images share one mean and one deviation over all pixels,
 * so that dark corners are not blown up. A constant column keeps scale 1.
 *
 * With a source data set both clouds are taken together: one map for both keeps x_t = (1−t)x₀ + t x₁ a
 * straight segment in data units too.
 */
export function fitStandardisation(clouds: readonly Matrix[]): Standardisation {
  const columns = clouds[0]!.columns;
  const mean = new Float64Array(columns);
  const square = new Float64Array(columns);
  for (const { data } of clouds)
    meanPoint(data, columns).forEach((own, column) => (mean[column]! += own / clouds.length));
  for (const cloud of clouds)
    for (let row = 0, at = 0; row < cloud.rows; row++)
      for (let column = 0; column < columns; column++, at++)
        square[column]! += (cloud.data[at]! - mean[column]!) ** 2 / (cloud.rows * clouds.length);
  if (clouds[0]!.image) shareOverPixels(mean, square);
  return { mean, scale: square.map((variance, column) => scaleOf(variance, mean[column]!)) };
}

/** Data units to model units; a new array. */
export function standardise(points: Float32Array, { mean, scale }: Standardisation): Float32Array {
  const columns = mean.length;
  return points.map((value, at) => (value - mean[at % columns]!) / scale[at % columns]!);
}

/** Model units to data units; a new array. */
export function unstandardise(points: Float32Array, { mean, scale }: Standardisation): Float32Array {
  const columns = mean.length;
  return points.map((value, at) => value * scale[at % columns]! + mean[at % columns]!);
}

/** Replaces per-column moments by those of all pixels together; variance gains the spread of the column means. */
function shareOverPixels(mean: Float64Array, square: Float64Array): void {
  const columns = mean.length;
  const centre = mean.reduce((sum, value) => sum + value, 0) / columns;
  let variance = 0;
  for (let column = 0; column < columns; column++)
    variance += (square[column]! + (mean[column]! - centre) ** 2) / columns;
  mean.fill(centre);
  square.fill(variance);
}

/** A spread below the resolution of 32-bit floats is rounding, not variation. */
function scaleOf(variance: number, mean: number): number {
  return variance > 1e-13 * mean ** 2 ? Math.sqrt(variance) : 1;
}
