/** @file A view that moves slowly draws fewer points, and all of them once it rests. */
import { afterEach, expect, test, vi } from 'vitest';
import { LevelOfDetail, everyNth } from './level-of-detail.svelte';

afterEach(() => vi.useRealTimers());

test('a moving view draws fewer points where frames are slow; at rest everything is drawn', () => {
  vi.useFakeTimers();
  const detail = new LevelOfDetail();
  detail.took(500);
  expect(detail.every).toBe(1);
  detail.move();
  detail.took(10);
  expect(detail.every).toBe(1);
  detail.took(100);
  detail.took(100);
  expect(detail.every).toBe(7);
  vi.advanceTimersByTime(1000);
  expect(detail.every).toBe(1);
  // The next movement starts where the last one ended, and many quick frames bring points back.
  detail.move();
  expect(detail.every).toBe(7);
  for (let frame = 0; frame <= 40; frame++) detail.took(16);
  expect(detail.every).toBe(3);
  detail.close();
});

test('every nth point is a whole point', () => {
  expect([...everyNth(Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7), 2, 3)]).toEqual([0, 1, 6, 7]);
  expect([...everyNth(Int32Array.of(0, 1, 2, 3), 1, 3)]).toEqual([0, 3]);
});
