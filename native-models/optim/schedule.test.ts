/** @file Learning-rate schedules: their corners, where they never leave, and that chunks join without a seam. */
import { describe, expect, it } from 'vitest';
import { rates, schedules } from '..';
import { codeOf } from '../testing/code-of';
import { expectClose } from '../testing/expect-close';

const STEPS = 100;
const all = {
  constant: schedules.constant(STEPS, { warmup: 10 }),
  cosine: schedules.cosine(STEPS, { warmup: 10, end: 0.1 }),
  linear: schedules.linear(STEPS, { warmup: 10, end: 0.1 }),
  warmupStableDecay: schedules.warmupStableDecay(STEPS, { warmup: 10, decay: 20, end: 0.1 }),
};

describe.each(Object.entries(all))('%s', (name, schedule) => {
  it('rises in a line, is whole at the first full step and comes down without rising again', () => {
    expectClose([0, 4, 9, 10].map(schedule.at), [0.1, 0.5, 1, 1], { rtol: 1e-12 });
    for (let step = 11; step < STEPS; step++) {
      expect(schedule.at(step)).toBeLessThanOrEqual(schedule.at(step - 1));
      expect(schedule.at(step)).toBeGreaterThanOrEqual(0.1);
    }
    // The end is reached after the last step, not at it.
    expectClose([schedule.at(STEPS)], [name === 'constant' ? 1 : 0.1], { rtol: 1e-12 });
  });

  it('is the same in chunks', () => {
    const whole = rates(schedule, 3e-3, 0, STEPS);
    expect([...rates(schedule, 3e-3, 0, 37), ...rates(schedule, 3e-3, 37, 63)]).toEqual([...whole]);
    expect(whole[10]).toBe(3e-3);
  });
});

describe('schedules', () => {
  it('have the published values half way', () => {
    const { cosine, linear, warmupStableDecay } = schedules;
    expectClose([cosine(STEPS).at(50), linear(STEPS, { end: 0.5 }).at(50)], [0.5, 0.75], { rtol: 1e-12 });
    expectClose([cosine(STEPS, { end: 0.2 }).at(25)], [0.2 + 0.4 * (1 + Math.SQRT1_2)], { rtol: 1e-12 });
    const stable = warmupStableDecay(STEPS, { decay: 20 });
    expectClose([79, 80, 85, 90].map(stable.at), [1, 1, 0.75, 0.5], { rtol: 1e-12 });
  });

  it('refuse what makes no sense', () => {
    const code = 'invalid-schedule';
    expect(codeOf(() => schedules.cosine(10, { warmup: 10 }))).toBe(code);
    expect(codeOf(() => schedules.linear(0))).toBe(code);
    expect(codeOf(() => schedules.linear(10, { end: 1.5 }))).toBe(code);
    expect(codeOf(() => schedules.warmupStableDecay(10, { warmup: 5, decay: 6 }))).toBe(code);
    expect(codeOf(() => rates(schedules.constant(10), 1, 5, 6))).toBe(code);
  });
});
