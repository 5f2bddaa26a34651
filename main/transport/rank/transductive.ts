/**
 * @file Full conformal by assignment, without a split (arXiv 2502.03609; section 1.7b): the residuals and a candidate are
 * assigned together to a grid; the candidate is inside when its image lies within the radius that holds 1 − α of the grid.
 */
import { normsOf } from '../../numerics/points';
import { assignmentWithLastRow } from '../assignment';
import { negativeProducts } from '../exact';
import { ballReference, type ReferenceSizes } from './reference';

export interface TransductiveOptions {
  alpha: number;
  seed: number;
  /** Candidates on a side; default 40. */
  grid?: number;
  /** [left, right, bottom, top] of the candidates; default a little more than the residuals take. */
  extent?: readonly [number, number, number, number];
}

/** How far beyond the residuals candidates reach, in shares of their range. */
const MARGIN = 0.15;

/**
 * r_α with j_α = ⌈((n+1)(1−α) − originCopies)/directions⌉ of `radii`: the grid points within it are a share of at least 1 − α.
 * 0 where the copies of the origin alone are enough.
 */
export function transductiveRadius({ radii, directions, originCopies }: ReferenceSizes, alpha: number) {
  const points = radii * directions + originCopies;
  const rings = Math.ceil((points * (1 - alpha) - originCopies) / directions - 1e-9);
  return Math.max(0, Math.min(radii, rings)) / radii;
}

/**
 * Accepts or refuses every candidate of a grid, given `points` [n, 2] residuals of exchangeable rows. The set does not
 * depend on where residuals lie nor on a common scale, so nothing is fitted to them. Costs one assignment of n + 1 points per
 * candidate: for few rows.
 */
export function transductiveSet(
  points: ArrayLike<number>,
  { alpha, seed, grid = 40, extent = extentOf(points) }: TransductiveOptions,
) {
  const size = points.length / 2 + 1;
  const radii = Math.max(1, Math.min(size, Math.round(Math.sqrt(size))));
  const directions = Math.floor(size / radii);
  const sizes = { radii, directions, originCopies: size - radii * directions };
  const reference = ballReference(2, sizes, { seed });
  const referenceNorms = normsOf(reference.points, 2);
  const [left, right, bottom, top] = extent;
  const radius = transductiveRadius(sizes, alpha);

  const withCandidate = new Float32Array(size * 2);
  withCandidate.set(points);
  const columnOf = assignmentWithLastRow(negativeProducts(withCandidate, reference.points, 2), size);
  const accepted = new Uint8Array(grid * grid);
  for (let row = 0, cell = 0; row < grid; row++) {
    for (let column = 0; column < grid; column++, cell++) {
      const x = left + ((right - left) * (column + 0.5)) / grid;
      const y = bottom + ((top - bottom) * (row + 0.5)) / grid;
      const image = columnOf(negativeProducts(Float32Array.of(x, y), reference.points, 2));
      accepted[cell] = Number(referenceNorms[image]! <= radius + 1e-6);
    }
  }
  return {
    /** [grid, grid] 1 where the candidate in the middle of the cell is accepted, rows from the lowest second coordinate up. */
    accepted,
    grid,
    extent,
    /** r_α = j_α/radii. */
    radius,
  };
}

function extentOf(points: ArrayLike<number>): [number, number, number, number] {
  const range = (offset: number): [number, number] => {
    let [low, high] = [Infinity, -Infinity];
    for (let at = offset; at < points.length; at += 2) {
      low = Math.min(low, points[at]!);
      high = Math.max(high, points[at]!);
    }
    const margin = MARGIN * (high - low) || 1;
    return [low - margin, high + margin];
  };
  return [...range(0), ...range(1)];
}
