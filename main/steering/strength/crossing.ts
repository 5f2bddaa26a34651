/** @file The largest strength at which the side effects on one prompt are still within their limits. */
import { MongeError } from '../../../native-models/error';

/** One side effect on one prompt, measured at the strengths of a grid. */
export interface MeasuredEffect {
  /** [strengths], one for each of the grid. What is not a number counts as beyond every limit. */
  values: ArrayLike<number>;
  limit: number;
}

/**
 * The largest strength up to which all effects stay at or below their limits. Between two strengths of the grid an effect is
 * taken to lie on the line between them; an effect that comes back below its limit later is not forgiven, so that "beyond
 * this strength" is the same as "some limit was passed on the way", a loss that can only grow with the strength. The end of
 * the grid where no limit is passed: nothing is claimed of what was not measured. 0 where a limit is passed at once.
 *
 * `grid` ascends from 0, the model as it is. @throws `steering-strength-grid`
 */
export function largestWithin(grid: ArrayLike<number>, effects: readonly MeasuredEffect[]): number {
  checkGrid(grid);
  return effects.reduce(
    (least, { values, limit }) => Math.min(least, crossing(grid, values, limit)),
    grid[grid.length - 1]!,
  );
}

function crossing(grid: ArrayLike<number>, values: ArrayLike<number>, limit: number): number {
  if (values.length !== grid.length)
    throw gridError(`${values.length} values`, `${grid.length}, one for each strength`);
  for (let at = 0; at < grid.length; at++) {
    // Written so that NaN is beyond.
    if (values[at]! <= limit) continue;
    if (at === 0) return grid[0]!;
    const [before, after] = [values[at - 1]!, values[at]!];
    const share = (limit - before) / (after - before);
    return grid[at - 1]! + (Number.isFinite(share) ? share : 0) * (grid[at]! - grid[at - 1]!);
  }
  return grid[grid.length - 1]!;
}

/** @throws `steering-strength-grid` unless the strengths are finite and ascend from 0 to something */
function checkGrid(grid: ArrayLike<number>): void {
  const ascends = Array.from(grid).every(
    (strength, at) => Number.isFinite(strength) && (at === 0 ? strength === 0 : strength > grid[at - 1]!),
  );
  if (grid.length < 2 || !ascends)
    throw gridError(Array.from(grid).join(', '), 'at least two strengths that ascend from 0');
}

function gridError(got: string, expected: string): MongeError {
  return new MongeError({
    code: 'steering-strength-grid',
    blame: 'input',
    what: 'side effects cannot be followed along these strengths',
    where: { key: 'lambda' },
    got,
    expected,
  });
}
