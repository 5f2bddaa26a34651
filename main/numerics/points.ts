/** @file Clouds of points, row-major [n, dimension]: their means, norms and products, and the table turned round. */

/** [dimension] the mean point, in double precision. */
export function meanPoint(points: ArrayLike<number>, dimension: number): Float64Array {
  const count = points.length / dimension;
  const mean = new Float64Array(dimension);
  for (let k = 0; k < points.length; k++) mean[k % dimension]! += points[k]! / count;
  return mean;
}

/** The cloud with its mean at the origin; a new array. The coupling does not change, the numbers in it get smaller. */
export function centre(points: Float32Array, dimension: number): Float32Array {
  const mean = meanPoint(points, dimension);
  return points.map((value, k) => value - mean[k % dimension]!);
}

export interface PointMoments {
  mean: Float64Array;
  /** [dimension, dimension] with divisor n − 1. */
  covariance: Float64Array;
}

/** Mean and covariance of points [n, dimension], summed in double precision; the covariance of a single row is 0. */
export function covarianceOf(points: ArrayLike<number>, dimension: number): PointMoments {
  const mean = meanPoint(points, dimension);
  const covariance = new Float64Array(dimension * dimension);
  const centred = new Float64Array(dimension);
  for (let row = 0; row < points.length; row += dimension) {
    for (let k = 0; k < dimension; k++) centred[k] = points[row + k]! - mean[k]!;
    for (let i = 0; i < dimension; i++) {
      const value = centred[i]!;
      for (let j = 0; j <= i; j++) covariance[i * dimension + j]! += value * centred[j]!;
    }
  }
  const divisor = Math.max(1, points.length / dimension - 1);
  for (let i = 0; i < dimension; i++)
    for (let j = 0; j <= i; j++)
      covariance[i * dimension + j] = covariance[j * dimension + i] =
        covariance[i * dimension + j]! / divisor;
  return { mean, covariance };
}

/** [n] Euclidean norms. */
export function normsOf(points: ArrayLike<number>, dimension: number): Float64Array {
  const norms = new Float64Array(points.length / dimension);
  for (let row = 0; row < norms.length; row++) {
    let square = 0;
    for (let k = row * dimension; k < (row + 1) * dimension; k++) square += points[k]! ** 2;
    norms[row] = Math.sqrt(square);
  }
  return norms;
}

/** The largest distance of points [n, dimension] from `origin`, or from 0. */
export function largestNorm(points: ArrayLike<number>, dimension: number, origin?: ArrayLike<number>) {
  let largest = 0;
  for (let row = 0; row < points.length; row += dimension) {
    let square = 0;
    for (let k = 0; k < dimension; k++) square += (points[row + k]! - (origin ? origin[k]! : 0)) ** 2;
    largest = Math.max(largest, square);
  }
  return Math.sqrt(largest);
}

/** [n] ½‖x_i‖². */
export function halfSquares(points: Float32Array, dimension: number): Float64Array {
  const out = new Float64Array(points.length / dimension);
  for (let row = 0, at = 0; row < out.length; row++)
    for (let k = 0; k < dimension; k++, at++) out[row]! += points[at]! ** 2 / 2;
  return out;
}

/** x_i·y_j of row i of `x` and row j of `y`, in double precision. */
export function rowProduct(x: Float32Array, i: number, y: Float32Array, j: number, dimension: number) {
  let dot = 0;
  for (let k = 0, a = i * dimension, b = j * dimension; k < dimension; k++, a++, b++) dot += x[a]! * y[b]!;
  return dot;
}

/** ‖x_i − y_j‖² of row i of `x` and row j of `y`, in double precision. */
export function squaredDistance(x: Float32Array, i: number, y: Float32Array, j: number, dimension: number) {
  let sum = 0;
  for (let k = 0, a = i * dimension, b = j * dimension; k < dimension; k++, a++, b++)
    sum += (x[a]! - y[b]!) ** 2;
  return sum;
}

/** [dimension, width] the points as columns, filled up with zeros where `width` is more than there are. */
export function transposed(points: Float32Array, dimension: number, width?: number): Float32Array;
export function transposed(points: Float64Array, dimension: number, width?: number): Float64Array;
export function transposed(
  points: Float32Array | Float64Array,
  dimension: number,
  width = points.length / dimension,
): Float32Array | Float64Array {
  const size = dimension * width;
  const out = points instanceof Float32Array ? new Float32Array(size) : new Float64Array(size);
  const count = points.length / dimension;
  for (let point = 0, at = 0; point < count; point++)
    for (let k = 0; k < dimension; k++, at++) out[k * width + point] = points[at]!;
  return out;
}

/** [rows] matrix·vector for a matrix [rows, vector.length]. */
export function productOf(matrix: ArrayLike<number>, vector: ArrayLike<number>) {
  const out = new Float64Array(matrix.length / vector.length);
  addProduct(matrix, vector, out);
  return out;
}

/** Adds matrix·vector to `out` [rows], for a matrix [rows, columns]. */
export function addProduct(matrix: ArrayLike<number>, vector: ArrayLike<number>, out: Float64Array): void {
  for (let row = 0, at = 0; row < out.length; row++) {
    let sum = out[row]!;
    for (let column = 0; column < vector.length; column++, at++) sum += matrix[at]! * vector[column]!;
    out[row] = sum;
  }
}

/** Adds vectorᵀ·matrix to `out` [columns], for a matrix [rows, columns]. */
export function addRowProduct(matrix: ArrayLike<number>, vector: ArrayLike<number>, out: Float64Array): void {
  for (let row = 0, at = 0; row < vector.length; row++)
    for (let column = 0; column < out.length; column++, at++) out[column]! += vector[row]! * matrix[at]!;
}
