/** @file How alike directions and supports are, each with the level that chance reaches. Matrices are row-major [T, T]. */

/** Cosine of two vectors; 0 where one has no length. */
export function cosineOf(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [dot, left, right] = [0, 0, 0];
  for (let k = 0; k < a.length; k++) {
    dot += a[k]! * b[k]!;
    left += a[k]! ** 2;
    right += b[k]! ** 2;
  }
  return left > 0 && right > 0 ? dot / Math.sqrt(left * right) : 0;
}

/** The vector at length 1; as it is where it has none. */
export function unitVector(vector: Float64Array): Float64Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0)) || 1;
  return vector.map((value) => value / length);
}

/** Any quantity of ordered pairs, [count, count]. */
export function pairs(count: number, of: (i: number, j: number) => number): Float64Array {
  return Float64Array.from({ length: count * count }, (_, k) => of(Math.floor(k / count), k % count));
}

/**
 * Cosine weighted by a covariance Σ, uᵀΣv/√(uᵀΣu · vᵀΣv): the correlation of the two scores over the items of Σ, which is how
 * it is computed. NaN where a score does not vary.
 */
export function correlationOf(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const n = a.length;
  let [meanA, meanB] = [0, 0];
  for (let k = 0; k < n; k++) {
    meanA += a[k]! / n;
    meanB += b[k]! / n;
  }
  let [ab, aa, bb] = [0, 0, 0];
  for (let k = 0; k < n; k++) {
    ab += (a[k]! - meanA) * (b[k]! - meanB);
    aa += (a[k]! - meanA) ** 2;
    bb += (b[k]! - meanB) ** 2;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : NaN;
}

/** Standard deviation of the cosine of random directions in d dimensions. */
export function cosineChance(d: number): number {
  return 1 / Math.sqrt(d);
}

/** Mean of its absolute value, in the limit of many dimensions. */
export function cosineChanceAbsolute(d: number): number {
  return Math.sqrt(2 / (Math.PI * d));
}

/** Shared units over all units of either set. */
export function jaccardOf(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const shared = sharedOf(a, b);
  const all = a.length + b.length - shared;
  return all > 0 ? shared / all : 0;
}

/** Shared units over those of the smaller set. */
export function overlapOf(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const least = Math.min(a.length, b.length);
  return least > 0 ? sharedOf(a, b) / least : 0;
}

/** Jaccard index of random k-subsets of d, o/(2k − o) with o = k²/d shared. */
export function jaccardChance(k: number, d: number): number {
  const shared = (k * k) / d;
  return shared / (2 * k - shared);
}

/** Overlap of random k-subsets of d. */
export function overlapChance(k: number, d: number): number {
  return k / d;
}

function sharedOf(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const other = new Set(Array.from(b));
  return Array.from(a).filter((unit) => other.has(unit)).length;
}

/** Mean of the entries off the diagonal of [T, T], NaN left out; NaN of a single task. */
export function offDiagonalMean(
  matrix: Float64Array,
  count: number,
  of: (value: number) => number = (value) => value,
): number {
  let [sum, entries] = [0, 0];
  for (let i = 0; i < count; i++)
    for (let j = 0; j < count; j++) {
      const value = of(matrix[i * count + j]!);
      if (i === j || Number.isNaN(value)) continue;
      sum += value;
      entries += 1;
    }
  return entries > 0 ? sum / entries : NaN;
}

/** Mean of the diagonal, NaN left out. */
export function diagonalMean(matrix: Float64Array, count: number): number {
  const values = Array.from({ length: count }, (_, k) => matrix[k * (count + 1)]!).filter(
    (value) => !Number.isNaN(value),
  );
  return values.length > 0 ? values.reduce((sum, value) => sum + value, 0) / values.length : NaN;
}
