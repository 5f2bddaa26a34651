/** @file Learning-rate schedules on the host: one factor per step, for the `learningRate` input of a training program. */
import { MongeError } from '../error';

/** A factor from 0 to 1 for each step from 0 to `steps`-1; multiply it by the peak rate. */
export interface Schedule {
  readonly steps: number;
  /** The factor of one step. */
  readonly at: (step: number) => number;
}

interface Warmup {
  /** Steps over which the factor rises in a line: 1/w, 2/w, … 1. Default 0. */
  warmup?: number;
}

interface Decay extends Warmup {
  /** The factor after the last step; default 0. */
  end?: number;
}

/** Schedules by the names that configurations use. A shorter run has its own decay: none is a prefix of a longer one. */
export const schedules = {
  /** The same factor at all steps, after the warm-up. */
  constant: (steps: number, { warmup = 0 }: Warmup = {}): Schedule => shaped(steps, warmup, () => 1),

  /** Half a cosine from 1 to `end` (Loshchilov and Hutter 2017). */
  cosine: (steps: number, { warmup = 0, end = 0 }: Decay = {}): Schedule => {
    requireFraction(end, 'end');
    return shaped(steps, warmup, (progress) => end + ((1 - end) / 2) * (1 + Math.cos(Math.PI * progress)));
  },

  /** A line from 1 to `end`. */
  linear: (steps: number, { warmup = 0, end = 0 }: Decay = {}): Schedule => {
    requireFraction(end, 'end');
    return shaped(steps, warmup, (progress) => 1 - (1 - end) * progress);
  },

  /** Warm-up, stable, decay (Hu et al. 2024): 1 until the last `decay` steps, then a line to `end`. */
  warmupStableDecay: (steps: number, { warmup = 0, end = 0, decay }: Decay & { decay: number }): Schedule => {
    requireFraction(end, 'end');
    requireSteps(decay, 'decay', 1, steps - warmup);
    const begin = 1 - decay / (steps - warmup);
    return shaped(steps, warmup, (progress) =>
      progress <= begin ? 1 : 1 - ((1 - end) * (progress - begin)) / (1 - begin),
    );
  },
} as const;

/**
 * `peak` times the factors of the steps `first … first+count-1`, as the `learningRate` input [K] takes them. In double
 * precision until the end. Throws `invalid-schedule` where the steps lie outside the schedule.
 */
export function rates(schedule: Schedule, peak: number, first: number, count: number): Float64Array {
  requireSteps(first, 'first', 0, schedule.steps - 1);
  requireSteps(count, 'count', 1, schedule.steps - first);
  return Float64Array.from({ length: count }, (_, step) => peak * schedule.at(first + step));
}

/** Warm-up, then a shape of the progress from 0 at the first full step to 1 after the last. */
function shaped(steps: number, warmup: number, shape: (progress: number) => number): Schedule {
  requireSteps(steps, 'steps', 1, Number.MAX_SAFE_INTEGER);
  requireSteps(warmup, 'warmup', 0, steps - 1);
  return {
    steps,
    at: (step) => (step < warmup ? (step + 1) / warmup : shape((step - warmup) / (steps - warmup))),
  };
}

function requireFraction(value: number, key: string): void {
  if (!(value >= 0 && value <= 1)) throw invalid(key, value, 'a number from 0 to 1');
}

function requireSteps(value: number, key: string, low: number, high: number): void {
  if (!Number.isSafeInteger(value) || value < low || value > high)
    throw invalid(key, value, `a whole number from ${low} to ${high}`);
}

function invalid(key: string, value: number, expected: string): MongeError {
  return new MongeError({
    code: 'invalid-schedule',
    what: 'a learning-rate schedule cannot be made',
    where: { key },
    got: String(value),
    expected,
  });
}
