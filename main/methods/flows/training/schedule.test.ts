/** @file The timetable of a training run. */
import { describe, expect, it } from 'vitest';
import { emaDecayAt, learningRateAt, poolArrivals, snapshotSteps } from './schedule';

describe('the timetable', () => {
  it('lowers the learning rate along a cosine to zero', () => {
    expect(learningRateAt(0, 100, 2e-3)).toBe(2e-3);
    expect(learningRateAt(50, 100, 2e-3)).toBeCloseTo(1e-3, 12);
    expect(learningRateAt(100, 100, 2e-3)).toBeCloseTo(0, 12);
  });

  it('forgets the random start before it averages for long', () => {
    expect(emaDecayAt(0, 0.999)).toBeCloseTo(0.1);
    expect(emaDecayAt(100_000, 0.999)).toBe(0.999);
    expect(emaDecayAt(100_000, 0)).toBe(0);
  });

  it('has the first pool ready at once and all of them by half time', () => {
    expect(poolArrivals(4, 1000)).toEqual([0, 125, 250, 375]);
    expect(poolArrivals(16, 3)).toHaveLength(16);
  });

  it('keeps the start, early steps, about forty in all, and the end', () => {
    const kept = snapshotSteps(4000);
    expect(kept.slice(0, 6)).toEqual([0, 10, 20, 40, 80, 100]);
    expect(kept.at(-1)).toBe(4000);
    expect(kept.length).toBeLessThan(50);
    expect(snapshotSteps(1)).toEqual([0, 1]);
    expect(snapshotSteps(7)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });
});
