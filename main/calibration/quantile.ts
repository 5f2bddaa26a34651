/** @file The split-conformal threshold: an exact order statistic of the calibration scores, never interpolated. */
import { MongeError } from '../../native-models/error';

/** (1 − α)(n + 1) is often a whole number that rounding has pushed just above itself. */
const ROUNDING = 1e-9;

/**
 * Which of the n calibration scores in ascending order is the threshold: k = ⌈(1 − α)(n + 1)⌉, counted from 1; n + 1
 * where n is too small for the level (Vovk, Gammerman and Shafer 2005). Throws `conformal-level` unless 0 < α < 1.
 */
export function rankFor(n: number, alpha: number): number {
  if (!(alpha > 0 && alpha < 1))
    throw new MongeError({
      code: 'conformal-level',
      what: 'the miscoverage of a conformal set',
      where: { key: 'alpha' },
      got: String(alpha),
      expected: 'a number between 0 and 1, both excluded',
    });
  return Math.max(1, Math.ceil((1 - alpha) * (n + 1) - ROUNDING));
}

/**
 * The radius of the sets {y : score ≤ radius} that cover a new row with a chance of at least 1 − α: the k-th smallest
 * score, or +Infinity where there are fewer than k, which makes every set the whole space. Ties only cover more. A score
 * that is not a number counts as infinitely large. `sorted` is ascending, as `sortScores` makes it.
 */
export function radiusFor(sorted: Float64Array, alpha: number): number {
  const rank = rankFor(sorted.length, alpha);
  const radius = rank > sorted.length ? Infinity : sorted[rank - 1]!;
  return Number.isNaN(radius) ? Infinity : radius;
}

/** The scores in ascending order, in an array of their own; those that are not numbers come last. */
export function sortScores(scores: Float64Array): Float64Array {
  return Float64Array.from(scores).sort();
}

/** Which scores are at most the radius: 1 for a hit, 0 for a miss. A score that is not a number is a hit of the whole space only. */
export function hitsAt(scores: Float64Array, radius: number): Uint8Array {
  return Uint8Array.from(scores, (score) => (score <= radius || radius === Infinity ? 1 : 0));
}
