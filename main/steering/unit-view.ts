/** @file All that a view draws of one unit: histograms before and after, the sorted pairs, lines beside the map, and the band of chance. */
import { MongeError } from '../../native-models/error';
import type { HookMap, SteeringLine, SteeringUnitView } from '../contract/steering';
import type { RowMatrix } from '../contract/projection';
import { histogramCounts, histogramEdges, unitValues } from '../numerics/units';
import { lineMap } from '../transport/line';
import { fitters, type FittedMethod } from './fitters';
import { liesInside, nullBand } from './null-band';
import { unitFigures } from './ranking';
import { balanced, checkSides, type Sides } from './samples';

export interface UnitViewOptions {
  /** The method whose lines of chance make the band: that of the map. */
  method: FittedMethod;
  seed: number;
  /** Default 40. */
  bins?: number;
  /** Share of the lines of chance inside the band; default .95. */
  level?: number;
}

/**
 * One unit of a map on the sides that it was fitted on, balanced as it was with the same seed.
 * @throws `steering-unit` where the hook has no such unit, and what `checkSides` throws
 */
export function unitView(
  map: HookMap,
  sides: Sides,
  unit: number,
  options: UnitViewOptions,
): SteeringUnitView {
  const { method, seed, bins = 40, level = 0.95 } = options;
  checkSides(sides);
  if (!(Number.isInteger(unit) && unit >= 0 && unit < map.w.length && map.w.length === sides.source.columns))
    throw new MongeError({
      code: 'steering-unit',
      blame: 'input',
      what: 'the hook has no such unit',
      where: { key: map.hook },
      got: `unit ${unit} of ${map.w.length}, texts of ${sides.source.columns} units`,
      expected: `a whole number below ${map.w.length}, and texts of that width`,
    });
  const kept = balanced(sides, seed);
  const [a, b] = [kept.source, kept.target].map((side) => unitColumn(side, unit).sort());
  const one: Sides = { source: oneUnit(a!), target: oneUnit(b!) };
  const line = (by: FittedMethod): SteeringLine => {
    const { w, beta } = fitters[by](one, { seed, groupWidth: null });
    return { w: w[0]!, beta: beta[0]! };
  };
  const { pushed, before, after, score, auroc } = unitFigures(map, unit, a!, b!);
  const edges = histogramEdges(Float32Array.from([...a!, ...b!, ...pushed]), bins);
  const own = { w: map.w[unit]!, beta: map.beta[unit]! };
  const { at, low, high } = nullBand(a!, b!, { method, seed, level });
  return {
    hook: map.hook,
    unit,
    edges,
    source: histogramCounts(a!, edges),
    target: histogramCounts(b!, edges),
    pushed: histogramCounts(pushed, edges),
    pairs: { source: a!, target: b! },
    map: own,
    lines: { linear: line('linear-act'), mean: line('mean-act'), gaussian: line('gaussian') },
    exact: lineMap(a!, b!),
    support: { lo: map.lo[unit]!, hi: map.hi[unit]! },
    band: { at, low, high, level, inside: liesInside({ at, low, high }, own) },
    distances: { before, after },
    score,
    auroc,
  };
}

function unitColumn({ data, rows, columns }: RowMatrix, unit: number): Float32Array {
  return unitValues(data, rows, columns, unit);
}

function oneUnit(values: Float32Array): RowMatrix {
  return { data: values, rows: values.length, columns: 1 };
}
