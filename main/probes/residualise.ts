/** @file What length, format or source can tell of activations linearly is taken out, so that probes cannot feed on it. */
import type { RowMatrix } from '../contract/projection';
import { choleskyFactor, solveFactored } from '../numerics/cholesky';

/** Relative to the mean square of the covariates; makes those that depend on each other harmless. */
const RIDGE = 1e-6;

/**
 * Activations less their least-squares prediction from covariates [rows, width of one row each], with an intercept that is
 * kept, so that the overall mean stays. Fitted on `fit` rows alone (training items), applied to all. `data` is one matrix of all
 * tasks, one below the other.
 */
export function residualised(
  x: RowMatrix,
  covariates: readonly (readonly number[])[],
  fit: ArrayLike<number>,
): RowMatrix {
  const width = covariates[0]?.length ?? 0;
  if (width === 0) return x;
  const { columns, data } = x;
  const mean = new Float64Array(width);
  const n = fit.length;
  for (let r = 0; r < n; r++) covariates[fit[r]!]!.forEach((value, k) => (mean[k]! += value / n));
  const spread = new Float64Array(width);
  for (let r = 0; r < n; r++)
    covariates[fit[r]!]!.forEach((value, k) => (spread[k]! += (value - mean[k]!) ** 2 / n));
  const scaled = (row: number) =>
    covariates[row]!.map((value, k) => (spread[k]! > 0 ? (value - mean[k]!) / Math.sqrt(spread[k]!) : 0));
  const gram = new Float64Array(width * width);
  const cross = Array.from({ length: columns }, () => new Float64Array(width));
  const centre = new Float64Array(columns);
  for (let r = 0; r < n; r++)
    for (let k = 0, at = fit[r]! * columns; k < columns; k++) centre[k]! += data[at + k]! / n;
  for (let r = 0; r < n; r++) {
    const row = scaled(fit[r]!);
    for (let i = 0; i < width; i++)
      for (let j = 0; j < width; j++) gram[i * width + j]! += (row[i]! * row[j]!) / n;
    for (let k = 0, at = fit[r]! * columns; k < columns; k++) {
      const value = (data[at + k]! - centre[k]!) / n;
      for (let i = 0; i < width; i++) cross[k]![i]! += row[i]! * value;
    }
  }
  for (let i = 0; i < width; i++) gram[i * width + i]! += RIDGE;
  const factor = choleskyFactor(gram, width)!;
  const slopes = cross.map((vector) => solveFactored(factor, width, vector));
  const out = new Float32Array(data.length);
  for (let row = 0; row < x.rows; row++) {
    const values = scaled(row);
    for (let k = 0, at = row * columns; k < columns; k++) {
      let told = 0;
      for (let i = 0; i < width; i++) told += slopes[k]![i]! * values[i]!;
      out[at + k] = data[at + k]! - told;
    }
  }
  return { data: out, rows: x.rows, columns };
}

/** Counts that say how a text is put together rather than what it says: words, digits, quotes, commas, capitals, negations. */
export function formatOf(text: string): number[] {
  const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0;
  return [
    count(/\S+/g),
    count(/\d/g),
    count(/["'‘’“”]/g),
    count(/[,;:]/g),
    count(/\p{Lu}/gu),
    count(/\b(?:not|no|never|n't)\b/gi),
  ];
}
