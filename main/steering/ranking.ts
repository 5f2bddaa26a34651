/** @file What a map does to every unit, and the order in which units are shown. */
import type { HookMap, UnitFits } from '../contract/steering';
import { areaUnderCurve, wassersteinDistances } from '../numerics/units';
import { sortedUnit, spreadOf } from './fitters/fitter';
import { applyUnit } from './map';
import type { Sides } from './samples';

/**
 * Figures of each unit at λ = 1 on the values that the map was fitted on, or on others. The score is eq. 2 of arXiv 2410.23054
 * with deviations of divisor n; its mean squared residual is W₂² after steering, which is the same where the map is monotone.
 */
export function unitFits(map: HookMap, sides: Sides): UnitFits {
  const units = map.w.length;
  const each = () => new Float64Array(units);
  const fits = { before: each(), after: each(), score: each(), auroc: each(), slope: each(), shift: each() };
  for (let unit = 0; unit < units; unit++) {
    const { a, b } = sortedUnit(sides, unit);
    const pushed = a.map((value) => applyUnit(map, unit, value, 1)).sort();
    const [from, to] = [spreadOf(a), spreadOf(b)];
    const [deviationA, deviationB] = [Math.sqrt(from.squares / a.length), Math.sqrt(to.squares / b.length)];
    const scale = Math.abs(to.mean - from.mean) + deviationA + deviationB;
    fits.before[unit] = wassersteinDistances(a, b).w2;
    fits.after[unit] = wassersteinDistances(pushed, b).w2;
    fits.score[unit] = scale > 0 ? fits.after[unit]! ** 2 / scale : NaN;
    fits.auroc[unit] = areaUnderCurve(b, a);
    fits.slope[unit] = Math.abs(map.w[unit]! - 1);
    fits.shift[unit] = deviationA > 0 ? Math.abs(map.beta[unit]!) / deviationA : NaN;
  }
  return fits;
}

/** What units can be ordered by; `gain` is W₂ before less after, `auroc` counts distance from ½. */
export type UnitOrder = keyof UnitFits | 'gain';

/** Numbers of the units, the most remarkable first: low scores, all else high; NaN last, equal ones by number. */
export function rankUnits(fits: UnitFits, by: UnitOrder): Uint32Array {
  const remarkable = (unit: number): number => {
    if (by === 'gain') return fits.before[unit]! - fits.after[unit]!;
    if (by === 'auroc') return Math.abs(fits.auroc[unit]! - 0.5);
    return by === 'score' ? -fits.score[unit]! : fits[by][unit]!;
  };
  const keys = Float64Array.from(fits.before, (_, unit) => {
    const key = remarkable(unit);
    return Number.isNaN(key) ? -Infinity : key;
  });
  return Uint32Array.from(keys.keys()).sort((left, right) =>
    keys[left] === keys[right] ? left - right : keys[right]! - keys[left]!,
  );
}
