/** @file ITI with classifiers: the unit normal of a linear classifier in the attention heads that tell the sides apart (arXiv 2306.03341). */
import type { Sides } from '../samples';
import { groupMerits } from './classifier';
import { shiftedBy, type FitterOptions, type UnitFit } from './fitter';

/** w = 1, β = the classifier's normal of length 1 per head, towards the target; merits as ITI-m has them. */
export function itiClassifier(sides: Sides, { seed, groupWidth }: FitterOptions): UnitFit {
  const { merit, normals } = groupMerits(sides, groupWidth ?? sides.source.columns, seed);
  return { ...shiftedBy(normals), merit };
}
