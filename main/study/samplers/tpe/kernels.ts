/** @file The kernels of Parzen estimators one by one: their weights, normals cut off at 0 and 1, and masses of cells. */
import { logNormalMass, normalBelow } from '../../../numerics/normal';
import { normalQuantile } from '../../../numerics/sobol';
import type { Axis } from '../../space/axes';

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);
/** The newest observations count fully; before them weights fall evenly to 1/n for the oldest. */
const FULL_WEIGHTS = 25;

/** [n + 1] weights of n observations and of the prior. */
export function weightsOf(n: number): Float64Array {
  const weights = new Float64Array(n + 1).fill(1);
  const ramp = n - FULL_WEIGHTS;
  for (let k = 0; k < ramp; k++) weights[k] = ramp === 1 ? 1 / n : 1 / n + (k / (ramp - 1)) * (1 - 1 / n);
  let sum = 0;
  for (const weight of weights) sum += weight;
  return weights.map((weight) => weight / sum);
}

/** The logarithm of what a kernel cut off at 0 and 1 is multiplied with; of cells the probability is cut off alone. */
export function normOf(axis: Axis, middle: number, width: number): number {
  const inside = logNormalMass(-middle / width, (1 - middle) / width);
  return axis.cells === null ? -Math.log(width) - HALF_LOG_TWO_PI - inside : -inside;
}

/** log of a kernel's mass in a cell before it is cut off; −∞ where it is surely below the bound. */
export function logCell(
  [low, high]: readonly [number, number],
  middle: number,
  inverse: number,
  bound: number,
): number {
  const [a, b] = [(low - middle) * inverse, (high - middle) * inverse];
  const nearest = a > 0 ? a : b < 0 ? b : 0;
  if (nearest !== 0 && -0.5 * nearest * nearest - HALF_LOG_TWO_PI + Math.log(b - a) < bound) return -Infinity;
  return logNormalMass(a, b);
}

/** The quantile of a normal cut off at 0 and 1; its middle lies between them. */
export function truncatedDraw(share: number, middle: number, width: number): number {
  const [below, above] = [normalBelow(-middle / width), normalBelow((middle - 1) / width)];
  const p = below + share * (1 - above - below);
  // From the nearer side, where rounding is finer.
  const z = p <= 0.5 ? normalQuantile(p) : -normalQuantile(above + (1 - share) * (1 - above - below));
  return Math.min(1, Math.max(0, middle + width * z));
}

export function cellOf(place: number, count: number): number {
  return Math.min(count - 1, Math.floor(place * count));
}
