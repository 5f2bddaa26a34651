/** @file Whether the sets of a score stay bounded: directions far outside the fit residuals, and a radius on the flat of the map. */
import { stream } from '../../../native-models';
import { largestNorm, normsOf } from '../../numerics/points';
import type { AffineScaling } from './scaling';

/** Directions of a probe. */
const DIRECTIONS = 512;
/** How far out probes lie, in largest norms of the fit residuals. */
const PROBE_FACTORS = [1.5, 3, 10] as const;
/** A radius above this share of the largest rank of a fit residual lies on the flat of the map. */
const FLAT_SHARE = 0.995;

export interface Leak {
  factor: number;
  /** Share of the directions that are still inside the set. */
  share: number;
}

/** [512, d] residuals in random directions from the middle of the cloud, at `factor` times its largest norm. */
function probes({ d, offset }: AffineScaling, largestNorm: number, factor: number, seed: number) {
  const directions = stream(seed, 'conformal.probe').normal(new Float32Array(DIRECTIONS * d));
  const norms = normsOf(directions, d);
  return Float64Array.from(
    directions,
    (value, k) => offset[k % d]! + (factor * largestNorm * value) / (norms[Math.floor(k / d)]! || 1),
  );
}

/**
 * The share of far directions inside the set of `radius`, at 1.5, 3 and 10 times the largest norm of the fit `residuals` [n, d]
 * around their mean (section 1.9). `ranksOf` gives the scores of residuals.
 */
export async function leaks(
  ranksOf: (residuals: Float64Array) => Promise<Float64Array>,
  scaling: AffineScaling,
  residuals: ArrayLike<number>,
  radius: number,
  seed: number,
): Promise<Leak[]> {
  const { d, offset } = scaling;
  const largest = largestNorm(residuals, d, offset);
  const found: Leak[] = [];
  for (const factor of PROBE_FACTORS) {
    const scores = await ranksOf(probes(scaling, largest, factor, seed));
    const inside = scores.reduce((count, score) => count + Number(score <= radius), 0);
    found.push({ factor, share: inside / DIRECTIONS });
  }
  return found;
}

/** Whether a radius lies where the map is flat, so that a little more would let in much: from .995 of the fit rows' largest rank. */
export function saturated(fitRanks: Float64Array, radius: number): boolean {
  return radius >= FLAT_SHARE * fitRanks.reduce((one, two) => Math.max(one, two), 0);
}
