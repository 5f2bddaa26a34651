/** @file The standard deviation of the cost, which makes ε scale-free. */
import { halfSquares, meanPoint } from '../numerics/points';

/** [dimension, dimension] XᵀX / n in double precision; the triangle above the diagonal is mirrored. */
export function secondMoment(points: Float32Array, dimension: number): Float64Array {
  const count = points.length / dimension;
  const moment = new Float64Array(dimension * dimension);
  for (let point = 0; point < points.length; point += dimension)
    for (let row = 0; row < dimension; row++) {
      const value = points[point + row]! / count;
      const at = row * dimension;
      for (let column = row; column < dimension; column++)
        moment[at + column]! += value * points[point + column]!;
    }
  for (let row = 0; row < dimension; row++)
    for (let column = 0; column < row; column++)
      moment[row * dimension + column] = moment[column * dimension + row]!;
  return moment;
}

/** At most this many points enter the moments in high dimension (LSC: a subsample will do). */
const LARGEST_WORK = 2 ** 29;

/**
 * Standard deviation over all pairs of the cost −x·y, without the table of pairs:
 * std² = tr(Sx·Sy) − (x̄·ȳ)² with the uncentred second moments Sx, Sy. Exact in O((n+m)·d²); where that is
 * too much work, the first points of each cloud stand for all.
 */
export function costDeviation(x: Float32Array, y: Float32Array, dimension: number): number {
  const [left, right] = leading(x, y, dimension);
  return Math.sqrt(productVariance(left, right, dimension));
}

/**
 * The same of the cost ½‖x−y‖² = p + q − x·y with p = ½‖x‖², q = ½‖y‖²:
 * std² = Var p + Var q + Var(x·y) − 2·Cov(p, x)·ȳ − 2·Cov(q, y)·x̄, since x and y are paired independently.
 */
export function squaredCostDeviation(x: Float32Array, y: Float32Array, dimension: number): number {
  const [left, right] = leading(x, y, dimension);
  const [own, other] = [normMoments(left, dimension), normMoments(right, dimension)];
  let shared = 0;
  for (let k = 0; k < dimension; k++)
    shared += own.covariance[k]! * other.mean[k]! + other.covariance[k]! * own.mean[k]!;
  const variance = own.variance + other.variance + productVariance(left, right, dimension) - 2 * shared;
  return Math.sqrt(Math.max(0, variance));
}

function leading(x: Float32Array, y: Float32Array, dimension: number): [Float32Array, Float32Array] {
  const most = Math.max(256, Math.floor(LARGEST_WORK / dimension ** 2)) * dimension;
  return [x.subarray(0, most), y.subarray(0, most)];
}

/** Variance of x·y over all pairs. */
function productVariance(x: Float32Array, y: Float32Array, dimension: number): number {
  const [momentX, momentY] = [secondMoment(x, dimension), secondMoment(y, dimension)];
  let trace = 0;
  for (let k = 0; k < momentX.length; k++) trace += momentX[k]! * momentY[k]!;
  const [meanX, meanY] = [meanPoint(x, dimension), meanPoint(y, dimension)];
  let product = 0;
  for (let k = 0; k < dimension; k++) product += meanX[k]! * meanY[k]!;
  return Math.max(0, trace - product ** 2);
}

/** Mean point, variance of ½‖x‖², and [dimension] its covariance with each coordinate. */
function normMoments(points: Float32Array, dimension: number) {
  const mean = meanPoint(points, dimension);
  const halves = halfSquares(points, dimension);
  const half = halves.reduce((sum, value) => sum + value / halves.length, 0);
  const covariance = new Float64Array(dimension);
  let variance = 0;
  halves.forEach((value, row) => {
    variance += (value - half) ** 2 / halves.length;
    for (let k = 0; k < dimension; k++)
      covariance[k]! += ((value - half) * points[row * dimension + k]!) / halves.length;
  });
  return { mean, variance, covariance };
}
