/** @file The operator in double precision: the golden vector, what passes through, and what is refused. */
import { describe, expect, it } from 'vitest';
import { codeOf } from '../../native-models/testing/code-of';
import { expectClose } from '../../native-models/testing/expect-close';
import type { HookMap } from '../contract/steering';
import { applyMap, applyToChannels, checkMap, checkSteering, identityMap, makeMap, NO_END } from './map';

/** The golden vector of the specification. */
const golden = makeMap({ hook: 'norm_mlp_in:3', w: [1.15], beta: [2.425] });
const two = (more: Partial<HookMap> = {}): HookMap => ({
  ...makeMap({ hook: 'resid_post:1', w: [2, 0.5], beta: [1, -1] }),
  ...more,
});

describe('applyMap', () => {
  it('goes from the value at λ = 0 to the whole map at 1, and beyond', () => {
    const at = (lambda: number, value: number) => applyMap(golden, [value], lambda)[0]!;
    const steps = [0, 0.25, 0.5, 1].map((lambda) => at(lambda, -1));
    expectClose(steps, [-1, -0.43125, 0.1375, 1.275], { atol: 1e-6 });
    expect(at(1, 10)).toBeCloseTo(13.925, 5);
    expect(at(2, 0)).toBeCloseTo(2 * 2.425, 5);
  });

  it('is the identity at λ = 0, bit for bit, negative zero too', () => {
    const values = [-0, 1e-40, 3, -1e30, NaN];
    expect([...applyMap(golden, values, 0)].every((value, k) => Object.is(value, values[k]))).toBe(true);
  });

  it('leaves alone what is not inside the support, both ends strict, and units that are not steered', () => {
    const map = makeMap({ hook: 'a', w: [2, 2], beta: [0, 0], lo: [-1, -1], hi: [1, 1], units: [1, 0] });
    const values = [-1, 0.5, 0.5, 0.5, 1, 0.5, 7, 0.5];
    expect([...applyMap(map, values, 1)]).toEqual([-1, 0.5, 1, 0.5, 1, 0.5, 7, 0.5]);
    expect([...applyMap(golden, [NO_END, 2 * NO_END], 1)]).toEqual([NO_END, 2 * NO_END]);
  });

  it('skips rows, as first tokens may be', () => {
    expect([...applyMap(two(), [1, 1, 1, 1], 1, [1, 0])]).toEqual([1, 1, 3, -0.5]);
  });

  it('adds a direction λ times', () => {
    const map = makeMap({ hook: 'a', w: [1, 1], beta: [2, -3], form: 'add' });
    expect([...applyMap(map, [10, 10], 1.5)]).toEqual([13, 5.5]);
  });
});

it('decides on the mean of a channel and moves all of it', () => {
  const map = makeMap({ hook: 'a', w: [2, 2], beta: [1, 1], lo: [0, 0], hi: [5, 5] });
  // Channel 0 has mean 2, so it moves by 3, its value outside the support too; the mean of channel 1 is outside.
  expect([...applyToChannels(map, [-2, 6, 4, 8], 2, 1)]).toEqual([1, 9, 4, 8]);
});

it('stores the identity in units that are not steered', () => {
  const map = makeMap({ hook: 'a', w: [NaN, 3], beta: [NaN, 1], units: [0, 1] });
  expect([[...map.w], [...map.beta]]).toEqual([
    [1, 3],
    [0, 1],
  ]);
  expect([...applyMap(identityMap('a', 2), [4, 5], 3)]).toEqual([4, 5]);
});

describe('what is refused', () => {
  it('has a code for maps that are none', () => {
    expect(codeOf(() => makeMap({ hook: 'a', w: [NaN], beta: [0] }))).toBe('steering-map');
    expect(codeOf(() => makeMap({ hook: 'a', w: [1], beta: [1e39] }))).toBe('steering-map');
    expect(codeOf(() => makeMap({ hook: 'a', w: [1, 1], beta: [0] }))).toBe('steering-map');
    expect(codeOf(() => checkMap(two(), 3))).toBe('steering-map');
    expect(codeOf(() => makeMap({ hook: 'a', w: [0.5], beta: [0], form: 'add' }))).toBe('steering-form');
  });

  it('has a code for strengths and hooks that do not fit', () => {
    const steering = (lambda: number | number[], maps = [two(), golden]) => ({ maps, lambda, first: true });
    expect(checkSteering(steering(0.5))).toEqual([0.5, 0.5]);
    expect(checkSteering(steering([1, -2]))).toEqual([1, -2]);
    expect(codeOf(() => checkSteering(steering([1])))).toBe('steering-lambda');
    expect(codeOf(() => checkSteering(steering(Infinity)))).toBe('steering-lambda');
    expect(codeOf(() => checkSteering(steering(1, [two(), two()])))).toBe('steering-hooks');
  });
});
