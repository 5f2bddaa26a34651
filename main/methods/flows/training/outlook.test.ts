/** @file The estimate of the time left knows that pools come in the first half of training only. */
import { expect, it } from 'vitest';
import { secondsLeft } from './outlook';

const halfway = {
  stepsLeft: 1000,
  secondsPerStep: 0.002,
  poolsLeft: 3,
  poolSeconds: [9, 4, 4, 4, 4],
  secondsInPool: 0,
};

it('adds the steps to the pools, by the last few of them', () => {
  expect(secondsLeft(halfway)).toBeCloseTo(2 + 3 * 4, 12);
  expect(secondsLeft({ ...halfway, secondsInPool: 1 })).toBeCloseTo(2 + 3 * 4 - 1, 12);
  expect(secondsLeft({ ...halfway, poolsLeft: 0 }), 'nothing but steps after the last pool').toBe(2);
});

it('lets a slow pool count as nearly done, not as done twice', () => {
  expect(secondsLeft({ ...halfway, secondsInPool: 60 })).toBeCloseTo(2 + 2 * 4, 12);
});

it('says nothing before there was a step, or a pool where one is still to come', () => {
  expect(secondsLeft({ ...halfway, secondsPerStep: Infinity })).toBeUndefined();
  expect(secondsLeft({ ...halfway, poolSeconds: [] })).toBeUndefined();
  expect(secondsLeft({ ...halfway, poolsLeft: 0, poolSeconds: [] })).toBe(2);
});
