/** @file Volumes by drawing: uniform points in a box for up to three targets, weighted draws for any number. */
import { stream } from '../../../../native-models';
import type { Draws } from './draws';
import { boundsOf, boxAround, depthsAt, grown, pointsInside, type Box, type ScoredSet } from './set';

/** Below so many effective draws an estimate is not to be relied on. */
export const FEWEST_EFFECTIVE = 200;
/** The box around what was found is this much wider than it. */
const WIDER = 1.2;
/** Directions in which the set is looked for beyond its box, and how far, in half diagonals of the box. */
const DIRECTIONS = 512;
const FACTORS = [1.2, 1.5, 2, 3, 5, 10];
const MOST_PROBES = 4;

/**
 * Volume of a set of one to three targets from uniform draws in a box that holds it: the box that `boxAround` finds from
 * `guess`, made wider by far points that are still inside, and by a fifth. `guess` has d entries, standardised.
 */
export async function uniformVolume(set: ScoredSet, guess: Box, seed: number, draws = 100_000) {
  const { d } = set;
  const axes = Array.from({ length: d }, (_, axis) => axis);
  const found = await boxAround(set, new Float64Array(d), axes, guess);
  if (found.empty) return estimateFrom(new Float64Array(0), 1, false);
  const wider = (box: Box) => grown(box, (width) => ((WIDER - 1) * width) / 2);
  let box = wider(found.box);
  let clipped = found.clipped;
  for (let probe = 0; !clipped; probe++) {
    const reached = await reach(set, box, seed);
    if (!reached) break;
    clipped = probe >= MOST_PROBES;
    box = wider(reached);
  }
  const points = stream(seed, 'conformal.volume.uniform').uniform(new Float32Array(draws * d));
  for (let at = 0; at < points.length; at++) {
    const axis = at % d;
    points[at] = box.low[axis]! + points[at]! * (box.high[axis]! - box.low[axis]!);
  }
  const depths = await depthsAt(set, points);
  const logBox = axes.reduce((sum, axis) => sum + Math.log(box.high[axis]! - box.low[axis]!), 0);
  return estimateFrom(depths.filter((depth) => depth >= 0).fill(logBox), draws, clipped);
}

/**
 * Volume from draws of any density that is positive on the set, V = mean of 1{inside}/density: draws around the fit
 * residuals (`residualDraws`), or of a density that is predicted at the row. Sums are taken of logarithms. `clipped` is
 * never set: too few effective draws tell that the set lies where hardly any point was drawn.
 */
export async function weightedVolume(set: ScoredSet, draws: Draws) {
  const depths = await depthsAt(set, draws.points);
  const inside = draws.logDensity.filter((_, draw) => depths[draw]! >= 0);
  return estimateFrom(
    inside.map((logDensity) => -logDensity),
    depths.length,
    false,
  );
}

/**
 * From the `logWeights` of the draws inside; the others weigh nothing. `logVolume` is in standardised units and `error` its
 * standard error; −Infinity and Infinity where no draw was inside. `effective` is (Σw)²/Σw² over the weights, for uniform draws
 * the number inside. `clipped`: the set goes on beyond where points were drawn, so the volume is too small.
 */
function estimateFrom(logWeights: Float64Array, count: number, clipped: boolean) {
  const largest = logWeights.reduce((one, two) => Math.max(one, two), -Infinity);
  if (largest === -Infinity) return { logVolume: -Infinity, error: Infinity, effective: 0, clipped };
  let [sum, squares] = [0, 0];
  for (const logWeight of logWeights) {
    const weight = Math.exp(logWeight - largest);
    sum += weight;
    squares += weight * weight;
  }
  return {
    logVolume: largest + Math.log(sum / count),
    error: Math.sqrt(Math.max(0, squares / (sum * sum) - 1 / count)),
    effective: (sum * sum) / squares,
    clipped,
  };
}

/** The box and all far points that are inside the set; null where none is outside the box. */
async function reach(set: ScoredSet, box: Box, seed: number): Promise<Box | null> {
  const { d } = set;
  const directions = stream(seed, 'conformal.volume.probes').normal(new Float32Array(DIRECTIONS * d));
  const half = box.low.map((low, k) => (box.high[k]! - low) / 2);
  const points = new Float32Array(DIRECTIONS * FACTORS.length * d);
  for (let direction = 0; direction < DIRECTIONS; direction++) {
    const vector = directions.subarray(direction * d, (direction + 1) * d);
    const norm = Math.hypot(...vector) / Math.sqrt(d);
    for (const [step, factor] of FACTORS.entries())
      for (let k = 0; k < d; k++)
        points[(direction * FACTORS.length + step) * d + k] =
          box.low[k]! + half[k]! + (factor * half[k]! * vector[k]!) / norm;
  }
  const reached = boundsOf(await pointsInside(set, points), d, box);
  const beyond = box.low.some((low, k) => reached.low[k]! < low || reached.high[k]! > box.high[k]!);
  return beyond ? reached : null;
}
