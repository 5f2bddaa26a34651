/** @file The timetable of a training run. */
import { describe, expect, it } from 'vitest';
import { emaDecayAt, learningRateAt, nextBoundary, snapshotSteps } from './timetable';

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
    for (let step = 1; step < 300; step++)
      if (Math.log2(step) % 1 !== 0) expect(emaDecayAt(step, 0.999)).toBe(emaDecayAt(step - 1, 0.999));
  });

  it('ends a run of steps at events, at powers of two and at the last step', () => {
    expect(nextBoundary(0, 100, [0, 40])).toBe(1);
    expect(nextBoundary(33, 100, [0, 33, 40])).toBe(40);
    expect(nextBoundary(40, 100, [0, 40])).toBe(64);
    expect(nextBoundary(70, 100, [0, 40])).toBe(100);
    expect(nextBoundary(0, 10, new Array<number>(500_000).fill(3))).toBe(1);
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
