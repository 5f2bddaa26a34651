/** @file The safe strength: a guarantee for the next prompt from what calibration prompts allow, and nothing else assumed. */
import { meanCoverage } from '../../calibration/band';
import { radiusFor, sortScores } from '../../calibration/quantile';

export interface SafeStrength {
  /** 0 where there are too few prompts for the level, or where the prompts themselves allow none. */
  strength: number;
  /** Whether there are enough prompts for any strength but 0: at least 1/α − 1. */
  enough: boolean;
  /** The chance that a further prompt is violated if no two allow the same strength; equal ones only lessen it. */
  risk: number;
}

/**
 * The ⌊α(n + 1)⌋-th smallest of the largest strengths that n calibration prompts allow (`largestWithin`). Conformal risk
 * control (Angelopoulos, Bates, Fisch, Lei and Schuster, arXiv 2208.02814) with the loss "some limit is passed at λ", which is 0
 * or 1 and never falls with λ. A prompt that is exchangeable with the calibration prompts allows less than this with a chance
 * of at most α, and of more than α − 1/(n + 1) where no two allow the same. The chance is over the choice of all n + 1 prompts.
 *
 * Splitting a set at this rank is the split-conformal threshold of the negated strengths.
 * @throws `conformal-level` unless 0 < alpha < 1
 */
export function safeStrength(allowed: ArrayLike<number>, alpha: number): SafeStrength {
  // What is not a number allows nothing: negated it is the largest score.
  const scores = sortScores(Float64Array.from(allowed, (strength) => -strength));
  const radius = radiusFor(scores, alpha);
  const enough = Number.isFinite(radius) || fewest(alpha) <= allowed.length;
  if (!Number.isFinite(radius)) return { strength: 0, enough, risk: 0 };
  return { strength: Math.max(0, -radius), enough, risk: 1 - meanCoverage(allowed.length, alpha) };
}

/** The fewest prompts with which a strength above 0 can be called safe. */
export function fewest(alpha: number): number {
  return Math.ceil(1 / alpha - 1 - 1e-9);
}

/** Share of prompts that are violated at each strength: those that allow less. */
export function violatedShare(allowed: ArrayLike<number>, strengths: ArrayLike<number>): Float64Array {
  const values = Array.from(allowed);
  return Float64Array.from(strengths, (strength) =>
    // Written so that NaN is violated; at 0, where the model is as it is, nothing is.
    strength <= 0 ? 0 : values.filter((value) => !(value >= strength)).length / values.length,
  );
}

/**
 * What bounds the chance that a further prompt is violated at each strength, (violated + 1)/(n + 1): the safe strength is the
 * largest at which this is at most α.
 */
export function riskBound(allowed: ArrayLike<number>, strengths: ArrayLike<number>): Float64Array {
  const n = allowed.length;
  return violatedShare(allowed, strengths).map((share, at) =>
    strengths[at]! <= 0 ? 0 : (share * n + 1) / (n + 1),
  );
}
