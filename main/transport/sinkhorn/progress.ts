/** @file How far a Sinkhorn solution has come, judged from the decay of its marginal error: for a bar and a time left, never for results. */

/** Errors further back than this say little about the pace of now. */
const WINDOW = 30;

/**
 * A function that is told the marginal error after each iteration and answers with the share of the work that is done, from
 * 0 to 1. The error is taken to fall by a constant factor per iteration, as it does near the solution; where it does not
 * fall, half of what the iteration limit leaves is taken to be needed still. The share never goes back. The error is not
 * finite where an iteration has none yet, as at the start of a rung of the ladder.
 */
export function sinkhornProgress(tolerance: number, maximumIterations: number) {
  let errors: { iteration: number; error: number }[] = [];
  let done = 0;

  return (iteration: number, error: number) => {
    // A new rung begins with a larger error, and its pace is its own.
    if (!Number.isFinite(error) || error > (errors.at(-1)?.error ?? Infinity) * 10) errors = [];
    if (Number.isFinite(error) && error > 0) errors.push({ iteration, error });
    if (errors.length > WINDOW) errors.shift();
    const left = iterationsLeft(iteration);
    if (left !== null) done = Math.max(done, iteration / (iteration + left));
    return done;
  };

  function iterationsLeft(iteration: number): number | null {
    const [first, last] = [errors[0], errors.at(-1)];
    if (!first || !last || last.iteration - first.iteration < 2) return null;
    if (last.error <= tolerance) return 0;
    const limit = Math.max(0, maximumIterations - iteration);
    const rate = Math.log(first.error / last.error) / (last.iteration - first.iteration);
    if (!(rate > 0)) return limit / 2;
    return Math.min(limit, Math.log(last.error / tolerance) / rate);
  }
}
