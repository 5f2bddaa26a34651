/** @file The share of a Sinkhorn solution that is done, from errors that fall steadily, in rungs, or not at all. */
import { expect, it } from 'vitest';
import { sinkhornProgress } from './progress';

it('is the iteration over all iterations where the error falls by a constant factor', () => {
  const progress = sinkhornProgress(1e-3, 5000);
  // .9 per iteration from 1: below 10⁻³ after 65.6 iterations.
  const shares = Array.from({ length: 65 }, (_, k) => progress(k + 1, 0.9 ** (k + 1)));
  expect(shares[19]).toBeCloseTo(20 / 65.6, 2);
  expect(shares[49]).toBeCloseTo(50 / 65.6, 2);
});

it('never goes back, and starts anew with a rung', () => {
  const progress = sinkhornProgress(1e-3, 5000);
  let last = 0;
  for (let rung = 0; rung < 3; rung++)
    for (let k = 0; k < 12; k++) {
      const done = progress(12 * rung + k + 1, k === 0 ? Infinity : 0.7 ** k);
      expect(done).toBeGreaterThanOrEqual(last);
      expect(done).toBeLessThanOrEqual(1);
      last = done;
    }
});

it('knows nothing at first, and expects half of the limit where the error stands still', () => {
  const progress = sinkhornProgress(1e-3, 100);
  expect(progress(1, 0.5)).toBe(0);
  for (let k = 2; k < 20; k++) progress(k, 0.5);
  expect(progress(20, 0.5)).toBeCloseTo(20 / 60, 10);
});

it('is 1 once the tolerance is met', () => {
  const progress = sinkhornProgress(1e-2, 100);
  for (const [k, error] of [0.5, 0.1, 0.02, 0.005].entries()) progress(k + 1, error);
  expect(progress(5, 0.004)).toBe(1);
});
