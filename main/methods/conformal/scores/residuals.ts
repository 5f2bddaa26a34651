/** @file Residuals of rows. */
import type { Rows } from '../../../tables/rows';
import type { Prediction } from '../types';

/** [count, d] y − mean, in standardised target units. */
export function residualsOf(rows: Pick<Rows, 'count' | 'y'>, prediction: Prediction): Float64Array {
  const mean = prediction.mean!.data;
  return Float64Array.from(rows.y, (value, k) => value - mean[k]!);
}
