/**
 * @file Keeps whole numbers and steps from freezing in CMA-ES: the chance to leave the cell of the mean never falls below a
 * margin (CMA-ES with margin, Hamano et al. 2022).
 */
import { normalBelow } from '../../../numerics/normal';
import { normalQuantile } from '../../../numerics/sobol';
import type { Axis } from '../../space/axes';
import type { Distribution } from './distribution';

/**
 * Moves means and widens `scales` [coordinates], by which deviations of cells are multiplied when a point is read. Coordinates
 * of a continuum stay as they are.
 */
export function keepMargin(
  distribution: Distribution,
  scales: Float64Array,
  stepped: readonly (Axis | null)[],
): void {
  const { mean, population } = distribution;
  const margin = 1 / (mean.length * population);
  stepped.forEach((axis, k) => {
    if (!axis) return;
    const [low, high] = bordersAbout(axis, mean[k]!);
    const deviation = distribution.deviation(k) * scales[k]!;
    const below = normalBelow((low - mean[k]!) / deviation);
    const above = normalBelow((mean[k]! - high) / deviation);
    if (Math.max(below, above) > 0.5) {
      // The mean is in a cell at an end: only the other cells' chance counts.
      if (Math.min(below, above) < margin)
        mean[k] = high - Math.sign(mean[k]! - high) * normalQuantile(margin) * deviation;
      return;
    }
    const middle = 1 - below - above;
    const [left, right] = [Math.max(below, margin / 2), Math.max(above, margin / 2)];
    const excess = (1 - left - right - middle) / (left + middle + right - (3 * margin) / 2);
    const zOf = (chance: number) =>
      -normalQuantile(Math.min(0.5 - 1e-10, Math.max(1e-10, chance + excess * (chance - margin / 2))));
    const [zLow, zHigh] = [zOf(left), zOf(right)];
    scales[k] = (high - low) / ((zLow + zHigh) * distribution.deviation(k));
    mean[k] = (low * zHigh + high * zLow) / (zLow + zHigh);
  });
}

/** The borders of the mean's cell; of a cell at an end its inner border twice. */
function bordersAbout(axis: Axis, place: number): [number, number] {
  const [low, high] = axis.cellAt(place);
  const value = axis.fromUnit(place);
  if (value === axis.fromUnit(0)) return [high, high];
  return value === axis.fromUnit(1) ? [low, low] : [low, high];
}
