/** @file How far a Sinkhorn solution has come, judged from the decay of its marginal error: for a bar and a time left, never for results. */

/** Errors further back than this say little about the pace of now. */
const WINDOW = 30;

/**
 * Takes the marginal error after each iteration and tells the share of the work that is done, from 0 to 1. The error is
 * taken to fall by a constant factor per iteration, as it does near the solution; where it does not fall, half of what
 * the iteration limit leaves is taken to be needed still. The share never goes back.
 */
export class SinkhornProgress {
  readonly #tolerance: number;
  readonly #maximumIterations: number;
  #errors: { iteration: number; error: number }[] = [];
  #done = 0;

  constructor(tolerance: number, maximumIterations: number) {
    this.#tolerance = tolerance;
    this.#maximumIterations = maximumIterations;
  }

  /** `error` is not finite where an iteration has none yet, as at the start of a rung of the ladder. */
  after(iteration: number, error: number): number {
    // A new rung begins with a larger error, and its pace is its own.
    if (!Number.isFinite(error) || error > (this.#errors.at(-1)?.error ?? Infinity) * 10) this.#errors = [];
    if (Number.isFinite(error) && error > 0) this.#errors.push({ iteration, error });
    if (this.#errors.length > WINDOW) this.#errors.shift();
    const left = this.#iterationsLeft(iteration);
    if (left !== null) this.#done = Math.max(this.#done, iteration / (iteration + left));
    return this.#done;
  }

  #iterationsLeft(iteration: number): number | null {
    const [first, last] = [this.#errors[0], this.#errors.at(-1)];
    if (!first || !last || last.iteration - first.iteration < 2) return null;
    if (last.error <= this.#tolerance) return 0;
    const limit = Math.max(0, this.#maximumIterations - iteration);
    const rate = Math.log(first.error / last.error) / (last.iteration - first.iteration);
    if (!(rate > 0)) return limit / 2;
    return Math.min(limit, Math.log(last.error / this.#tolerance) / rate);
  }
}
