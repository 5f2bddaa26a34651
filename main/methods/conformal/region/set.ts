/** @file A set given by a score: {y : score(y) ≤ radius}, asked for many points at a time, and a tight box around it. */
import { MongeError } from '../../../../native-models/error';

/** More points are never scored at once: a transport map keeps a number per point and reference point. */
const MOST_POINTS = 8192;

/** The set of one row. Everything is in standardised target units. */
export interface ScoredSet {
  d: number;
  /** Scores [n] of points [n, d]. */
  evaluate(y: Float32Array): Promise<Float64Array>;
  /** Finite: sets that are the whole space have no geometry. 0 for level-dependent scores. */
  radius: number;
}

/** data = shift + unit·standardised, for each target. */
export interface Units {
  shift: ArrayLike<number>;
  unit: ArrayLike<number>;
}

/** Axis by axis the lower and the upper end. */
export interface Box {
  low: number[];
  high: number[];
}

/**
 * How deep points [n, d] lie in the set: radius − score, so 0 or more within, and −Infinity for a score that is not a
 * number. Throws `conformal-everything` unless the radius is finite.
 */
export async function depthsAt(set: ScoredSet, y: Float32Array): Promise<Float64Array> {
  if (!Number.isFinite(set.radius))
    throw new MongeError({
      code: 'conformal-everything',
      what: 'a conformal set without bounds has no shape',
      got: `radius ${set.radius}`,
      expected: 'a finite radius',
      help: 'use more calibration rows or a larger α',
    });
  const count = y.length / set.d;
  const depths = new Float64Array(count);
  for (let start = 0; start < count; start += MOST_POINTS) {
    const end = Math.min(count, start + MOST_POINTS);
    const scores = await set.evaluate(y.slice(start * set.d, end * set.d));
    for (let index = start; index < end; index++) {
      const depth = set.radius - scores[index - start]!;
      depths[index] = Number.isNaN(depth) ? -Infinity : depth;
    }
  }
  return depths;
}

/** Those of points [n, d] that lie in the set, [k, d]. */
export async function pointsInside(set: ScoredSet, points: Float32Array): Promise<Float32Array> {
  const depths = await depthsAt(set, points);
  return points.filter((_, at) => depths[Math.floor(at / set.d)]! >= 0);
}

/** Axis by axis the least and the largest of points [n, d], and of a box that is there already. */
export function boundsOf(points: ArrayLike<number>, d: number, known?: Box): Box {
  const low = known ? [...known.low] : new Array<number>(d).fill(Infinity);
  const high = known ? [...known.high] : new Array<number>(d).fill(-Infinity);
  for (let at = 0; at < points.length; at++) {
    low[at % d] = Math.min(low[at % d]!, points[at]!);
    high[at % d] = Math.max(high[at % d]!, points[at]!);
  }
  return { low, high };
}

/** The box with both sides of each axis moved out by what its width says. */
export function grown({ low, high }: Box, by: (width: number) => number): Box {
  const widths = low.map((value, k) => high[k]! - value);
  return {
    low: low.map((value, k) => value - by(widths[k]!)),
    high: high.map((value, k) => value + by(widths[k]!)),
  };
}

/** What a box is on some of its axes. */
export function onAxes({ low, high }: Box, axes: readonly number[]): Box {
  return { low: axes.map((axis) => low[axis]!), high: axes.map((axis) => high[axis]!) };
}

/**
 * A regular grid on some axes through a point: `counts[k]` nodes along `axes[k]` from end to end of the box, which has one
 * entry per axis, the first axis fastest. [nodes, d].
 */
export function gridPoints(
  at: ArrayLike<number>,
  axes: readonly number[],
  box: Box,
  counts: readonly number[],
): Float32Array {
  const d = at.length;
  const nodes = counts.reduce((product, count) => product * count, 1);
  const points = new Float32Array(nodes * d);
  for (let node = 0; node < nodes; node++) {
    points.set(at, node * d);
    let rest = node;
    for (const [k, axis] of axes.entries()) {
      const step = rest % counts[k]!;
      rest = Math.floor(rest / counts[k]!);
      points[node * d + axis] = box.low[k]! + ((box.high[k]! - box.low[k]!) * step) / (counts[k]! - 1);
    }
  }
  return points;
}

const MOST_DOUBLINGS = 6;
const MOST_ZOOMS = 8;
/** Nodes of the search along each axis, by the number of axes. */
const NODES = [0, 2000, 80, 20];
/** A set that fills this share of a box along each axis is seen well enough in it. */
const WELL_FILLED = 0.4;
/** Around the outermost node inside; the border is less than one cell away. */
const MARGIN = 1.05;
/** Cells around the deepest node that are searched where no node is inside. */
const AROUND = 2;

/**
 * Encloses what the set holds on one to three `axes`, the other targets kept as in `at`. Sides that the set touches move
 * out by the width of the box, at most six times; then the box narrows to the set as long as it fills little of it. Where
 * no node is inside, the search goes on around the deepest one. Pieces between the nodes of the search can be missed.
 *
 * The `box` has one entry per axis. `empty`: no point of the set was found. `clipped`: the set went on after six doublings; the
 * box is then the first guess, or the last where the guess held nothing.
 */
export async function boxAround(set: ScoredSet, at: ArrayLike<number>, axes: readonly number[], guess: Box) {
  const counts = axes.map(() => NODES[axes.length]!);
  let box: Box = { low: [...guess.low], high: [...guess.high] };
  let [doublings, zooms] = [0, 0];
  let heldByGuess = false;
  for (;;) {
    const seen = seenIn(await depthsAt(set, gridPoints(at, axes, box, counts)), counts);
    heldByGuess ||= seen.inside && doublings + zooms === 0;
    const touched = axes.flatMap((_, k) => [seen.least[k] === 0, seen.most[k] === counts[k]! - 1]);
    if (touched.includes(true) && doublings < MOST_DOUBLINGS) {
      box = extended(box, touched);
      doublings++;
    } else if (touched.includes(true) && seen.inside) {
      return { box: heldByGuess ? guess : box, empty: false, clipped: true };
    } else {
      const narrow = narrowed(box, seen, counts);
      const filled = axes.every((_, k) => (seen.most[k]! - seen.least[k]!) / counts[k]! >= WELL_FILLED);
      if (seen.inside && (filled || zooms >= MOST_ZOOMS))
        return { box: narrow, empty: false, clipped: false };
      if (zooms++ >= MOST_ZOOMS) return { box, empty: true, clipped: false };
      box = narrow;
    }
  }
}

/** Whether a node is inside, and along each axis the first and the last that is; the deepest node where none is. */
function seenIn(depths: Float64Array, counts: readonly number[]) {
  const least = counts.map(() => Infinity);
  const most = counts.map(() => -Infinity);
  let deepest = 0;
  for (let node = 1; node < depths.length; node++) if (depths[node]! > depths[deepest]!) deepest = node;
  const inside = depths[deepest]! >= 0;
  for (let node = inside ? 0 : deepest; node < (inside ? depths.length : deepest + 1); node++) {
    if (inside && depths[node]! < 0) continue;
    for (let k = 0, rest = node; k < counts.length; rest = Math.floor(rest / counts[k]!), k++) {
      least[k] = Math.min(least[k]!, rest % counts[k]!);
      most[k] = Math.max(most[k]!, rest % counts[k]!);
    }
  }
  return { inside, least, most };
}

/** `touched` holds for each axis whether the lower and the upper side moves. */
function extended({ low, high }: Box, touched: readonly boolean[]): Box {
  const widths = low.map((value, k) => high[k]! - value);
  return {
    low: low.map((value, k) => (touched[2 * k] ? value - widths[k]! : value)),
    high: high.map((value, k) => (touched[2 * k + 1] ? value + widths[k]! : value)),
  };
}

function narrowed({ low, high }: Box, seen: ReturnType<typeof seenIn>, counts: readonly number[]): Box {
  const steps = low.map((value, k) => (high[k]! - value) / (counts[k]! - 1));
  const margin = seen.inside ? MARGIN : AROUND;
  return {
    low: low.map((value, k) => value + (seen.least[k]! - margin) * steps[k]!),
    high: low.map((value, k) => value + (seen.most[k]! + margin) * steps[k]!),
  };
}
