/** @file A matrix known by its products with vectors alone, so that one solver serves dense rows and sparse ones. */

/** A matrix [rows, columns]. Both products overwrite `out`. */
export interface RowsOperator {
  readonly rows: number;
  readonly columns: number;
  /** `out` [rows] = matrix · vector [columns]. */
  times(vector: Float64Array, out: Float64Array): void;
  /** `out` [columns] = matrixᵀ · vector [rows]. */
  transposedTimes(vector: Float64Array, out: Float64Array): void;
}

/** Row-major dense rows, in double precision; four sums at once keep the processor's units busy. */
export function denseRows(data: Float64Array, columns: number): RowsOperator {
  const rows = columns === 0 ? 0 : data.length / columns;
  return {
    rows,
    columns,
    times(vector, out) {
      const even = columns - (columns % 4);
      for (let row = 0, at = 0; row < rows; row++, at += columns) {
        let [a, b, c, d] = [0, 0, 0, 0];
        for (let k = 0; k < even; k += 4) {
          a += data[at + k]! * vector[k]!;
          b += data[at + k + 1]! * vector[k + 1]!;
          c += data[at + k + 2]! * vector[k + 2]!;
          d += data[at + k + 3]! * vector[k + 3]!;
        }
        for (let k = even; k < columns; k++) a += data[at + k]! * vector[k]!;
        out[row] = a + b + (c + d);
      }
    },
    transposedTimes(vector, out) {
      out.fill(0);
      const even = rows - (rows % 4);
      for (let row = 0; row < even; row += 4) {
        const [a, b, c, d] = [row * columns, (row + 1) * columns, (row + 2) * columns, (row + 3) * columns];
        const [p, q, r, s] = [vector[row]!, vector[row + 1]!, vector[row + 2]!, vector[row + 3]!];
        for (let k = 0; k < columns; k++)
          out[k]! += p * data[a + k]! + q * data[b + k]! + (r * data[c + k]! + s * data[d + k]!);
      }
      for (let row = even; row < rows; row++)
        for (let k = 0, at = row * columns; k < columns; k++) out[k]! += vector[row]! * data[at + k]!;
    },
  };
}
