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
    const figures = unitFigures(map, unit, a, b);
    for (const name of ['before', 'after', 'score', 'auroc', 'slope', 'shift'] as const)
      fits[name][unit] = figures[name];
  }
  return fits;
}

/** The same of one unit, from its values on either side, ascending; with the source pushed forward, ascending. */
export function unitFigures(map: HookMap, unit: number, a: Float32Array, b: Float32Array) {
  const pushed = ascending(a.map((value) => applyUnit(map, unit, value, 1)));
  const [from, to] = [spreadOf(a), spreadOf(b)];
  const deviation = Math.sqrt(from.squares / a.length);
  const scale = Math.abs(to.mean - from.mean) + deviation + Math.sqrt(to.squares / b.length);
  const after = wassersteinDistances(pushed, b).w2;
  return {
    pushed,
    before: wassersteinDistances(a, b).w2,
    after,
    score: scale > 0 ? after ** 2 / scale : NaN,
    auroc: areaUnderCurve(b, a),
    slope: Math.abs(map.w[unit]! - 1),
    shift: deviation > 0 ? Math.abs(map.beta[unit]!) / deviation : NaN,
  };
}

/** What units can be ordered by; `gain` is W₂ before less after, `auroc` counts distance from ½. */
export type UnitOrder = keyof UnitFits | 'gain';

/**
 * [hooks, bins] of a heat map: neighbouring units fall into one bin, which shows the most remarkable of them (of scores the
 * lowest). Hooks may differ in width; NaN where a bin is empty or nothing in it is known.
 */
export function unitHeat(hooks: readonly UnitFits[], by: UnitOrder, bins: number): Float32Array {
  const heat = new Float32Array(hooks.length * bins).fill(NaN);
  hooks.forEach((fits, row) => {
    const units = fits.before.length;
    for (let unit = 0; unit < units; unit++) {
      const cell = row * bins + Math.floor((unit * bins) / units);
      const value = figureOf(fits, by, unit);
      const better = by === 'score' ? value < heat[cell]! : value > heat[cell]!;
      if (better || Number.isNaN(heat[cell])) heat[cell] = value;
    }
  });
  return heat;
}

function figureOf(fits: UnitFits, by: UnitOrder, unit: number): number {
  if (by === 'gain') return fits.before[unit]! - fits.after[unit]!;
  return by === 'auroc' ? Math.abs(fits.auroc[unit]! - 0.5) : fits[by][unit]!;
}

/** Numbers of the units, the most remarkable first: low scores, all else high; NaN last, equal ones by number. */
export function rankUnits(fits: UnitFits, by: UnitOrder): Uint32Array {
  const keys = Float64Array.from(fits.before, (_, unit) => {
    const figure = figureOf(fits, by, unit);
    if (Number.isNaN(figure)) return -Infinity;
    return by === 'score' ? -figure : figure;
  });
  return Uint32Array.from(keys.keys()).sort((left, right) =>
    keys[left] === keys[right] ? left - right : keys[right]! - keys[left]!,
  );
}

/** The same array sorted; a map that is monotone leaves nothing to do. */
function ascending(values: Float32Array): Float32Array {
  for (let k = 1; k < values.length; k++) if (values[k]! < values[k - 1]!) return values.sort();
  return values;
}
