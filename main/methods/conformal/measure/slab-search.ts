/** @file Searches along directions for the slab with the smallest share of hits. */
import { leastSegment } from './least-segment';

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
