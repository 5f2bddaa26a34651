/** @file Rows and columns taken out of a row-major matrix. */

/** [rows.length, dimension] the given rows of a row-major matrix. */
export function gatherRows(points: Float32Array, dimension: number, rows: ArrayLike<number>): Float32Array {
  const out = new Float32Array(rows.length * dimension);
  for (let k = 0; k < rows.length; k++) {
    const from = rows[k]! * dimension;
    out.set(points.subarray(from, from + dimension), k * dimension);
  }
  return out;
}

/** One column of a row-major matrix [rows, dimension], in an array of its own. */
export function columnOf(points: Float32Array, dimension: number, column: number): Float32Array {
  return Float32Array.from(
    { length: points.length / dimension },
    (_, row) => points[row * dimension + column]!,
  );
}
