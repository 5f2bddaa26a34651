/** @file What happens at which step: the learning rate, the memory of the average, the snapshots. Pure functions of the settings. */

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

/** What the snapshots of a run may take on the disk, and how many are worth scrubbing through at least. */
const SNAPSHOT_BYTES = 256 * 2 ** 20;
const FEWEST_SNAPSHOTS = 8;
const MOST_SNAPSHOTS = 40;

/** How many snapshots of so many parameters are kept: 40, and fewer of a network that would fill the disk. */
export function snapshotCount(parameters: number): number {
  const fitting = Math.floor(SNAPSHOT_BYTES / (Float32Array.BYTES_PER_ELEMENT * parameters));
  return Math.max(FEWEST_SNAPSHOTS, Math.min(MOST_SNAPSHOTS, fitting));
}

/** Steps at which weights are kept for scrubbing: 0, doubling from 10, then about `count` evenly, the last included. */
export function snapshotSteps(steps: number, count = MOST_SNAPSHOTS): number[] {
  const stride = Math.max(1, Math.ceil(steps / count));
  const kept = new Set([0, steps]);
  for (let step = 10; step < stride; step *= 2) kept.add(step);
  for (let step = stride; step < steps; step += stride) kept.add(step);
  return [...kept].filter((step) => step <= steps).sort((a, b) => a - b);
}

/**
 * The first step after `step` at which something other than training happens: runs must end there. `events` ascend;
 * powers of two are always among them.
 */
export function nextBoundary(step: number, steps: number, events: readonly number[]): number {
  const octave = step === 0 ? 1 : 2 ** (Math.floor(Math.log2(step)) + 1);
  return Math.min(steps, octave, events.find((event) => event > step) ?? Infinity);
}
