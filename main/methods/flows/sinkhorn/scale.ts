/** @file Centring of the clouds, and the standard deviation of the cost, which makes ε scale-free. */

/** The cloud with its mean at the origin; a new array. The coupling does not change, the numbers in it get smaller. */
export function centre(points: Float32Array, dimension: number): Float32Array {
  const count = points.length / dimension;
  const mean = new Float64Array(dimension);
  for (let k = 0; k < points.length; k++) mean[k % dimension]! += points[k]! / count;
  return points.map((value, k) => value - mean[k % dimension]!);
}

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
  const most = Math.max(256, Math.floor(LARGEST_WORK / dimension ** 2)) * dimension;
  const [left, right] = [x.subarray(0, most), y.subarray(0, most)];
  const [momentX, momentY] = [secondMoment(left, dimension), secondMoment(right, dimension)];
  let trace = 0;
  for (let k = 0; k < momentX.length; k++) trace += momentX[k]! * momentY[k]!;
  const [meanX, meanY] = [mean(left, dimension), mean(right, dimension)];
  let product = 0;
  for (let k = 0; k < dimension; k++) product += meanX[k]! * meanY[k]!;
  return Math.sqrt(Math.max(0, trace - product ** 2));
}

function mean(points: Float32Array, dimension: number): Float64Array {
  const count = points.length / dimension;
  const sum = new Float64Array(dimension);
  for (let k = 0; k < points.length; k++) sum[k % dimension]! += points[k]! / count;
  return sum;
}
