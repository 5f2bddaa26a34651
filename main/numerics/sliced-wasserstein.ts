/** @file Sliced 2-Wasserstein distance: exact in one dimension, averaged over fixed random directions. */
import { stream } from '../../native-models';
import { MongeError } from '../../native-models/error';
import { rowProduct } from './points';

/** [count, dimension] unit vectors, uniform on the sphere; the same for the same seed. */
export function randomDirections(seed: number, count: number, dimension: number): Float32Array {
  const directions = stream(seed, 'flows.directions').normal(new Float32Array(count * dimension));
  for (let row = 0; row < directions.length; row += dimension) {
    const norm = Math.hypot(...directions.subarray(row, row + dimension));
    for (let k = row; k < row + dimension; k++) directions[k]! /= norm;
  }
  return directions;
}

/** [directions, n] the `points` [n, dimension] on each of `directions` [L, dimension], ascending: to be compared with others. */
export function projectCloud(points: Float32Array, directions: Float32Array, dimension: number) {
  const count = points.length / dimension;
  const sorted = new Float32Array((directions.length / dimension) * count);
  for (let line = 0, first = 0; first < sorted.length; line++, first += count) {
    const row = sorted.subarray(first, first + count);
    for (let point = 0; point < count; point++)
      row[point] = rowProduct(points, point, directions, line, dimension);
    row.sort();
  }
  return sorted;
}

/**
 * √(mean over directions of W₂²) in the units of the points: in one dimension the optimal pairing of two
 * clouds of equal size is the sorted one. Throws `measure-sizes-differ`.
 */
export function slicedWasserstein2(left: Float32Array, right: Float32Array): number {
  if (left.length !== right.length)
    throw new MongeError({
      code: 'measure-sizes-differ',
      what: 'sliced W2 compares clouds of equal size on the same directions',
      got: `${left.length} and ${right.length} projected points`,
    });
  let sum = 0;
  for (let k = 0; k < left.length; k++) sum += (left[k]! - right[k]!) ** 2;
  return Math.sqrt(sum / left.length);
}
