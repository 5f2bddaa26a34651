/** @file Eigenvalues and Cholesky factors of symmetric matrices in double precision, for distances between Gaussians. */
import { MongeError } from '../../native-models/error';

/**
 * The eigenvalues of a symmetric matrix [size, size], ascending, each to about 10⁻¹⁵ of the largest. Householder's
 * reflections make it tridiagonal; there each eigenvalue is enclosed by counting signs in Sturm sequences (Barth, Martin
 * and Wilkinson 1967). Only the lower triangle is read. Throws `matrix-not-finite`.
 */
export function symmetricEigenvalues(matrix: Float64Array, size: number): Float64Array {
  const { diagonal, beside } = tridiagonal(matrix, size);
  // Gershgorin's discs hold all eigenvalues.
  let [low, high] = [Infinity, -Infinity];
  for (let k = 0; k < size; k++) {
    const radius = Math.abs(beside[k - 1] ?? 0) + Math.abs(beside[k] ?? 0);
    low = Math.min(low, diagonal[k]! - radius);
    high = Math.max(high, diagonal[k]! + radius);
  }
  if (size > 0 && !Number.isFinite(low + high))
    throw new MongeError({
      code: 'matrix-not-finite',
      what: 'a symmetric matrix has entries that are not finite numbers',
      got: `a ${size}×${size} matrix`,
      help: 'look for images with values that are not numbers',
    });
  const squares = beside.map((value) => value * value);
  const smallest = Number.EPSILON * Math.max(Math.abs(low), Math.abs(high), Number.MIN_VALUE);
  const values = new Float64Array(size);
  for (let k = 0; k < size; k++) {
    let [left, right] = [k === 0 ? low : Math.max(low, values[k - 1]!), high];
    while (right - left > smallest) {
      const middle = left + (right - left) / 2;
      if (middle === left || middle === right) break;
      if (countBelow(diagonal, squares, middle, smallest) > k) right = middle;
      else left = middle;
    }
    values[k] = left + (right - left) / 2;
  }
  return values;
}

/**
 * A lower triangular L [size, size] with L·Lᵀ = matrix, for a matrix that is positive semidefinite up to rounding: a
 * direction without variance gives a column of zeros.
 */
export function cholesky(matrix: Float64Array, size: number): Float64Array {
  const lower = new Float64Array(size * size);
  let scale = 0;
  for (let k = 0; k < size; k++) scale = Math.max(scale, matrix[k * size + k]!);
  const negligible = size * Number.EPSILON * scale;
  for (let column = 0; column < size; column++) {
    const pivot = matrix[column * size + column]! - rowProduct(lower, column, column, column, size);
    if (!(pivot > negligible)) continue;
    const root = Math.sqrt(pivot);
    lower[column * size + column] = root;
    for (let row = column + 1; row < size; row++)
      lower[row * size + column] =
        (matrix[row * size + column]! - rowProduct(lower, row, column, column, size)) / root;
  }
  return lower;
}

/** Σ over k < length of matrix[a, k]·matrix[b, k]. */
function rowProduct(matrix: Float64Array, a: number, b: number, length: number, size: number): number {
  let sum = 0;
  for (let k = 0; k < length; k++) sum += matrix[a * size + k]! * matrix[b * size + k]!;
  return sum;
}

/** The tridiagonal matrix with the same eigenvalues: its diagonal, and what stands beside it. */
function tridiagonal(matrix: Float64Array, size: number): { diagonal: Float64Array; beside: Float64Array } {
  const a = matrix.slice();
  for (let row = 0; row < size; row++)
    for (let column = row + 1; column < size; column++) a[row * size + column] = a[column * size + row]!;
  const beside = new Float64Array(Math.max(0, size - 1));
  const v = new Float64Array(size);
  const w = new Float64Array(size);
  for (let k = 0; k + 1 < size; k++) {
    let norm = 0;
    for (let row = k + 1; row < size; row++) norm += a[row * size + k]! ** 2;
    norm = Math.sqrt(norm);
    const first = a[(k + 1) * size + k]!;
    const target = first > 0 ? -norm : norm;
    beside[k] = norm === 0 ? 0 : target;
    if (norm === 0 || k + 2 === size) {
      beside[k] = first;
      continue;
    }
    // The reflection I − 2vvᵀ/|v|² takes the column below the diagonal to (target, 0, …).
    for (let row = k + 1; row < size; row++) v[row] = a[row * size + k]!;
    v[k + 1] = first - target;
    const square = 2 * norm * (norm + Math.abs(first));
    let overlap = 0;
    for (let row = k + 1; row < size; row++) {
      let sum = 0;
      for (let column = k + 1; column < size; column++) sum += a[row * size + column]! * v[column]!;
      w[row] = (2 * sum) / square;
      overlap += w[row]! * v[row]!;
    }
    for (let row = k + 1; row < size; row++) w[row]! -= (overlap / square) * v[row]!;
    for (let row = k + 1; row < size; row++)
      for (let column = k + 1; column < size; column++)
        a[row * size + column]! -= v[row]! * w[column]! + w[row]! * v[column]!;
  }
  return { diagonal: Float64Array.from({ length: size }, (_, k) => a[k * size + k]!), beside };
}

/** Eigenvalues of a tridiagonal matrix below `x`: negative terms of its Sturm sequence, as ratios. */
function countBelow(diagonal: Float64Array, squares: Float64Array, x: number, smallest: number): number {
  let count = 0;
  let ratio = 1;
  for (let k = 0; k < diagonal.length; k++) {
    ratio = diagonal[k]! - x - (k === 0 ? 0 : squares[k - 1]! / ratio);
    if (ratio === 0) ratio = -smallest;
    if (ratio < 0) count++;
  }
  return count;
}
