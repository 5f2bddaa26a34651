/** @file AurA: units that tell the unwanted texts apart are damped by how well they do (arXiv 2407.12824). */
import type { Sides } from '../samples';
import { unitAurocs, type UnitFit } from './fitter';

/**
 * w = 1 − 2(AUROC − ½) where the AUROC of the unit for the source, what should disappear, is above ½; else the unit is left
 * alone. β = 0. The preset reads the maximum over tokens.
 */
export function aura({ source, target }: Sides): UnitFit {
  const merit = unitAurocs(source, target);
  const w = merit.map((area) => (area > 0.5 ? 1 - 2 * (area - 0.5) : 1));
  const units = Uint8Array.from(merit, (area) => Number(area > 0.5));
  return { w, beta: new Float64Array(w.length), merit, units, flat: 0 };
}
