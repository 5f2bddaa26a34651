/** @file The factor of over-relaxation from the observed decay of the marginal error (Lehmann et al. 2022, Young 1954). */

/** An observed rate is never trusted beyond this: a single slow check would set ω near 2. */
const SLOWEST_RATE = 0.99;

/**
 * The next ω from the error now and `every` iterations ago, both under `omega`. The best ω for a plain rate r is
 * 2/(1 + √(1 − r)). Under ω > 1 the plain rate follows from the observed one λ by Young's relation
 * (λ + ω − 1)² = λ·ω²·r as long as λ exceeds ω − 1; below that ω is at or beyond its best and stays. Plain steps again where
 * the error grew.
 */
export function relaxation(error: number, errorBefore: number, omega: number, every: number): number {
  if (!Number.isFinite(errorBefore)) return omega;
  if (error >= errorBefore) return 1;
  const observed = (error / errorBefore) ** (1 / every);
  if (omega > 1 && observed <= omega - 1) return omega;
  const plain = Math.min((observed + omega - 1) ** 2 / (observed * omega ** 2), SLOWEST_RATE);
  return 2 / (1 + Math.sqrt(1 - plain));
}
