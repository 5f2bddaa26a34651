/** @file The stretch of a sorted sequence with the least share of hits among all that are long enough, in linear time. */

export interface RowSegment {
  /** Borders between values: the segment holds what lies after border `from` and before border `to`. */
  from: number;
  to: number;
  hits: number;
  count: number;
}

/**
 * `counts` and `hits` are running totals at the borders 0 … groups of a sequence, both starting at 0 and not descending,
 * `counts` strictly ascending. Among all pairs of borders with at least `least` values between them, finds the one with
 * the smallest hits per value; null where there is none. The least slope between two points of a path: starts that can
 * still win lie on the upper convex hull of the path so far, and the tangent moves only forwards (Chung and Lu 2005).
 * `hull` is room for as many indices as there are borders.
 */
export function leastSegment(
  counts: ArrayLike<number>,
  hits: ArrayLike<number>,
  borders: number,
  least: number,
  hull: Int32Array = new Int32Array(borders),
): RowSegment | null {
  let [first, last, waiting] = [0, -1, 0]; // hull[first … last] are in use, border `waiting` is the next to join
  let best: RowSegment | null = null;
  for (let to = 1; to < borders; to++) {
    const [count, total] = [counts[to]!, hits[to]!];
    for (; count - counts[waiting]! >= least && waiting < to; waiting++) {
      while (last > first && !isAbove(hull[last - 1]!, hull[last]!, waiting)) last--;
      hull[++last] = waiting;
    }
    if (last < first) continue;
    while (last > first && slopeAtMost(hull[first + 1]!, hull[first]!, count, total)) first++;
    const from = hull[first]!;
    const [size, within] = [count - counts[from]!, total - hits[from]!];
    if (!best || within * best.count < best.hits * size) best = { from, to, hits: within, count: size };
  }
  return best;

  /** Whether point `middle` lies above the line from `left` to `right`. */
  function isAbove(left: number, middle: number, right: number): boolean {
    const [x, y] = [counts[left]!, hits[left]!];
    return (hits[middle]! - y) * (counts[right]! - x) > (hits[right]! - y) * (counts[middle]! - x);
  }

  /** Whether the slope from `later` to (count, total) is at most that from `earlier`. */
  function slopeAtMost(later: number, earlier: number, count: number, total: number): boolean {
    return (
      (total - hits[later]!) * (count - counts[earlier]!) <=
      (total - hits[earlier]!) * (count - counts[later]!)
    );
  }
}
