/** @file Imputation and standardisation, learned from the training rows alone, on the host and inside programs. */
import { add, constant, divide, equal, multiply, subtract, where, type Tensor } from '../../native-models';
import { gatherRows } from '../numerics/gather';
import type { PreparedTable } from './prepare';
import { perPart, type SplitPart, type SplitRows } from './split';

/** Rows of the table as the models take them. Targets and predictions are in standardised target units throughout. */
export interface Rows {
  count: number;
  /** Row of the data set behind each. */
  index: Uint32Array;
  /** [count, features] encoded, imputed and standardised. */
  x: Float32Array;
  /** [count, features] encoded and imputed, in the units of the data. */
  raw: Float32Array;
  /** [count, d] targets, standardised. */
  y: Float32Array;
  /** [count, d] the user's own predictions, standardised as the targets are; only with base `column`. */
  given?: Float32Array;
}

/** The four parts of a split; disjoint, each never empty. */
export type Split = Record<SplitPart, Rows>;

/** Fewer training rows say nothing of a spread; the fit rows, which are not calibrated on either, then help. */
const FEWEST_ROWS = 10;

/** What takes data units to the models' and back: x → (x − mean)/scale. Kept in 32 bits, so that programs and host agree. */
export interface Encoding {
  /** [p] by feature. */
  median: Float32Array;
  mean: Float32Array;
  scale: Float32Array;
  /** [d] by target. */
  targetMean: Float32Array;
  targetScale: Float32Array;
}

/** Learns the encoding from the training rows, with fewer than 10 of them from the fit rows too. Constant columns have scale 1. */
export function fitEncoding(
  { raw, y, names, targets, standardise }: PreparedTable,
  { train, fit }: Pick<SplitRows, 'train' | 'fit'>,
): Encoding {
  const rows = train.length < FEWEST_ROWS ? Uint32Array.from([...train, ...fit]) : train;
  const [p, d] = [names.length, targets.length];
  const encoding: Encoding = {
    median: new Float32Array(p),
    mean: new Float32Array(p),
    scale: new Float32Array(p).fill(1),
    targetMean: new Float32Array(d),
    targetScale: new Float32Array(d).fill(1),
  };
  for (let k = 0; k < p; k++) {
    const values = Float64Array.from(rows, (row) => raw[row * p + k]!);
    encoding.median[k] = medianOf(values);
    for (const [at, value] of values.entries()) if (Number.isNaN(value)) values[at] = encoding.median[k]!;
    [encoding.mean[k], encoding.scale[k]] = spreadOf(values);
  }
  if (standardise)
    for (let k = 0; k < d; k++) {
      const values = Float64Array.from(rows, (row) => y[row * d + k]!);
      [encoding.targetMean[k], encoding.targetScale[k]] = spreadOf(values);
    }
  return encoding;
}

/** The four parts of a split as the models take them, and what they were encoded with. */
export function encodeSplit(table: PreparedTable, rows: SplitRows): { split: Split; encoding: Encoding } {
  const encoding = fitEncoding(table, rows);
  return { split: perPart((part) => encodeRows(table, encoding, rows[part])), encoding };
}

/** Some rows of a table. */
export function encodeRows(table: PreparedTable, encoding: Encoding, rows: Uint32Array): Rows {
  const { given, targets, names } = table;
  const [p, d] = [names.length, targets.length];
  const { raw, x } = encodeFeatures(encoding, gatherRows(table.raw, p, rows));
  return {
    count: rows.length,
    index: Uint32Array.from(rows, (row) => table.index[row]!),
    ...{ x, raw },
    y: standardiseTargets(encoding, gatherRows(table.y, d, rows)),
    ...(given && { given: standardiseTargets(encoding, gatherRows(given, d, rows)) }),
  };
}

/** Features [rows, p] in data units, NaN where missing: imputed, and standardised as well. */
export function encodeFeatures({ median, mean, scale }: Encoding, raw: Float32Array) {
  const p = median.length;
  const imputed = raw.map((value, at) => (Number.isNaN(value) ? median[at % p]! : value));
  return { raw: imputed, x: imputed.map((value, at) => (value - mean[at % p]!) / scale[at % p]!) };
}

/** Targets [rows, d] from data units to standardised ones. */
export function standardiseTargets({ targetMean, targetScale }: Encoding, y: Float32Array): Float32Array {
  const d = targetMean.length;
  return y.map((value, at) => (value - targetMean[at % d]!) / targetScale[at % d]!);
}

/** Targets [rows, d] from standardised units to data units. */
export function unstandardiseTargets({ targetMean, targetScale }: Encoding, y: Float32Array): Float32Array {
  const d = targetMean.length;
  return y.map((value, at) => value * targetScale[at % d]! + targetMean[at % d]!);
}

/** Inside a program: features [rows, p] in data units, NaN where missing, to those of the models. */
export function encodeTensor({ median, mean, scale }: Encoding, x: Tensor): Tensor {
  const row = (values: Float32Array) => constant(values, [1, values.length], x.dtype);
  // A number that is not itself is missing.
  const imputed = where(equal(x, x), x, row(median));
  return divide(subtract(imputed, row(mean)), row(scale));
}

/** Inside a program: targets [rows, d] in data units to standardised ones. */
export function standardiseTensor({ targetMean, targetScale }: Encoding, y: Tensor): Tensor {
  const d = targetMean.length;
  return divide(subtract(y, constant(targetMean, [1, d], y.dtype)), constant(targetScale, [1, d], y.dtype));
}

/** Inside a program: targets [rows, d] in standardised units to data units. */
export function unstandardiseTensor({ targetMean, targetScale }: Encoding, y: Tensor): Tensor {
  const d = targetMean.length;
  return add(multiply(y, constant(targetScale, [1, d], y.dtype)), constant(targetMean, [1, d], y.dtype));
}

/** The middle of the values that are there; 0 where none is. */
function medianOf(values: Float64Array): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return 0;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Mean and population standard deviation; 1 instead of a spread that is 0 or lost in rounding. */
function spreadOf(values: Float64Array): [mean: number, scale: number] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const scale = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  return [mean, scale > 1e-7 * Math.abs(mean) && scale > 1e-30 ? scale : 1];
}
