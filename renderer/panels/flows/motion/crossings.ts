/** @file How often paths cross in the plane that is shown: at all, within the same stretch of time, and as straight chords. */
import { positionsAt, type Trajectories } from '../scene';

/** Paths that are compared; all pairs of them, so the work grows with the square. */
const comparedPaths = 256;
/** Stretches of equal time into which every path is cut, whatever solver made it. */
export const stretches = 16;

export interface Crossings {
  paths: number;
  /** Unordered pairs of paths. */
  pairs: number;
  /** Share of pairs whose chords x₀x₁ cross. */
  chords: number;
  /** Share of pairs whose paths cross anywhere, each at its own time. */
  ever: number;
  /** [16] share of pairs that cross within each stretch of time. */
  byTime: Float64Array;
  /** Share of pairs that cross within the same stretch of time, for any of them. */
  together: number;
}

const known = new WeakMap<Trajectories, Crossings>();

/**
 * Counts crossings among the first 256 particles. Each path is cut into 16 pieces of equal time, straight in between;
 * two pieces cross when they share an inner point. Touching ends do not count. Kept per answer.
 */
export function crossings(trajectories: Trajectories): Crossings {
  const found = known.get(trajectories);
  if (found) return found;
  const paths = Math.min(comparedPaths, trajectories.count);
  const frames = Array.from({ length: stretches + 1 }, (_, k) => positionsAt(trajectories, k / stretches));
  const boxes = Array.from({ length: paths }, (_, path) => box(frames, path));
  const byTime = new Float64Array(stretches);
  let [chords, ever, together] = [0, 0, 0];
  for (let i = 0; i < paths; i++)
    for (let j = i + 1; j < paths; j++) {
      if (apart(boxes[i]!, boxes[j]!)) continue;
      const [first, last] = [frames[0]!, frames[stretches]!];
      if (cross(first, last, i, first, last, j)) chords++;
      let [met, same] = [false, false];
      for (let a = 0; a < stretches; a++) {
        if (cross(frames[a]!, frames[a + 1]!, i, frames[a]!, frames[a + 1]!, j)) {
          byTime[a]!++;
          [met, same] = [true, true];
        }
        for (let b = 0; b < stretches && !met; b++)
          met = cross(frames[a]!, frames[a + 1]!, i, frames[b]!, frames[b + 1]!, j);
      }
      if (met) ever++;
      if (same) together++;
    }
  const pairs = (paths * (paths - 1)) / 2;
  const share = (count: number): number => (pairs > 0 ? count / pairs : 0);
  const counted: Crossings = {
    paths,
    pairs,
    chords: share(chords),
    ever: share(ever),
    byTime: byTime.map(share),
    together: share(together),
  };
  known.set(trajectories, counted);
  return counted;
}

type Box = [left: number, right: number, bottom: number, top: number];

function box(frames: readonly Float32Array[], path: number): Box {
  const xs = frames.map((frame) => frame[2 * path]!);
  const ys = frames.map((frame) => frame[2 * path + 1]!);
  return [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
}

function apart(one: Box, other: Box): boolean {
  return one[0] > other[1] || other[0] > one[1] || one[2] > other[3] || other[2] > one[3];
}

/** Whether piece i between two frames and piece j between two others have an inner point in common. */
function cross(
  fromI: Float32Array,
  toI: Float32Array,
  i: number,
  fromJ: Float32Array,
  toJ: Float32Array,
  j: number,
): boolean {
  const [ax, ay] = [fromI[2 * i]!, fromI[2 * i + 1]!];
  const [bx, by] = [toI[2 * i]!, toI[2 * i + 1]!];
  const [cx, cy] = [fromJ[2 * j]!, fromJ[2 * j + 1]!];
  const [dx, dy] = [toJ[2 * j]!, toJ[2 * j + 1]!];
  const side = (px: number, py: number, qx: number, qy: number, x: number, y: number): number =>
    (qx - px) * (y - py) - (qy - py) * (x - px);
  return (
    side(ax, ay, bx, by, cx, cy) * side(ax, ay, bx, by, dx, dy) < 0 &&
    side(cx, cy, dx, dy, ax, ay) * side(cx, cy, dx, dy, bx, by) < 0
  );
}
