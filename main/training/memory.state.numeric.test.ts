/** @file The memory estimate against the real peak, where the parameters are most of it; in a file, and so a process, of its own. */
import { it } from 'vitest';
import { expectEstimate } from './testing/measure-memory';

it('is within a factor of two, and at most 30 % too low', () =>
  expectEstimate({ hidden: 1200, layers: 4, batch: 32, chunk: 4, runs: 5 }));
