/** @file The block that a run reports: asked for, or best on validation items; never by a test column. */
import { expect, it } from 'vitest';
import { reportedHook } from './reported';

const hooks = [0, 1, 2].map((block) => ({ id: `resid_post:${block}`, block, width: 4 }));
/** [hooks, positions, tasks]: at position 1 block 2 is best by the mean, at position 0 block 0. */
const validation = [0.9, 0.9, 0.5, 0.6, 0.6, 0.6, 0.9, 0.5, 0.5, 0.5, 0.8, 0.8];
const at = (position: number) => ({ position, positions: 2, tasks: 2 });

it('is the block of the settings where it is there', () => {
  expect(reportedHook(hooks, 1, validation, at(1)).block).toBe(1);
});

it('is else the best mean over tasks at the position', () => {
  expect(reportedHook(hooks, -1, validation, at(1)).block).toBe(2);
  expect(reportedHook(hooks, -1, validation, at(0)).block).toBe(0);
});

it('passes over what was not measured yet', () => {
  expect(reportedHook(hooks, -1, [NaN, NaN, NaN, NaN, 0.6, 0.6, 0.7, 0.7], at(1)).block).toBe(1);
  expect(reportedHook(hooks, -1, [], at(0)).block).toBe(2);
});
