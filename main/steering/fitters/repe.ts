/** @file RePE's contrast vector: the difference of one input read in two ways, made anew for every input (arXiv 2310.01405). */
import type { Sides } from '../samples';
import { checkPair, differenceOfMeans, shiftedBy, type UnitFit } from './fitter';

/**
 * w = 1, β = a⁺(x) − a⁻(x) of a single input x: the target has its row under the wanted instruction, the source under the other.
 * @throws `steering-pair` where there is not one text on each side
 */
export function repe(sides: Sides): UnitFit {
  checkPair('repe', sides);
  return shiftedBy(differenceOfMeans(sides));
}
