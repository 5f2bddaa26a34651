/** @file The map between two normal distributions, unit by unit: in the released code of AcT, not in its paper. */
import type { Sides } from '../samples';
import { differenceOfMeans, isFlat, sortedUnit, spreadOf, type UnitFit } from './fitter';

/**
 * w = std_b / std_a, β = m_b − w·m_a, with n − 1 in both deviations.
 * deviation: the released code adds 1e-4 to both deviations and skips units below it; here a unit without spread is shifted.
 */
export function gaussian(sides: Sides): UnitFit {
  const units = sides.source.columns;
  const w = new Float64Array(units).fill(1);
  const beta = differenceOfMeans(sides);
  let flat = 0;
  for (let unit = 0; unit < units; unit++) {
    const { a, b } = sortedUnit(sides, unit);
    const [source, target] = [spreadOf(a), spreadOf(b)];
    if (isFlat(a, source.squares)) {
      flat += 1;
      continue;
    }
    w[unit] = Math.sqrt(target.squares / (b.length - 1) / (source.squares / (a.length - 1)));
    beta[unit] = target.mean - w[unit]! * source.mean;
  }
  return { w, beta, flat };
}
