/** @file The Fréchet distance between two clouds of features, taken as Gaussians, and what it would be with infinitely many points. */
import { MongeError } from '../../native-models/error';
import { cholesky, symmetricEigenvalues } from './eigenvalues';
import { covarianceOf, type PointMoments } from './points';

/** Mean and covariance of rows `first` … `first + count − 1` of `points` [·, dimension]. */
export function gaussianOf(points: Float32Array, dimension: number, first: number, count: number) {
  if (count < 2)
    throw new MongeError({
      code: 'too-few-rows',
      blame: 'input',
      what: 'a covariance needs at least two points',
      got: `${count}`,
      expected: 'at least 2',
    });
  return covarianceOf(points.subarray(first * dimension, (first + count) * dimension), dimension);
}

/**
 * |m₁−m₂|² + Tr(S₁ + S₂ − 2(S₁S₂)^½), the squared 2-Wasserstein distance between Gaussians (Dowson and Landau 1982). With
 * S₁ = LLᵀ the eigenvalues of S₁S₂ are those of the symmetric LᵀS₂L, whose roots add up to the trace.
 */
export function frechetDistance(left: PointMoments, right: PointMoments): number {
  const size = left.mean.length;
  let distance = 0;
  for (let k = 0; k < size; k++) {
    distance += (left.mean[k]! - right.mean[k]!) ** 2;
    distance += left.covariance[k * size + k]! + right.covariance[k * size + k]!;
  }
  const lower = cholesky(left.covariance, size);
  const half = productWithLower(right.covariance, lower, size);
  const inner = new Float64Array(size * size);
  // (LᵀH)[i, j] = Σ over k ≥ i of L[k, i]·H[k, j]; the order of the loops keeps rows together.
  for (let k = 0; k < size; k++)
    for (let i = 0; i <= k; i++) {
      const value = lower[k * size + i]!;
      if (value === 0) continue;
      for (let j = 0; j <= i; j++) inner[i * size + j]! += value * half[k * size + j]!;
    }
  for (const eigenvalue of symmetricEigenvalues(inner, size))
    distance -= 2 * Math.sqrt(Math.max(0, eigenvalue));
  return Math.max(0, distance);
}

/** matrix · L. */
function productWithLower(matrix: Float64Array, lower: Float64Array, size: number): Float64Array {
  const out = new Float64Array(size * size);
  for (let row = 0; row < size; row++)
    for (let k = 0; k < size; k++) {
      const value = matrix[row * size + k]!;
      for (let column = 0; column <= k; column++)
        out[row * size + column]! += value * lower[k * size + column]!;
    }
  return out;
}

/** Disjoint parts whose distances show how the bias falls with the number of points. */
const PARTS = [1, 2, 4] as const;
/** Below this many points per feature a covariance is too poor for the bias to be in proportion to 1/N. */
const POINTS_PER_FEATURE = 2;

/**
 * The distance between two clouds [count, dimension] in random order. Its expectation is that of infinitely many points
 * plus a bias in proportion to 1/N (Chong and Forsyth 2020), so a line through the distances of the whole, the halves and
 * the quarters over 1/N is followed to 0.
 */
export function frechetEstimate(left: Float32Array, right: Float32Array, dimension: number) {
  const count = Math.min(left.length, right.length) / dimension;
  const enough = Math.floor(count / PARTS.at(-1)!) >= POINTS_PER_FEATURE * dimension;
  const found = (enough ? PARTS : [1]).map((parts) => {
    const size = Math.floor(count / parts);
    let sum = 0;
    for (let part = 0; part < parts; part++)
      sum += frechetDistance(
        gaussianOf(left, dimension, part * size, size),
        gaussianOf(right, dimension, part * size, size),
      );
    return { inverse: 1 / size, distance: sum / parts };
  });
  return {
    /** With all points. */
    distance: found[0]!.distance,
    /** Extrapolated to infinitely many points; null where there are too few for that. */
    infinite: enough ? interceptOf(found) : null,
  };
}

/** Where the least-squares line through distances over 1/N meets 1/N = 0. */
function interceptOf(points: readonly { inverse: number; distance: number }[]): number {
  const mean = (of: (point: (typeof points)[number]) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean(({ inverse }) => inverse), mean(({ distance }) => distance)];
  const slope =
    mean(({ inverse, distance }) => (inverse - x) * (distance - y)) /
    mean(({ inverse }) => (inverse - x) ** 2);
  return y - slope * x;
}
