/** @file CAA, also DiffMean: the difference of the means as a direction (arXiv 2312.06681). */
import type { Sides } from '../samples';
import { differenceOfMeans, shiftedBy, type UnitFit } from './fitter';

/** w = 1, β = m_b − m_a, added λ times without bound; the preset reads last tokens. */
export function caa(sides: Sides): UnitFit {
  return shiftedBy(differenceOfMeans(sides));
}
