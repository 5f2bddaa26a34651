/** @file The way back from standardised residuals. */
import type { Prediction } from '../types';

/** [n, d] W⁻¹·z for standardised residuals z [n, d] at one row, W = lower + diag(√precision). */
export function unwhitened(prediction: Prediction, z: Float64Array, d: number): Float64Array {
  const precision = prediction['gaussian.precision']!.data;
  const lower = prediction['gaussian.lower']?.data;
  const out = new Float64Array(z.length);
  for (let at = 0; at < z.length; at += d)
    for (let i = 0; i < d; i++) {
      let right = z[at + i]!;
      if (lower) for (let j = 0; j < i; j++) right -= lower[i * d + j]! * out[at + j]!;
      out[at + i] = right / Math.sqrt(precision[i]!);
    }
  return out;
}
