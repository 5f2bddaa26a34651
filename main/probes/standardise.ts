/** @file Units put on one scale by the statistics of the training items, and directions taken back to the units' own scale. */
import type { RowMatrix } from '../contract/projection';
import { denseRows, type RowsOperator } from '../numerics/rows-operator';

/** [width] each. A unit that does not vary has deviation Infinity, so that it is 0 on the common scale. */
export interface Scaler {
  mean: Float64Array;
  deviation: Float64Array;
}

/** Rounding of single precision makes units that are equal everywhere vary by this share of their size. */
const ROUNDING = 1e-6;

/** Mean and deviation (divisor n) of the given rows. */
export function scalerOf({ data, columns }: RowMatrix, rows: ArrayLike<number>): Scaler {
  const n = rows.length;
  const mean = new Float64Array(columns);
  const square = new Float64Array(columns);
  for (let r = 0; r < n; r++)
    for (let k = 0, at = rows[r]! * columns; k < columns; k++) mean[k]! += data[at + k]! / n;
  for (let r = 0; r < n; r++)
    for (let k = 0, at = rows[r]! * columns; k < columns; k++)
      square[k]! += (data[at + k]! - mean[k]!) ** 2 / n;
  const deviation = square.map((value, k) => {
    const root = Math.sqrt(value);
    return root > ROUNDING * Math.abs(mean[k]!) ? root : Infinity;
  });
  return { mean, deviation };
}

/** (x − mean)/deviation of the given rows, row-major in double precision. */
export function standardised(
  x: RowMatrix,
  rows: ArrayLike<number>,
  { mean, deviation }: Scaler,
): Float64Array {
  const { columns, data } = x;
  const out = new Float64Array(rows.length * columns);
  const factor = deviation.map((value) => 1 / value);
  for (let r = 0, at = 0; r < rows.length; r++)
    for (let k = 0, from = rows[r]! * columns; k < columns; k++, at++)
      out[at] = (data[from + k]! - mean[k]!) * factor[k]!;
  return out;
}

/** Standardised training and validation items of one task, with their labels. */
export interface FitRows {
  /** Row-major [rows, columns]. */
  values: Float64Array;
  operator: RowsOperator;
  labels: Uint8Array;
  /** Of tasks with paired statements. */
  pairs?: PairRows;
}

/** Standardised statements and what contradicts them, a pair a row, each side less its own mean. */
export interface PairRows {
  plus: RowsOperator;
  minus: RowsOperator;
}

export function fitRows(
  x: RowMatrix,
  rows: ArrayLike<number>,
  labels: ArrayLike<number>,
  scaler: Scaler,
): FitRows {
  const values = standardised(x, rows, scaler);
  return {
    values,
    operator: denseRows(values, x.columns),
    labels: Uint8Array.from(rows, (row) => labels[row]!),
  };
}

/** A linear score in the units' own scale: direction · x + offset. */
export interface LinearScore {
  direction: Float64Array;
  offset: number;
}

/** The score of weights and bias on standardised units. */
export function inOwnUnits(
  weights: ArrayLike<number>,
  bias: number,
  { mean, deviation }: Scaler,
): LinearScore {
  const direction = Float64Array.from(weights, (weight, k) => weight / deviation[k]!);
  let offset = bias;
  for (let k = 0; k < direction.length; k++) offset -= direction[k]! * mean[k]!;
  return { direction, offset };
}

/** Scores of the given rows; with `centre` [width] that mean is taken off instead of the training items' one. */
export function scoresOf(
  { data, columns }: RowMatrix,
  rows: ArrayLike<number>,
  { direction, offset }: LinearScore,
  recentre = 0,
): Float64Array {
  const out = new Float64Array(rows.length);
  for (let r = 0; r < rows.length; r++) {
    let sum = 0;
    for (let k = 0, at = rows[r]! * columns; k < columns; k++) sum += data[at + k]! * direction[k]!;
    out[r] = sum + offset + recentre;
  }
  return out;
}
