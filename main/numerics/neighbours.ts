/** @file Nearest rows by Euclidean distance: of one point in standardised features, of many points among candidates; what they say of a cloud's dimension. */
import { squaredDistance } from './points';

/**
 * Positions of the `count` rows of `rows` [n, features] nearest to `x` by Euclidean distance, in no particular order.
 * Ties at the edge are broken by position. Without features every row is equally near.
 */
export function nearestRows(x: Float32Array, rows: Float32Array, features: number, count: number) {
  const n = features === 0 ? count : rows.length / features;
  const distances = new Float64Array(n);
  for (let row = 0; row < n; row++) distances[row] = squaredDistance(x, 0, rows, row, features);
  if (count >= n) return Int32Array.from({ length: n }, (_, row) => row);
  const edge = distances.slice().sort()[count - 1]!;
  const near = new Int32Array(count);
  let taken = 0;
  for (let row = 0; row < n && taken < count; row++) if (distances[row]! < edge) near[taken++] = row;
  for (let row = 0; row < n && taken < count; row++) if (distances[row]! === edge) near[taken++] = row;
  return near;
}

/**
 * For each of `points` [n, dimension] the `count` nearest of `candidates`, which are rows of `cloud` [·, dimension].
 * Equal distances keep the order of the candidates. With fewer candidates than `count` the rest is row −1 at Infinity.
 */
export function nearestPoints(
  points: Float32Array,
  cloud: Float32Array,
  candidates: Int32Array,
  dimension: number,
  count: number,
) {
  const queries = points.length / dimension;
  const rows = new Int32Array(queries * count).fill(-1);
  const squares = new Float64Array(queries * count).fill(Infinity);
  for (let query = 0; query < queries; query++) {
    const start = query * count;
    for (const row of candidates) {
      const worst = squares[start + count - 1]!;
      const square = boundedDistance(points, query * dimension, cloud, row * dimension, dimension, worst);
      if (square >= worst) continue;
      let place = start + count - 1;
      for (; place > start && squares[place - 1]! > square; place--) {
        squares[place] = squares[place - 1]!;
        rows[place] = rows[place - 1]!;
      }
      squares[place] = square;
      rows[place] = row;
    }
  }
  /** [points, neighbours] rows of the cloud, nearest first, and their Euclidean distances. */
  return { rows, distances: Float32Array.from(squares, Math.sqrt) };
}

/**
 * r = m / Σ log(d₂/d₁) over m points with nearest distances d₁ < d₂: the maximum-likelihood estimate of Facco,
 * d’Errico, Rodriguez and Laio, "Estimating the intrinsic dimension of datasets by a minimal neighborhood
 * information" (Scientific Reports 7, 2017). Points that coincide with another are left out; NaN when too few remain.
 */
export function intrinsicDimension(points: Float32Array, dimension: number): number {
  const count = points.length / dimension;
  let sum = 0;
  let used = 0;
  for (let i = 0; i < count; i++) {
    let [first, second] = [Infinity, Infinity];
    for (let j = 0; j < count; j++) {
      if (j === i) continue;
      const square = boundedDistance(points, i * dimension, points, j * dimension, dimension, second);
      if (square < first) [first, second] = [square, first];
      else if (square < second) second = square;
    }
    if (!(first > 0) || !Number.isFinite(second)) continue;
    sum += Math.log(second / first) / 2;
    used++;
  }
  return used > 2 && sum > 0 ? used / sum : NaN;
}

/** Coordinates between two looks at whether the distance is already too large. */
const STRIDE = 64;

/** Σ(a − b)², or any number of at least `limit` once it is known to exceed that. */
function boundedDistance(
  left: Float32Array,
  leftAt: number,
  right: Float32Array,
  rightAt: number,
  dimension: number,
  limit: number,
): number {
  let sum = 0;
  for (let first = 0; first < dimension && sum < limit; first += STRIDE) {
    const end = Math.min(dimension, first + STRIDE);
    for (let k = first; k < end; k++) {
      const difference = left[leftAt + k]! - right[rightAt + k]!;
      sum += difference * difference;
    }
  }
  return sum;
}
