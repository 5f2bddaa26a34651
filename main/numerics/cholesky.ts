/** @file Cholesky factors of small symmetric matrices in double precision: factor, solve, draw and determinant. */
import { MongeError } from '../../native-models/error';
import { covarianceOf } from './points';

/**
 * Lower factor L of a symmetric positive definite matrix [size, size], matrix = L·Lᵀ; only the lower triangle is read and
 * the upper one of the result is 0. Null where the matrix is not positive definite in double precision.
 */
export function choleskyFactor(matrix: Float64Array, size: number): Float64Array | null {
  const lower = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    const row = i * size;
    for (let j = 0; j <= i; j++) {
      const other = j * size;
      let sum = matrix[row + j]!;
      for (let k = 0; k < j; k++) sum -= lower[row + k]! * lower[other + k]!;
      if (j < i) lower[row + j] = sum / lower[other + j]!;
      else if (sum > 0 && Number.isFinite(sum)) lower[row + i] = Math.sqrt(sum);
      else return null;
    }
  }
  return lower;
}

/** Overwrites `vector` [size] by L⁻¹·vector. */
export function solveLower(lower: Float64Array, size: number, vector: Float64Array): Float64Array {
  for (let i = 0; i < size; i++) {
    let sum = vector[i]!;
    for (let k = 0; k < i; k++) sum -= lower[i * size + k]! * vector[k]!;
    vector[i] = sum / lower[i * size + i]!;
  }
  return vector;
}

/** Overwrites `vector` [size] by (L·Lᵀ)⁻¹·vector. */
export function solveFactored(lower: Float64Array, size: number, vector: Float64Array): Float64Array {
  solveLower(lower, size, vector);
  for (let i = size - 1; i >= 0; i--) {
    // Rows of L instead of columns of Lᵀ: memory is read in order.
    const value = vector[i]! / lower[i * size + i]!;
    vector[i] = value;
    for (let k = 0; k < i; k++) vector[k]! -= lower[i * size + k]! * value;
  }
  return vector;
}

/** log det(L·Lᵀ). */
export function logDeterminant(lower: Float64Array, size: number): number {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += 2 * Math.log(lower[i * size + i]!);
  return sum;
}

export type Moments = ReturnType<typeof momentsOf>;

/**
 * Mean and covariance of points [n, d], and the lower Cholesky factor [d, d] of the covariance. Directions without spread get a small one, 10⁻⁹ of the mean variance and more
 * until the factor exists, so that also a single row has moments. Throws `conformal-not-finite`.
 */
export function momentsOf(points: ArrayLike<number>, d: number) {
  const { mean, covariance } = covarianceOf(points, d);
  let trace = 0;
  for (let j = 0; j < d; j++) trace += covariance[j * d + j]!;
  if (!Number.isFinite(trace))
    throw new MongeError({
      code: 'conformal-not-finite',
      what: 'points whose covariance is needed hold values that are not finite numbers',
      got: `${points.length / d} points of ${d} values`,
      help: 'look for predictions that are not numbers',
    });
  const unit = trace > 0 ? trace / d : 1;
  for (let lift = 1e-9 * unit; ; lift *= 10) {
    for (let j = 0; j < d; j++) covariance[j * d + j]! += lift;
    const factor = choleskyFactor(covariance, d);
    if (factor) return { mean, covariance, factor };
  }
}

/**
 * [d, d] lower-triangular W = L⁻¹ for the Cholesky factor L of a covariance, so that W·(e − mean) has unit covariance, and
 * log det W.
 */
export function whiteningOf(factor: Float64Array, d: number) {
  const whitening = new Float64Array(d * d);
  for (let column = 0; column < d; column++) {
    const unit = new Float64Array(d);
    unit[column] = 1;
    solveLower(factor, d, unit);
    for (let row = column; row < d; row++) whitening[row * d + column] = unit[row]!;
  }
  return { whitening, logDeterminant: -logDeterminant(factor, d) / 2 };
}
