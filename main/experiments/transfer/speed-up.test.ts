/** @file How much less data a better setting needs, told from what the baseline reaches with how much. */
import { expect, it } from 'vitest';
import { speedUp } from './speed-up';

/** Loss 4 − ln(tokens)/ln 10: a tenth of the loss per tenfold of data. */
const durations = [1e5, 1e6, 1e7];
const baseline = {
  durations,
  losses: durations.map((tokens) => [0, 0, 0].map((_, s) => 4 - Math.log10(tokens) / 5 + 0.001 * s)),
};
const reached = (tokens: number) => [0, 1, 2].map((s) => 4 - Math.log10(tokens) / 5 + 0.001 * s);

it('is the ratio of tokens at equal loss', () => {
  const { factor, interval, extrapolated } = speedUp(baseline, { duration: 1e6, losses: reached(3e6) })!;
  expect(factor).toBeCloseTo(3, 9);
  expect(interval![0]).toBeLessThanOrEqual(3.001);
  expect(interval![1]).toBeGreaterThanOrEqual(2.999);
  expect(extrapolated).toBe(false);
});

it('is 1 for the baseline itself', () => {
  expect(speedUp(baseline, { duration: 1e6, losses: reached(1e6) })!.factor).toBeCloseTo(1, 9);
});

it('goes a little beyond the longest run, and no further', () => {
  expect(speedUp(baseline, { duration: 1e7, losses: reached(1.4e7) })).toMatchObject({ extrapolated: true });
  expect(speedUp(baseline, { duration: 1e7, losses: reached(2e7) })).toBeNull();
});

it('is none where more data does not help the baseline', () => {
  const flat = { durations, losses: durations.map(() => [2, 2]) };
  expect(speedUp(flat, { duration: 1e6, losses: [1.9, 1.9] })).toBeNull();
});
