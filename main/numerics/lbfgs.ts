/** @file Minimises a smooth function of many unknowns from its gradient: limited-memory BFGS (Liu and Nocedal 1989). */

export interface LbfgsOptions {
  /** The largest entry of the gradient at which it ends. Default 1e-4. */
  tolerance?: number;
  /** Default 100. */
  iterations?: number;
}

/** Steps that the curvature is told by. */
const MEMORY = 8;
const HALVINGS = 30;

/**
 * Goes down from `start` by steps that each make `of` smaller; a local minimum of a function that has several. `of` writes the
 * gradient [unknowns] and returns the value. Deterministic.
 */
export function minimised(
  start: Float64Array,
  of: (point: Float64Array, gradient: Float64Array) => number,
  { tolerance = 1e-4, iterations = 100 }: LbfgsOptions = {},
): { point: Float64Array; value: number } {
  const size = start.length;
  let point: Float64Array = start.slice();
  let gradient: Float64Array = new Float64Array(size);
  let value = of(point, gradient);
  const steps: { move: Float64Array; change: Float64Array; inverse: number }[] = [];
  for (let iteration = 0; iteration < iterations; iteration++) {
    const steepest = gradient.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0);
    if (!(steepest > tolerance)) break;
    const direction = steps.length > 0 ? towards(gradient, steps) : gradient.map((entry) => -entry);
    const slope = dot(gradient, direction);
    let length = steps.length > 0 ? 1 : 1 / Math.max(1, steepest);
    const ahead = new Float64Array(size);
    let found: { point: Float64Array; value: number } | null = null;
    for (let half = 0; half < HALVINGS && !found; half++, length /= 2) {
      const next = point.map((entry, k) => entry + length * direction[k]!);
      const reached = of(next, ahead);
      if (reached <= value + 1e-4 * length * slope) found = { point: next, value: reached };
    }
    if (!found) break;
    const move = found.point.map((entry, k) => entry - point[k]!);
    const change = ahead.map((entry, k) => entry - gradient[k]!);
    const curvature = dot(move, change);
    // A step along which the function bends down tells of no minimum.
    if (curvature > 1e-12) steps.push({ move, change, inverse: 1 / curvature });
    if (steps.length > MEMORY) steps.shift();
    ({ point, value } = found);
    gradient = ahead;
  }
  return { point, value };
}

/** −H·gradient by the two loops over the last steps. */
function towards(
  gradient: Float64Array,
  steps: readonly { move: Float64Array; change: Float64Array; inverse: number }[],
): Float64Array {
  const out = gradient.map((entry) => -entry);
  const shares: number[] = [];
  for (const { move, change, inverse } of [...steps].reverse()) {
    const share = inverse * dot(move, out);
    shares.unshift(share);
    for (let k = 0; k < out.length; k++) out[k]! -= share * change[k]!;
  }
  const last = steps.at(-1)!;
  const scale = 1 / (last.inverse * dot(last.change, last.change));
  for (let k = 0; k < out.length; k++) out[k]! *= scale;
  for (const [at, { move, change, inverse }] of steps.entries()) {
    const rest = shares[at]! - inverse * dot(change, out);
    for (let k = 0; k < out.length; k++) out[k]! += rest * move[k]!;
  }
  return out;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
  return sum;
}
