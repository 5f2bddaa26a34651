/** @file The memory estimate against the real peak, where the parameters are most of it; in a file, and so a process, of its own. */
import { expect, it } from 'vitest';
import { measureMemory } from './testing/measure-memory';

const MEGABYTE = 2 ** 20;

it('is within a factor of two, and at most 30 % too low', async () => {
  const { estimate, real } = await measureMemory({
    hidden: 1200,
    layers: 4,
    batch: 32,
    chunk: 4,
    runs: 5,
  });
  console.log(`estimate ${Math.round(estimate / MEGABYTE)} MB, real ${Math.round(real / MEGABYTE)} MB`);
  expect(real).toBeGreaterThan(150 * MEGABYTE);
  expect(estimate / real).toBeGreaterThan(0.7);
  expect(estimate / real).toBeLessThan(2);
});
