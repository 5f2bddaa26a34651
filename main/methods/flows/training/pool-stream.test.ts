/** @file When pools come. */
import { describe, expect, it } from 'vitest';
import { poolTimetable } from './pool-stream';

describe('the timetable of the pools', () => {
  it('has the first pool ready at once and all of them by half time', () => {
    const settings = { pairs: 400, steps: 1000, refill: 'kept', refillSteps: 0 } as const;
    expect(poolTimetable(settings, 100).arrivals).toEqual([0, 125, 250, 375]);
    expect(poolTimetable({ ...settings, steps: 3 }, 25).arrivals).toHaveLength(16);
  });

  it('brings kept pools by half time, and online ones to the end at the same pace or the one asked for', () => {
    const settings = { pairs: 400, steps: 1000, refill: 'kept', refillSteps: 0 } as const;
    expect(poolTimetable(settings, 100)).toEqual({ capacity: 4, arrivals: [0, 125, 250, 375] });
    const online = { ...settings, refill: 'online' } as const;
    expect(poolTimetable(online, 100)).toEqual({
      capacity: 4,
      arrivals: [0, 125, 250, 375, 500, 625, 750, 875],
    });
    expect(poolTimetable({ ...online, refillSteps: 300 }, 100).arrivals).toEqual([0, 300, 600, 900]);
    expect(poolTimetable({ ...online, refillSteps: 300 }, 100, 2).arrivals).toEqual([0, 300]);
    expect(poolTimetable(settings, 100, 2)).toEqual({ capacity: 2, arrivals: [0, 250] });
  });
});
