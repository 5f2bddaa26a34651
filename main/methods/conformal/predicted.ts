/** @file Rows with what a model says of them: their residuals, their sets, and parts of both. */
import type { NamedArray } from '../../contract/define';
import type { Rows } from '../../tables/encode';
import type { ScoredSet } from './region/set';
import type { OpenScore, Prediction } from './types';

export interface Predicted {
  rows: Rows;
  prediction: Prediction;
}

/** [count, d] y − mean, in standardised target units. */
export function residualsOf({ rows, prediction }: Predicted): Float64Array {
  const mean = prediction.mean!.data;
  return Float64Array.from(rows.y, (value, k) => value - mean[k]!);
}

/** Rows `from` … `to` − 1 and what is said of them. */
export function partOf({ rows, prediction }: Predicted, from: number, to: number): Predicted {
  return { rows: sliceRows(rows, from, to), prediction: slicePrediction(prediction, from, to) };
}

/** The set of one row under a score, at a radius and a level. */
export function setAt(
  open: OpenScore,
  predicted: Predicted,
  row: number,
  radius: number,
  alpha: number,
): ScoredSet {
  const { rows, prediction } = partOf(predicted, row, row + 1);
  const d = rows.y.length;
  const evaluate = (y: Float32Array) =>
    open.evaluate({ count: y.length / d, y, x: rows.x, prediction }, alpha);
  return { d, radius, evaluate };
}

/** Rows `from` … `to` − 1. */
export function sliceRows({ count, ...arrays }: Rows, from: number, to: number): Rows {
  const parts = Object.entries(arrays).map(([name, array]) => {
    const width = count === 0 ? 0 : array.length / count;
    return [name, array.slice(from * width, to * width)];
  });
  return { count: to - from, ...(Object.fromEntries(parts) as Omit<Rows, 'count'>) };
}

/** The same rows of a prediction. */
export function slicePrediction(prediction: Prediction, from: number, to: number): Prediction {
  return Object.fromEntries(
    Object.entries(prediction).map(([name, array]) => [name, sliceArray(array, from, to)]),
  );
}

function sliceArray({ data, shape: [, ...rest] }: NamedArray, from: number, to: number): NamedArray {
  const width = rest.reduce((product, size) => product * size, 1);
  return { data: data.slice(from * width, to * width), shape: [to - from, ...rest] };
}
