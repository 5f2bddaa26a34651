/** @file Sliced 2-Wasserstein distance: exact in one dimension, averaged over fixed random directions. */
import { stream } from '../../native-models';
import { MongeError } from '../../native-models/error';

/** [count, dimension] unit vectors, uniform on the sphere; the same for the same seed. */
export function randomDirections(seed: number, count: number, dimension: number): Float32Array {
  const directions = stream(seed, 'flows.directions').normal(new Float32Array(count * dimension));
  for (let row = 0; row < directions.length; row += dimension) {
    const norm = Math.hypot(...directions.subarray(row, row + dimension));
    for (let k = row; k < row + dimension; k++) directions[k]! /= norm;
  }
  return directions;
}

/** A cloud projected on every direction and sorted, ready to be compared with others of the same size. */
export interface ProjectedCloud {
  count: number;
  /** [directions, count], each row ascending. */
  sorted: Float32Array;
}

/** Projects `points` [n, dimension] on `directions` [L, dimension]. */
export function projectCloud(
  points: Float32Array,
  directions: Float32Array,
  dimension: number,
): ProjectedCloud {
  const count = points.length / dimension;
  const lines = directions.length / dimension;
  const sorted = new Float32Array(lines * count);
  for (let line = 0; line < lines; line++) {
    const row = sorted.subarray(line * count, (line + 1) * count);
    for (let point = 0; point < count; point++) {
      let dot = 0;
      for (let k = 0; k < dimension; k++)
        dot += points[point * dimension + k]! * directions[line * dimension + k]!;
      row[point] = dot;
    }
    row.sort();
  }
  return { count, sorted };
}

/**
 * √(mean over directions of W₂²) in the units of the points: in one dimension the optimal pairing of two
 * clouds of equal size is the sorted one. Throws `measure-sizes-differ`.
 */
export function slicedWasserstein2(left: ProjectedCloud, right: ProjectedCloud): number {
  if (left.count !== right.count || left.sorted.length !== right.sorted.length)
    throw new MongeError({
      code: 'measure-sizes-differ',
      what: 'sliced W2 compares clouds of equal size on the same directions',
      got: `${left.count} and ${right.count} points`,
    });
  let sum = 0;
  for (let k = 0; k < left.sorted.length; k++) sum += (left.sorted[k]! - right.sorted[k]!) ** 2;
  return Math.sqrt(sum / left.sorted.length);
}
