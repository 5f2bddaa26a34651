/** @file ITI with mass means: the difference of the means in the attention heads that tell the sides apart (arXiv 2306.03341). */
import type { Sides } from '../samples';
import { groupMerits } from './classifier';
import { differenceOfMeans, shiftedBy, type FitterOptions, type UnitFit } from './fitter';

/** w = 1, β = m_b − m_a; the merit of a head is the held-out accuracy of a linear classifier on it. */
export function itiMean(sides: Sides, { seed, groupWidth }: FitterOptions): UnitFit {
  const { merit } = groupMerits(sides, groupWidth ?? sides.source.columns, seed);
  return { ...shiftedBy(differenceOfMeans(sides)), merit };
}
