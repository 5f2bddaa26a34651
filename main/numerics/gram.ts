/** @file Products of all pairs of columns of many rows, several rows at a time: the square is written an eighth as often. */

/** Σ over the rows of x xᵀ [columns, columns] for rows [rows, columns], row-major in double precision; only the lower triangle is filled. */
export function lowerGram(values: Float64Array, columns: number): Float64Array {
  const out = new Float64Array(columns * columns);
  const rows = columns === 0 ? 0 : values.length / columns;
  const part = new Float64Array(8 * columns);
  for (let from = 0; from < rows; from += 8) {
    const count = Math.min(8, rows - from);
    part.set(values.subarray(from * columns, (from + count) * columns));
    part.fill(0, count * columns);
    addPart(part, columns, out);
  }
  return out;
}

function addPart(x: Float64Array, d: number, out: Float64Array): void {
  const [b, c, e, f, g, h, k] = [d, 2 * d, 3 * d, 4 * d, 5 * d, 6 * d, 7 * d];
  for (let i = 0; i < d; i++) {
    const [x0, x1, x2, x3] = [x[i]!, x[b + i]!, x[c + i]!, x[e + i]!];
    const [x4, x5, x6, x7] = [x[f + i]!, x[g + i]!, x[h + i]!, x[k + i]!];
    for (let j = 0, at = i * d; j <= i; j++)
      out[at + j]! +=
        x0 * x[j]! +
        x1 * x[b + j]! +
        (x2 * x[c + j]! + x3 * x[e + j]!) +
        (x4 * x[f + j]! + x5 * x[g + j]! + (x6 * x[h + j]! + x7 * x[k + j]!));
  }
}
