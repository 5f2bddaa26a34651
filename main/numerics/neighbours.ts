/** @file The nearest rows in standardised features. */

/**
 * Positions of the `count` rows of `rows` [n, features] nearest to `x` by Euclidean distance, in no particular order.
 * Ties at the edge are broken by position. Without features every row is equally near.
 */
export function nearestRows(
  x: Float32Array,
  rows: Float32Array,
  features: number,
  count: number,
): Int32Array {
  const n = features === 0 ? count : rows.length / features;
  const distances = new Float64Array(n);
  for (let row = 0, at = 0; row < n; row++) {
    let sum = 0;
    for (let k = 0; k < features; k++, at++) {
      const difference = x[k]! - rows[at]!;
      sum += difference * difference;
    }
    distances[row] = sum;
  }
  if (count >= n) return Int32Array.from({ length: n }, (_, row) => row);
  const edge = distances.slice().sort()[count - 1]!;
  const near = new Int32Array(count);
  let taken = 0;
  for (let row = 0; row < n && taken < count; row++) if (distances[row]! < edge) near[taken++] = row;
  for (let row = 0; row < n && taken < count; row++) if (distances[row]! === edge) near[taken++] = row;
  return near;
}
