/** @file Made-up sides of a map, for tests and for those who read how steering is used. */
import { stream } from '../../../native-models';
import type { RowMatrix } from '../../contract/projection';
import type { Sides } from '../samples';

/** Rows of numbers given unit by unit. */
export function fromUnits(...units: readonly (readonly number[])[]): RowMatrix {
  const rows = units[0]!.length;
  const data = new Float32Array(rows * units.length);
  units.forEach((values, unit) => values.forEach((value, row) => (data[row * units.length + unit] = value)));
  return { data, rows, columns: units.length };
}

/** [rows, columns] standard normal numbers, each unit scaled and moved by its own. */
export function normalRows(seed: number, label: string, rows: number, columns: number): RowMatrix {
  const data = stream(seed, label).normal(new Float32Array(rows * columns));
  const [scale, offset] = [0, 1].map((step) =>
    stream(seed, `${label} units`, step).normal(new Float32Array(columns)),
  );
  for (let at = 0; at < data.length; at++)
    data[at] = data[at]! * Math.exp(scale![at % columns]! / 2) + offset![at % columns]!;
  return { data, rows, columns };
}

/** Both sides random and unlike one another. */
export function randomSides(rows: number, columns: number, seed = 5): Sides {
  return {
    source: normalRows(seed, 'source', rows, columns),
    target: normalRows(seed, 'target', rows, columns),
  };
}
