/** @file Searches along directions for the slab with the smallest share of hits: the least stretch of rows in order. */

export interface Slab {
  /** Unit vector [features]. */
  direction: Float64Array;
  /** The slab holds x with low ≤ direction·x ≤ high. */
  low: number;
  high: number;
  /** Share of hits among the rows that it was chosen on. */
  coverage: number;
}

/**
 * Searches one direction after the other for several sets of hits at once: rows are sorted only once. A slab holds at least
 * `least` of the `rows` of x [·, features]; `found` is the best so far for each of the sets.
 */
export function slabSearch(x: Float32Array, features: number, rows: Int32Array, least: number) {
  const found: (Slab | undefined)[] = [];
  const projections = new Float64Array(rows.length);
  const order = new Uint32Array(rows.length);
  const counts = new Int32Array(rows.length + 1);
  const sums = new Int32Array(rows.length + 1);
  const hull = new Int32Array(rows.length + 1);

  const along = (direction: Float64Array, sets: readonly Uint8Array[]): void => {
    for (let index = 0; index < rows.length; index++) {
      projections[index] = projectRow(x, features, rows[index]!, direction);
      order[index] = index;
    }
    order.sort((a, b) => projections[a]! - projections[b]!);
    // A slab holds all rows of one projection or none: borders lie between different values only.
    let borders = 1;
    for (let index = 1; index <= order.length; index++)
      if (index === order.length || projections[order[index]!] !== projections[order[index - 1]!])
        counts[borders++] = index;
    for (const [which, hits] of sets.entries()) {
      for (let border = 1, index = 0, sum = 0; border < borders; border++) {
        for (; index < counts[border]!; index++) sum += hits[rows[order[index]!]!]!;
        sums[border] = sum;
      }
      const segment = leastSegment(counts, sums, borders, least, hull);
      if (!segment) continue;
      const coverage = segment.hits / segment.count;
      if (coverage >= (found[which]?.coverage ?? Infinity)) continue;
      found[which] = {
        direction: Float64Array.from(direction),
        low: projections[order[counts[segment.from]!]!]!,
        high: projections[order[counts[segment.to]! - 1]!]!,
        coverage,
      };
    }
  };
  return { found, along };
}

/** direction·x of one row of x [rows, features]. */
export function projectRow(x: Float32Array, features: number, row: number, direction: Float64Array): number {
  let sum = 0;
  for (let k = 0, at = row * features; k < features; k++, at++) sum += x[at]! * direction[k]!;
  return sum;
}

interface Segment {
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
): Segment | null {
  let [first, last, waiting] = [0, -1, 0]; // hull[first … last] are in use, border `waiting` is the next to join
  let best: Segment | null = null;
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
