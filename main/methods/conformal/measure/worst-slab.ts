/** @file Worst-slab coverage on held-out rows beside what chance alone would give, and the search for the slab. */
import { stream } from '../../../../native-models';
import { shareBootstrap, type Interval } from '../../../calibration/band';
import { chanceOf, simulatedHits, type Chance } from './chance';

/** Below as many test rows the measure is noise. */
const FEWEST_SLAB_ROWS = 400;
/** Least share of the rows in a slab, δ, and share of the rows that choose it; coverage is counted on the others. */
const MASS = 0.2;
const CHOOSING = 0.25;
/** Steps of the search for all simulations together; above, simulations search fewer directions. */
const MOST_WORK = 5e7;
const FEWEST_DIRECTIONS = 100;

export interface WorstSlab extends Slab {
  /** Share of the held-out rows that it holds; `coverage` is the share of hits among those. */
  share: number;
  /** 95 % bootstrap of the coverage, the slab kept. */
  interval: Interval;
}

/**
 * The slab {x : low ≤ v·x ≤ high} with at least a fifth of the rows on which the fewest rows are hits, over random unit
 * directions v, chosen on a quarter of the rows, and its coverage on the rest (Cauchois, Gupta and Duchi 2021; held out
 * as in arXiv 2501.10533). `x` [rows, features] standardised; each of `sets` [rows] 0 or 1, such as the hits of several
 * scores, which share the rows, the directions and the chance. What remains of the search's luck depends on the number of
 * rows: read a coverage beside `chance`, that of independent hits at the rate 1 − α on the same rows; those are so many
 * `simulations`, which search fewer `directions` where there are many rows. Null below 400 rows; a slab is null where it
 * holds no held-out row.
 */
export function worstSlabs(
  x: Float32Array,
  features: number,
  sets: readonly Uint8Array[],
  alpha: number,
  seed: number,
  { simulations = 50, directions: most = 1000 }: { simulations?: number; directions?: number } = {},
): { slabs: (WorstSlab | null)[]; chance: Chance } | null {
  const rows = x.length / features;
  if (rows < FEWEST_SLAB_ROWS || features === 0) return null;
  // In one dimension all directions are the same up to their sign.
  const directions = features === 1 ? 1 : most;
  const order = stream(seed, 'conformal.slab.rows').permutation(rows);
  const chosen = order.subarray(0, Math.round(CHOOSING * rows));
  const affordable = Math.floor(MOST_WORK / Math.max(1, simulations * chosen.length));
  const fewer = Math.min(directions, Math.max(FEWEST_DIRECTIONS, affordable));
  const all = [...sets, ...simulatedHits(simulations, rows, alpha, seed)];
  const search = slabSearch(x, features, chosen, Math.ceil(MASS * chosen.length));
  for (const [index, vector] of unitVectors(directions, features, seed).entries())
    search.along(vector, index < fewer ? all : sets);
  const held = order.subarray(chosen.length);
  const slabs = all.map((hits, which) => heldOut(x, features, held, search.found[which], hits));
  const chances = slabs.slice(sets.length).flatMap((slab) => (slab ? [slab.coverage] : []));
  return { slabs: slabs.slice(0, sets.length), chance: chanceOf(chances) };
}

/** [rows] direction·x, to show where rows lie along a slab's direction. */
export function alongDirection(x: Float32Array, features: number, direction: Float64Array): Float32Array {
  return Float32Array.from({ length: x.length / features }, (_, row) =>
    projectRow(x, features, row, direction),
  );
}

function heldOut(
  x: Float32Array,
  features: number,
  rows: Int32Array,
  slab: Slab | undefined,
  hits: Uint8Array,
): WorstSlab | null {
  if (!slab) return null;
  const inside = rows.filter((row) => {
    const value = projectRow(x, features, row, slab.direction);
    return value >= slab.low && value <= slab.high;
  });
  if (inside.length === 0) return null;
  const hit = inside.reduce((sum, row) => sum + hits[row]!, 0);
  return {
    ...slab,
    share: inside.length / rows.length,
    coverage: hit / inside.length,
    interval: shareBootstrap(hit, inside.length),
  };
}

function unitVectors(count: number, features: number, seed: number): Float64Array[] {
  const normal = stream(seed, 'conformal.slab.directions').normal(new Float32Array(count * features));
  return Array.from({ length: count }, (_, index) => {
    const vector = Float64Array.from(normal.subarray(index * features, (index + 1) * features));
    const norm = Math.hypot(...vector);
    return vector.map((value) => value / norm);
  });
}

interface Slab {
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
function slabSearch(x: Float32Array, features: number, rows: Int32Array, least: number) {
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
function projectRow(x: Float32Array, features: number, row: number, direction: Float64Array): number {
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
