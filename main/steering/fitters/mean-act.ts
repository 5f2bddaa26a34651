/** @file Mean-AcT: the shift from the mean of the source to that of the target, in every unit (arXiv 2410.23054). */
import type { Sides } from '../samples';
import { differenceOfMeans, shiftedBy, type UnitFit } from './fitter';

/** w = 1, β = m_b − m_a. */
export function meanAct(sides: Sides): UnitFit {
  return shiftedBy(differenceOfMeans(sides));
}
