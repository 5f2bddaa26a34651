/** @file Transport on the line: the monotone map between two samples of one number each, optimal for every convex cost of the difference. */

/** T = Q_target ∘ F_source through the pairs of equal rank, linear between them. */
export interface LineMap {
  /** Ascending values of the source, each once. */
  from: Float64Array;
  /** Where each of them goes, ascending. */
  to: Float64Array;
}

/**
 * The monotone map from one sample to another: the i-th smallest goes to the i-th smallest. With unequal counts a source value
 * goes to the target's quantile at its own rank, (i + ½)/n, linear between the target's values. Equal source values go to the
 * mean of their partners: a map cannot split them.
 */
export function lineMap(source: ArrayLike<number>, target: ArrayLike<number>): LineMap {
  const [sorted, goals] = [ascending(source), ascending(target)];
  const from: number[] = [];
  const to: number[] = [];
  for (let first = 0; first < sorted.length;) {
    let end = first;
    let sum = 0;
    while (end < sorted.length && sorted[end] === sorted[first]) {
      sum += partnerOf(end, sorted.length, goals);
      end += 1;
    }
    from.push(sorted[first]!);
    to.push(sum / (end - first));
    first = end;
  }
  return { from: Float64Array.from(from), to: Float64Array.from(to) };
}

/** Where the map takes a value; beyond the source's extremes it moves as far as they do. NaN where the source was empty. */
export function throughLine({ from, to }: LineMap, value: number): number {
  const last = from.length - 1;
  if (last < 0) return NaN;
  if (value <= from[0]!) return value + (to[0]! - from[0]!);
  if (value >= from[last]!) return value + (to[last]! - from[last]!);
  let [low, high] = [0, last];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (from[middle]! <= value) low = middle;
    else high = middle;
  }
  const share = (value - from[low]!) / (from[high]! - from[low]!);
  return to[low]! + share * (to[high]! - to[low]!);
}

/** A copy in ascending order, in double precision. */
export function ascending(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values).sort();
}

/** The target's quantile at rank (i + ½)/n, its own j-th value being that of rank (j + ½)/m; the extremes beyond them. */
function partnerOf(i: number, n: number, sorted: Float64Array): number {
  const m = sorted.length;
  // One division of whole numbers, so that equal counts pair exactly.
  const place = Math.min(m - 1, Math.max(0, ((2 * i + 1) * m - n) / (2 * n)));
  const below = Math.floor(place);
  const share = place - below;
  return share === 0 ? sorted[below]! : (1 - share) * sorted[below]! + share * sorted[below + 1]!;
}
