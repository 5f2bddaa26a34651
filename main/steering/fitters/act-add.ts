/** @file ActAdd: the difference of one pair of prompts (arXiv 2308.10248). */
import type { Sides } from '../samples';
import { checkPair, differenceOfMeans, shiftedBy, type UnitFit } from './fitter';

/** w = 1, β = a⁺ − a⁻. @throws `steering-pair` where there is not one text on each side */
export function actAdd(sides: Sides): UnitFit {
  checkPair('act-add', sides);
  return shiftedBy(differenceOfMeans(sides));
}
