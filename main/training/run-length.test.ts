/** @file The length of runs and the number of threads follow from measured times. */
import { describe, expect, it } from 'vitest';
import { LOOP_SIZES, RunLength, ThreadTrial, worthTrying } from './run-length';

describe('the length of runs', () => {
  it('is one step until something was measured, then the longest that stays below a fifth of a second', () => {
    const length = new RunLength(LOOP_SIZES);
    expect([length.next(1000), length.millisecondsPerStep]).toEqual([1, Infinity]);
    length.record(5, 1);
    expect(length.next(1000), '16 steps of 5 ms are 80 ms, 32 would be 160 ms').toBe(16);
    expect([length.next(15), length.next(1), length.next(7)], 'never past the limit').toEqual([8, 1, 4]);
  });

  it('is one step where even that is too long, and the largest for quick steps', () => {
    const slow = new RunLength(LOOP_SIZES);
    slow.record(900, 1);
    expect(slow.next(1000)).toBe(1);
    const quick = new RunLength(LOOP_SIZES);
    quick.record(0.2, 1);
    expect(quick.next(1000)).toBe(64);
  });

  it('forgives one slow run but follows when they stay slow', () => {
    const length = new RunLength(LOOP_SIZES);
    length.record(64, 64);
    length.record(64 * 50, 64);
    expect(length.next(1000)).toBe(64);
    length.record(64 * 50, 64);
    length.record(64 * 50, 64);
    expect(length.next(1000), '50 ms a step').toBe(2);
  });
});

describe('the number of threads', () => {
  const decide = (one: number, many: number) => {
    const trial = new ThreadTrial(4, 64);
    const order: number[] = [];
    while (trial.winner === null) {
      order.push(trial.next);
      trial.record(trial.next, trial.next === 1 ? one : many);
    }
    return { winner: trial.winner, order };
  };

  it('is tried in turns', () => {
    expect(decide(1, 1).order).toEqual([4, 1, 4, 1, 4, 1]);
  });

  it('is one unless many are clearly faster', () => {
    expect([decide(20, 30).winner, decide(21, 20).winner, decide(30, 20).winner]).toEqual([1, 1, 4]);
  });

  it('is not tried for long steps, nor where there is one thread', () => {
    expect([worthTrying(2, 0.3), worthTrying(2, 60), worthTrying(1, 0.3)]).toEqual([true, false, false]);
  });
});
