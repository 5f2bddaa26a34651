/** @file Parts of rows and of predictions. */
import type { NamedArray } from '../../../contract/define';
import type { Rows } from '../../../tables/rows';
import type { Prediction } from '../types';

/** Rows `from` … `to` − 1. */
export function sliceRows(rows: Rows, from: number, to: number): Rows {
  const part = (array: Float32Array) => {
    const width = rows.count === 0 ? 0 : array.length / rows.count;
    return array.slice(from * width, to * width);
  };
  return {
    count: to - from,
    index: rows.index.slice(from, to),
    x: part(rows.x),
    raw: part(rows.raw),
    y: part(rows.y),
    ...(rows.given ? { given: part(rows.given) } : {}),
  };
}

/** The same rows of a prediction. */
export function slicePrediction(prediction: Prediction, from: number, to: number): Prediction {
  return Object.fromEntries(
    Object.entries(prediction).map(([name, array]) => [name, sliceArray(array, from, to)]),
  );
}

function sliceArray({ data, shape }: NamedArray, from: number, to: number): NamedArray {
  const width = shape.slice(1).reduce((product, size) => product * size, 1);
  return { data: data.slice(from * width, to * width), shape: [to - from, ...shape.slice(1)] };
}
