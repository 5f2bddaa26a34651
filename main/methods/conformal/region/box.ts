/** @file A tight box around a set on some axes, grown and narrowed from a first guess. */
import { depthsAt, gridPoints, type Box, type ScoredSet } from './set';

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
