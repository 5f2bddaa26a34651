/** @file The one comparison of numbers in the repository: element by element, with a failure that says where and by how much. */
import { MongeError } from '../error';

export interface Tolerance {
  /** Relative to the expected value; default 0. */
  rtol?: number;
  /** Absolute; default 0. */
  atol?: number;
}

/**
 * Throws `not-close` unless |actual - expected| ≤ atol + rtol·|expected| for every element and the lengths agree.
 * NaN equals only NaN, and an infinity only itself. The message names the worst element.
 */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { rtol = 0, atol = 0 }: Tolerance,
): void {
  if (actual.length !== expected.length)
    throw new MongeError({
      code: 'not-close',
      what: 'different numbers of values',
      got: String(actual.length),
      expected: String(expected.length),
    });
  let worst = -1;
  let worstExcess = 0;
  let failures = 0;
  for (let index = 0; index < expected.length; index++) {
    const excess = excessOf(actual[index]!, expected[index]!, atol + rtol * Math.abs(expected[index]!));
    if (excess > 0) failures += 1;
    if (excess > worstExcess) {
      worst = index;
      worstExcess = excess;
    }
  }
  if (failures === 0) return;
  throw new MongeError({
    code: 'not-close',
    what: `${failures} of ${expected.length} values differ by more than rtol ${rtol}, atol ${atol}; worst at index ${worst}`,
    got: String(actual[worst]),
    expected: `${expected[worst]} (difference ${actual[worst]! - expected[worst]!})`,
  });
}

/** By how much a difference is over its limit; infinite where one value is not a number or not finite. */
function excessOf(actual: number, expected: number, limit: number): number {
  if (Object.is(actual, expected) || actual === expected) return 0;
  if (!Number.isFinite(actual) || !Number.isFinite(expected)) return Infinity;
  return Math.max(0, Math.abs(actual - expected) - limit);
}
