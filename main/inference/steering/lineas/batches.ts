/** @file What LinEAS compares: the clean values of both sides, their scales, and the texts of every step. */
import { stream } from '../../../../native-models';
import type { RowMatrix } from '../../../contract/projection';
import type { LineasHook } from './program';

/** A scale of no spread at all: nothing is divided by 0 where all texts are the same. */
const LEAST = 1e-6;

/** Means and scale of a hook from the pooled values of the clean texts. */
export function measured(
  id: string,
  { source, target }: { source: RowMatrix; target: RowMatrix },
): LineasHook {
  const units = source.columns;
  const mean = new Float32Array(units);
  let variances = 0;
  for (let unit = 0; unit < units; unit++) {
    const from = moments(source, unit);
    mean[unit] = from.mean;
    variances += (from.variance + moments(target, unit).variance) / 2;
  }
  return { id, units, mean, scale: Math.max(LEAST, Math.sqrt(variances / units)) };
}

function moments({ data, rows, columns }: RowMatrix, unit: number): { mean: number; variance: number } {
  let [sum, squares] = [0, 0];
  for (let at = unit; at < data.length; at += columns) sum += data[at]!;
  const mean = sum / rows;
  for (let at = unit; at < data.length; at += columns) squares += (data[at]! - mean) ** 2;
  return { mean, variance: squares / rows };
}

/** Numbers of the texts of a step, ascending: a seeded choice, or all where a step has as many. */
export function textsOf(
  side: 'source' | 'target',
  texts: number,
  batch: number,
  seed: number,
  step: number,
): Int32Array {
  if (batch >= texts) return Int32Array.from({ length: texts }, (_, text) => text);
  return stream(seed, `lineas ${side}`, step).permutation(texts).slice(0, batch).sort();
}

/** Every unit of chosen rows in ascending order, [rows, units]. */
export function sortedRows({ data, columns }: RowMatrix, rows: Int32Array): Float32Array {
  const out = new Float32Array(rows.length * columns);
  const unit = new Float32Array(rows.length);
  for (let column = 0; column < columns; column++) {
    rows.forEach((row, k) => (unit[k] = data[row * columns + column]!));
    unit.sort().forEach((value, k) => (out[k * columns + column] = value));
  }
  return out;
}
