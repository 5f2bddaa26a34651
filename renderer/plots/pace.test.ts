/** @file A view that moves slowly draws fewer points, and all of them once it rests. */
import { afterEach, expect, test, vi } from 'vitest';
import { Pace, thin } from './pace.svelte';

afterEach(() => vi.useRealTimers());

test('slow frames thin a moving view; at rest everything is drawn', () => {
  vi.useFakeTimers();
  const pace = new Pace();
  pace.took(500);
  expect(pace.every).toBe(1);
  pace.move();
  pace.took(10);
  expect(pace.every).toBe(1);
  pace.took(100);
  pace.took(100);
  expect(pace.every).toBe(7);
  vi.advanceTimersByTime(1000);
  expect(pace.every).toBe(1);
  // The next movement starts where the last one ended, and many quick frames bring points back.
  pace.move();
  expect(pace.every).toBe(7);
  for (let frame = 0; frame <= 40; frame++) pace.took(16);
  expect(pace.every).toBe(3);
  pace.close();
});

test('thinning keeps whole points', () => {
  expect([...thin(Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7), 2, 3)]).toEqual([0, 1, 6, 7]);
  expect([...thin(Int32Array.of(0, 1, 2, 3), 1, 3)]).toEqual([0, 3]);
});
