import { expect, it } from 'vitest';
import { timeSampler } from './samplers';

// Optuna 5 takes about nine minutes.
it('TPE chooses 10,000 points of six settings within a minute', () => {
  const { trials, seconds } = timeSampler('tpe', 10_000);
  expect(trials).toBe(10_000);
  expect(seconds).toBeLessThan(60);
}, 180_000);

it('TPE takes no longer over whole numbers', () => {
  expect(timeSampler('tpe', 2000, 6, 'int').seconds).toBeLessThan(15);
}, 60_000);
