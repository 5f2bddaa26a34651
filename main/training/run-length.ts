/** @file How many steps a run should have, and on how many threads: judged by measured times, which decide speed and never numbers. */

/** Lengths of runs for programs with a Loop. From about ten steps on, a longer Loop saves little per step. */
export const LOOP_SIZES = [64, 32, 16, 8, 4, 2, 1] as const;
/** WebGPU wants straight programs, which grow with every step. */
export const STRAIGHT_SIZES = [4, 2, 1] as const;

/** Runs aim below 200 ms, so that a stop is quick, with room for a step that takes longer than usual. */
const LONGEST_RUN_MILLISECONDS = 150;
/** The best of so many recent measurements counts: what else the machine does comes and goes. */
const RECENT = 3;

/** Chooses the number of steps of the next run from what recent steps took. */
export class RunLength {
  readonly #sizes: readonly number[];
  readonly #recent: number[] = [];
  #usual = Infinity;

  /** `sizes` from large to small, 1 among them. */
  constructor(sizes: readonly number[]) {
    this.#sizes = sizes;
  }

  /** What a step took of late, smoothed; Infinity before the first measurement. */
  get millisecondsPerStep(): number {
    return this.#usual;
  }

  /** The largest size that takes less than the longest run, and 1 before anything is known. */
  get affordable(): number {
    const fastest = this.#recent.length > 0 ? Math.min(...this.#recent) : Infinity;
    return this.#sizes.find((size) => size * fastest <= LONGEST_RUN_MILLISECONDS) ?? 1;
  }

  /** The size for the next run, of at most `remaining` steps. */
  next(remaining: number): number {
    const most = Math.min(remaining, this.affordable);
    return this.#sizes.find((size) => size <= most) ?? 1;
  }

  /** Notes a run that was not its session's first: that one also prepares the session, on WebGPU for seconds. */
  record(milliseconds: number, steps: number): void {
    const each = milliseconds / steps;
    this.#recent.push(each);
    if (this.#recent.length > RECENT) this.#recent.shift();
    this.#usual = this.#usual === Infinity ? each : 0.8 * this.#usual + 0.2 * each;
  }
}

/** Steps longer than this are worth every thread; shorter ones may spend more on waking threads than they gain. */
const TRIAL_BELOW_MILLISECONDS = 30;
/** Measured runs per candidate, taken in turns. */
const TRIAL_RUNS = 3;
/** Other work on the machine wants threads too: many must be worth more than this factor. */
const WORTH = 1.1;

/** Whether one thread should be tried against many, for steps of this length. */
export function worthTrying(threads: number, millisecondsPerStep: number): boolean {
  return threads > 1 && millisecondsPerStep < TRIAL_BELOW_MILLISECONDS;
}

/**
 * One thread against all, in turns on the steps of the training itself. Small networks train faster on one: a kernel
 * that takes microseconds is over before a second thread is awake.
 */
export class ThreadTrial {
  readonly #times: ReadonlyMap<number, number[]>;

  constructor(
    readonly threads: number,
    readonly chunk: number,
  ) {
    this.#times = new Map([
      [threads, []],
      [1, []],
    ]);
  }

  /** The candidate with the fewest measurements. */
  get next(): number {
    const [many, one] = [this.#times.get(this.threads)!, this.#times.get(1)!];
    return one.length < many.length ? 1 : this.threads;
  }

  record(threads: number, milliseconds: number): void {
    this.#times.get(threads)?.push(milliseconds);
  }

  /** The number of threads to stay with; null while measurements are missing. */
  get winner(): number | null {
    const [many, one] = [this.#times.get(this.threads)!, this.#times.get(1)!];
    if (many.length < TRIAL_RUNS || one.length < TRIAL_RUNS) return null;
    return Math.min(...one) <= WORTH * Math.min(...many) ? 1 : this.threads;
  }
}
