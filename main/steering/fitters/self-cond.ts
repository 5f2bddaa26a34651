/** @file Self-conditioning: experts of the wanted texts are held at their median response to them (arXiv 2110.02802). */
import type { Sides } from '../samples';
import { sortedUnit, type UnitFit } from './fitter';

/** w = 0, β = the target's median; the merit of a unit is its average precision for the target. */
export function selfCond(sides: Sides): UnitFit {
  const units = sides.source.columns;
  const beta = new Float64Array(units);
  const merit = new Float64Array(units);
  for (let unit = 0; unit < units; unit++) {
    const { a, b } = sortedUnit(sides, unit);
    const middle = (b.length - 1) / 2;
    beta[unit] = (b[Math.floor(middle)]! + b[Math.ceil(middle)]!) / 2;
    merit[unit] = averagePrecision(b, a);
  }
  return { w: new Float64Array(units), beta, merit, flat: 0 };
}

/** Σ (R_k − R_{k−1}) P_k over thresholds from the largest value down; positives and negatives ascending, equal values at once. */
export function averagePrecision(positives: ArrayLike<number>, negatives: ArrayLike<number>): number {
  let [i, j, sum] = [positives.length - 1, negatives.length - 1, 0];
  while (i >= 0) {
    const threshold = positives[i]!;
    const before = i;
    while (i >= 0 && positives[i] === threshold) i--;
    while (j >= 0 && negatives[j]! >= threshold) j--;
    const [found, wrong] = [positives.length - 1 - i, negatives.length - 1 - j];
    sum += ((before - i) * found) / (found + wrong);
  }
  return sum / positives.length;
}
