/** @file What happens at which step: the learning rate, the arrival of pools, the snapshots. Pure functions of the config. */

/** Cosine descent from `peak` at step 0 to 0 after the last step. */
export function learningRateAt(step: number, steps: number, peak: number): number {
  return (peak / 2) * (1 + Math.cos((Math.PI * step) / steps));
}

/**
 * Decay of the running average at a step: short memory at first, so that early averages are not the random start. It
 * changes at powers of two only, where runs of several steps end.
 */
export function emaDecayAt(step: number, decay: number): number {
  const octave = step === 0 ? 0 : 2 ** Math.floor(Math.log2(step));
  return Math.min(decay, (1 + octave) / (10 + octave));
}

/** Steps before which each pool must be ready: spread over the first half of training, the first at once. */
export function poolArrivals(pools: number, steps: number): number[] {
  return Array.from({ length: pools }, (_, pool) => Math.floor((pool / pools) * (steps / 2)));
}

export interface PoolTimetable {
  /** Pools in use at a time. */
  capacity: number;
  /** Steps before which each pool must be ready, ascending. A function of the settings alone: results cannot show how fast pools are made. */
  arrivals: number[];
}

/**
 * When pools come. Kept: all of them over the first half of training. Online: one every `refillSteps` steps to the end,
 * by default at the pace of the kept ones; once `pairs` are in use a new pool replaces the oldest. `given` is the number
 * of pools where they are stored and not made.
 */
export function poolTimetable(
  settings: { pairs: number; steps: number; refill: 'kept' | 'online'; refillSteps: number },
  poolSize: number,
  given?: number,
): PoolTimetable {
  const { pairs, steps, refill, refillSteps } = settings;
  const wanted = Math.ceil(pairs / poolSize);
  if (refill === 'kept') {
    const capacity = given ?? wanted;
    return { capacity, arrivals: poolArrivals(capacity, steps) };
  }
  const interval = refillSteps > 0 ? refillSteps : steps / 2 / wanted;
  const pools = Math.min(given ?? Infinity, Math.ceil(steps / interval));
  return {
    capacity: wanted,
    arrivals: Array.from({ length: pools }, (_, pool) => Math.floor(pool * interval)),
  };
}

/** Steps at which weights are kept for scrubbing: 0, doubling from 10, then about `count` evenly, the last included. */
export function snapshotSteps(steps: number, count = 40): number[] {
  const stride = Math.max(1, Math.ceil(steps / count));
  const kept = new Set([0, steps]);
  for (let step = 10; step < stride; step *= 2) kept.add(step);
  for (let step = stride; step < steps; step += stride) kept.add(step);
  return [...kept].filter((step) => step <= steps).sort((a, b) => a - b);
}

/** The first step after `step` at which something other than training happens: runs must end there. */
export function nextBoundary(step: number, steps: number, events: readonly number[]): number {
  const octave = step === 0 ? 1 : 2 ** (Math.floor(Math.log2(step)) + 1);
  // There may be more events than a call has room for arguments.
  return events.reduce(
    (next, event) => (event > step ? Math.min(next, event) : next),
    Math.min(steps, octave),
  );
}
