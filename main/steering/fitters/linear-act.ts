/** @file Linear-AcT: the affine map closest to the monotone transport of every unit (arXiv 2410.23054, definition 3.1). */
import { differenceOfMeans, isFlat, sortedUnit, spreadOf, type UnitFit } from './fitter';
import type { Sides } from '../samples';

/**
 * w = Σ ã(i) b̃(i) / Σ ã(i)², β = m_b − w·m_a over sorted, centred samples of equal count.
 * deviation: the definition as printed seems to divide by the target's squares; the least squares that it minimises, and the
 * released code, divide by the source's. No noise is added to the source: a unit without spread is shifted (Mean-AcT).
 */
export function linearAct(sides: Sides): UnitFit {
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
    let products = 0;
    for (let i = 0; i < a.length; i++) products += (a[i]! - source.mean) * (b[i]! - target.mean);
    // Sorted samples cannot be anticorrelated; rounding of a constant target can say −1e-30.
    w[unit] = Math.max(0, products / source.squares);
    beta[unit] = target.mean - w[unit]! * source.mean;
  }
  return { w, beta, flat };
}
