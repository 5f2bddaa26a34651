/** @file Rows taken out of a row-major matrix. */
/** [rows.length, dimension] the given rows of a row-major matrix. */
export function gatherRows(points: Float32Array, dimension: number, rows: ArrayLike<number>): Float32Array {
  const out = new Float32Array(rows.length * dimension);
  for (let k = 0; k < rows.length; k++) {
    const from = rows[k]! * dimension;
    out.set(points.subarray(from, from + dimension), k * dimension);
  }
  return out;
}
