/** @file Residuals of rows, and the map that whitens them. */
import { logDeterminant as logDeterminantOf, solveLower } from '../linear';
import type { Prediction, Rows } from '../types';

/** [count, d] y − mean, in standardised target units. */
export function residualsOf(rows: Pick<Rows, 'count' | 'y'>, prediction: Prediction): Float64Array {
  const mean = prediction.mean!.data;
  return Float64Array.from(rows.y, (value, k) => value - mean[k]!);
}

/**
 * [d, d] lower-triangular W = L⁻¹ for the Cholesky factor L of a covariance, so that W·(e − mean) has unit covariance, and
 * log det W.
 */
export function whiteningOf(
  factor: Float64Array,
  d: number,
): { whitening: Float64Array; logDeterminant: number } {
  const whitening = new Float64Array(d * d);
  for (let column = 0; column < d; column++) {
    const unit = new Float64Array(d);
    unit[column] = 1;
    solveLower(factor, d, unit);
    for (let row = column; row < d; row++) whitening[row * d + column] = unit[row]!;
  }
  return { whitening, logDeterminant: -logDeterminantOf(factor, d) / 2 };
}
