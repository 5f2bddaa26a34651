/** @file Kernels along cells, which are alike by the hundred: each pair of a middle and a width is worked out once. */
import { logCell } from './kernels';
import type { RowList } from './members';

export interface Pairs {
  /** By row: the number of its pair. */
  ids: Int32Array;
  middles: number[];
  inverses: number[];
  /** By lower end of a cell: log masses by pair, NaN where they were not needed yet. */
  masses: Map<number, Float64Array>;
}

/** Pairs of rows that are in order along the axis; `values` and `inverse` (1 over the width) by row. */
export function pairsOf(order: RowList, values: Float64Array, inverse: Float64Array): Pairs {
  const pairs: Pairs = { ids: new Int32Array(inverse.length), middles: [], inverses: [], masses: new Map() };
  for (let place = 0; place < order.length; place++) {
    const row = order.rows[place]!;
    if (pairs.middles.at(-1) !== values[row] || pairs.inverses.at(-1) !== inverse[row]) {
      pairs.middles.push(values[row]!);
      pairs.inverses.push(inverse[row]!);
    }
    pairs.ids[row] = pairs.middles.length - 1;
  }
  return pairs;
}

/** log mass in a cell by the number of a pair; −∞ where it is surely below the bound. */
export function massesAt(
  { masses, middles, inverses }: Pairs,
  cell: readonly [low: number, high: number],
): (id: number, bound: number) => number {
  const known = masses.get(cell[0]) ?? new Float64Array(middles.length).fill(NaN);
  masses.set(cell[0], known);
  return (id, bound) => {
    const seen = known[id]!;
    if (!Number.isNaN(seen)) return seen;
    const mass = logCell(cell, middles[id]!, inverses[id]!, bound);
    if (mass !== -Infinity) known[id] = mass;
    return mass;
  };
}
