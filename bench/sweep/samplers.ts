/** @file Time that a sampler takes over a whole study, without any training. */
import type { SamplerKind, Space } from '../../main/contract/study';
import { createSampler } from '../../main/study/samplers/registry';

export interface SamplerTime {
  kind: SamplerKind;
  trials: number;
  /** Seconds in `ask` and `tell` together. */
  seconds: number;
  /** Median milliseconds of the last hundred asks. */
  lastAsk: number;
}

/**
 * Runs a study of `trials` trials, one after the other, over `dimensions` real settings, of a quadratic with its minimum off the
 * middle; every twentieth trial diverges.
 */
export function timeSampler(kind: SamplerKind, trials: number, dimensions = 6): SamplerTime {
  const space: Space = Object.fromEntries(
    Array.from({ length: dimensions }, (_, k) => [
      `x${k}`,
      { type: 'float', low: -1, high: 1, scale: 'linear' },
    ]),
  );
  const sampler = createSampler({ kind, options: {} }, { space, seed: 1, trials });
  const asks: number[] = [];
  let seconds = 0;
  for (let trial = 0; trial < trials; trial++) {
    const start = performance.now();
    const point = sampler.ask(trial);
    const asked = performance.now();
    asks.push(asked - start);
    if (!point) break;
    const value = Object.values(point).reduce<number>((sum, x, k) => sum + (Number(x) - 0.1 * k) ** 2, 0);
    const diverged = trial % 20 === 19;
    sampler.tell({ kind: 'asked', trial, point, enqueued: false });
    sampler.tell({
      ...{ kind: 'ended', trial, state: diverged ? 'diverged' : 'complete' },
      ...{ value: diverged ? null : value, values: diverged ? [] : [value] },
    });
    seconds += (performance.now() - start) / 1000;
  }
  const last = asks.slice(-100).sort((a, b) => a - b);
  return { kind, trials: asks.length, seconds, lastAsk: last[Math.floor(last.length / 2)] ?? 0 };
}
