/** @file The memory estimate against the real peak, where the activations are most of it; in a file, and so a process, of its own. */
import { it } from 'vitest';
import { expectEstimate } from './testing/measure-memory';

it('is within a factor of two, and at most 30 % too low', () =>
  expectEstimate({ hidden: 256, layers: 4, batch: 12_288, chunk: 1, runs: 3 }));
