/** @file Speed and time left, by a clock of the test's own; a training's own estimate knows that pauses come in a part of it only. */
import { describe, expect, it } from 'vitest';
import { secondsLeft, SpeedMeter } from './time-left';

type Speed = ReturnType<SpeedMeter['mark']>;

/** One stage at a steady pace: `seconds` of marks every 50 ms. */
function train(meter: SpeedMeter, from: { time: number; step: number }, perSecond: number, seconds: number) {
  let pace: Speed = { stepsPerSecond: null, secondsLeft: null };
  for (let k = 1; k <= seconds * 20; k++) {
    from.time += 50;
    from.step += perSecond / 20;
    pace = meter.mark(from.time, { stage: 'training', step: from.step, steps: 10_000 });
  }
  return pace;
}

describe('a run of one stage', () => {
  it('tells nothing before it has made steps for a second, then its speed and the time left', () => {
    const meter = new SpeedMeter();
    const state = { time: 0, step: 0 };
    expect(meter.mark(0, { stage: 'training', step: 0, steps: 10_000 })).toEqual({
      stepsPerSecond: null,
      secondsLeft: null,
    });
    expect(train(meter, state, 100, 0.5)).toMatchObject({ secondsLeft: null });
    const pace = train(meter, state, 100, 9.5);
    expect(pace.stepsPerSecond).toBeCloseTo(100, 6);
    expect(pace.secondsLeft).toBeCloseTo(90, 6);
  });

  it('takes on a new pace within seconds, without a jump', () => {
    const meter = new SpeedMeter();
    const state = { time: 0, step: 0 };
    meter.mark(0, { stage: 'training', step: 0, steps: 10_000 });
    const before = train(meter, state, 100, 30).secondsLeft!;
    const soon = train(meter, state, 50, 1).secondsLeft!;
    expect(Math.abs(soon - before)).toBeLessThan(0.05 * before);
    const later = train(meter, state, 50, 50);
    expect(later.stepsPerSecond).toBeCloseTo(50, 6);
    expect(Math.abs(later.secondsLeft! / ((10_000 - state.step) / 50) - 1)).toBeLessThan(0.05);
  });

  it('says nothing is left at the last step, and starts anew with another total or a step back', () => {
    const meter = new SpeedMeter();
    const state = { time: 0, step: 0 };
    meter.mark(0, { stage: 'training', step: 0, steps: 10_000 });
    expect(train(meter, state, 1000, 10).secondsLeft).toBe(0);
    const anew = { stepsPerSecond: null, secondsLeft: null };
    expect(meter.mark(10_100, { stage: 'measuring', step: 0, steps: 5 })).toEqual(anew);
    expect(meter.mark(11_600, { stage: 'measuring', step: 1, steps: 5 }).secondsLeft).toBeCloseTo(6, 6);
    expect(meter.mark(11_700, { stage: 'measuring', step: 0, steps: 5 })).toEqual(anew);
  });
});

it('does not take what came once, before the first step, for a part of every step', () => {
  const meter = new SpeedMeter();
  meter.mark(0, { stage: 'compiling', step: 0, steps: 10_000 });
  meter.mark(15_000, { stage: 'compiling', step: 0, steps: 10_000 });
  const state = { time: 15_000, step: 0 };
  expect(train(meter, state, 100, 2).secondsLeft).toBeCloseTo(98, 6);
});

describe('a run whose stages alternate', () => {
  /** Twenty times: four seconds without a step, then 500 steps in half a second. In all 90 seconds. */
  function alternate(see: (time: number, pace: Speed) => void): void {
    const meter = new SpeedMeter();
    let [time, step] = [0, 0];
    const mark = (stage: string) => see(time, meter.mark(time, { stage, step, steps: 10_000 }));
    for (let pool = 0; pool < 20; pool++) {
      for (let k = 0; k < 8; k++) {
        mark('pairing');
        time += 500;
      }
      for (let k = 0; k < 10; k++) {
        time += 50;
        step += 50;
        mark('training');
      }
    }
  }

  it('has one estimate that stays near the truth instead of one per stage', () => {
    let [worst, most, before] = [0, 0, null as number | null];
    alternate((time, { secondsLeft }) => {
      if (secondsLeft === null) return expect(time, 'told from the second cycle on').toBeLessThan(9000);
      worst = Math.max(worst, Math.abs(time / 1000 + secondsLeft - 90) / 90);
      if (before !== null && secondsLeft > 0) most = Math.max(most, Math.abs(secondsLeft - before));
      before = secondsLeft;
    });
    expect(worst).toBeLessThan(0.05);
    expect(most, 'seconds from one mark to the next').toBeLessThan(0.8);
  });

  it('tells the speed of the stage that makes the steps', () => {
    const speeds = new Set<number>();
    alternate((time, { stepsPerSecond }) => {
      if (time > 5000) speeds.add(Math.round(stepsPerSecond!));
    });
    expect([...speeds]).toEqual([1000]);
  });

  it('believes a method that knows what is still to come, and keeps counting while it says nothing new', () => {
    const meter = new SpeedMeter();
    const at = (time: number, step: number, secondsLeft?: number) =>
      meter.mark(time, { stage: 'pairing', step, steps: 100, secondsLeft }).secondsLeft;
    expect(at(0, 0)).toBeNull();
    expect(at(100, 0, 60)).toBe(60);
    expect(at(10_100, 0, 50)).toBeCloseTo(50, 9);
    expect(at(12_100, 0)).toBeCloseTo(48, 9);
    const fast = { stage: 'pairing', step: 0, steps: 100, stepsPerSecond: 3 };
    expect(meter.mark(12_200, fast).stepsPerSecond).toBe(3);
  });
});

it('survives a pause of hours: counts down to its end, remembers how fast it was, and does not grow', () => {
  const meter = new SpeedMeter();
  const state = { time: 0, step: 0 };
  meter.mark(0, { stage: 'training', step: 0, steps: 10_000 });
  train(meter, state, 100, 5);
  for (let k = 0; k < 20_000; k++) {
    state.time += 500;
    const { stepsPerSecond, secondsLeft } = meter.mark(state.time, {
      stage: 'pairing',
      step: state.step,
      steps: 10_000,
    });
    expect(stepsPerSecond).toBeCloseTo(100, 6);
    if (state.time < 99_000) expect(secondsLeft).toBeCloseTo(100 - state.time / 1000, 3);
    else if (state.time > 101_000) expect(secondsLeft, 'nobody knows').toBeNull();
  }
  expect((meter as unknown as { marks: unknown[] }).marks.length).toBeLessThan(200);
});

it('tells no speed where a method says that its steps have none, but the time left', () => {
  const meter = new SpeedMeter();
  const mark = (time: number, step: number) =>
    meter.mark(time, { stage: 'measuring', step, steps: 4, stepsPerSecond: null });
  mark(0, 0);
  mark(2000, 1);
  const pace = mark(4000, 2);
  expect(pace.stepsPerSecond).toBeNull();
  expect(pace.secondsLeft).toBeGreaterThan(0);
});

const halfway = {
  stepsLeft: 1000,
  secondsPerStep: 0.002,
  pausesLeft: 3,
  pauseSeconds: [9, 4, 4, 4, 4],
  secondsInPause: 0,
};

it('adds the steps to the pauses, by the last few of them', () => {
  expect(secondsLeft(halfway)).toBeCloseTo(2 + 3 * 4, 12);
  expect(secondsLeft({ ...halfway, secondsInPause: 1 })).toBeCloseTo(2 + 3 * 4 - 1, 12);
  expect(secondsLeft({ ...halfway, pausesLeft: 0 }), 'nothing but steps after the last pause').toBe(2);
});

it('lets a slow pause count as nearly done, not as done twice', () => {
  expect(secondsLeft({ ...halfway, secondsInPause: 60 })).toBeCloseTo(2 + 2 * 4, 12);
});

it('says nothing before there was a step, or a pause where one is still to come', () => {
  expect(secondsLeft({ ...halfway, secondsPerStep: Infinity })).toBeUndefined();
  expect(secondsLeft({ ...halfway, pauseSeconds: [] })).toBeUndefined();
  expect(secondsLeft({ ...halfway, pausesLeft: 0, pauseSeconds: [] })).toBe(2);
});
