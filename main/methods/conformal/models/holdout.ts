/** @file Training rows set apart to choose by: which weights to keep, how strong a penalty. */
import { stream } from '../../../../native-models';
import type { Rows } from '../../../tables/rows';

/** With fewer rows a tenth decides nothing. */
const FEWEST_ROWS = 20;

export interface Holdout {
  /** Positions in the training rows to learn from. */
  learn: Int32Array;
  /** Positions to choose by: a tenth, or none of fewer than 20 rows. */
  choose: Int32Array;
}

/** A random tenth, keyed by seed and label. */
export function holdout(rows: number, seed: number, label: string): Holdout {
  const order = stream(seed, `conformal.holdout.${label}`).permutation(rows);
  const aside = rows < FEWEST_ROWS ? 0 : Math.floor(rows / 10);
  return { learn: order.slice(aside), choose: order.slice(0, aside) };
}

/** x and y of some of the rows. */
export function chosenRows(
  { x, y, count }: Pick<Rows, 'x' | 'y' | 'count'>,
  chosen: Int32Array,
): { x: Float32Array; y: Float32Array } {
  return { x: take(x, x.length / count, chosen), y: take(y, y.length / count, chosen) };
}

function take(values: Float32Array, width: number, rows: Int32Array): Float32Array {
  const out = new Float32Array(rows.length * width);
  rows.forEach((row, k) => out.set(values.subarray(row * width, (row + 1) * width), k * width));
  return out;
}
