/** @file EAST: the mean of the target itself as a direction (arXiv 2406.00244). */
import type { Sides } from '../samples';
import { meansOf, shiftedBy, type UnitFit } from './fitter';

/** w = 1, β = m_b with every text counted once; the table that this follows says no more of the weights than “about”. */
export function east({ target }: Sides): UnitFit {
  return shiftedBy(meansOf(target));
}
