/** @file Det-0: the units that tell the unwanted texts apart best are set to zero (arXiv 2407.12824). */
import type { Sides } from '../samples';
import { unitAurocs, type UnitFit } from './fitter';

/** w = 0, β = 0 in the experts, the units with the highest AUROC for the source, what should disappear. */
export function detZero({ source, target }: Sides): UnitFit {
  const merit = unitAurocs(source, target);
  return { w: new Float64Array(merit.length), beta: new Float64Array(merit.length), merit, flat: 0 };
}
