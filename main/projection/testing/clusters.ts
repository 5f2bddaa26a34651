/** @file Made-up rows in clusters, and how well a layout keeps their neighbours. */
import { stream } from '../../../native-models';
import type { RowMatrix } from '../../contract/projection';
import { squaredDistance } from '../../numerics/points';

/** `rows` rows around `clusters` centres `apart` standard deviations from the origin; row i belongs to cluster i mod clusters. */
export function plantedClusters(
  rows: number,
  columns: number,
  clusters: number,
  apart = 6,
): RowMatrix & { classes: Int32Array } {
  const data = stream(5, 'planted rows').normal(new Float32Array(rows * columns));
  const centres = stream(5, 'planted centres').normal(new Float32Array(clusters * columns));
  const classes = Int32Array.from({ length: rows }, (_, row) => row % clusters);
  const factor = apart / Math.sqrt(columns);
  for (let row = 0; row < rows; row++)
    for (let k = 0; k < columns; k++)
      data[row * columns + k]! += factor * centres[classes[row]! * columns + k]!;
  return { data, rows, columns, classes };
}

/**
 * 1 − penalties for neighbours in the layout that are none among the rows (Venna and Kaski 2001), with `count` neighbours: 1
 * where all are, about ½ for a random layout.
 */
export function trustworthiness(
  { data, rows, columns }: RowMatrix,
  layout: Float32Array,
  count: number,
): number {
  let penalty = 0;
  for (let row = 0; row < rows; row++) {
    const rank = ranks(rows, row, (other) => squaredDistance(data, row, data, other, columns));
    const near = ranks(rows, row, (other) => squaredDistance(layout, row, layout, other, 2));
    for (let other = 0; other < rows; other++)
      if (other !== row && near[other]! <= count) penalty += Math.max(0, rank[other]! - count);
  }
  return 1 - (2 * penalty) / (rows * count * (2 * rows - 3 * count - 1));
}

/** The share of rows most of whose `count` nearest in the layout are of the same class. */
export function separated(layout: Float32Array, classes: Int32Array, count: number): number {
  const rows = classes.length;
  let right = 0;
  for (let row = 0; row < rows; row++) {
    const near = ranks(rows, row, (other) => squaredDistance(layout, row, layout, other, 2));
    let same = 0;
    for (let other = 0; other < rows; other++)
      if (other !== row && near[other]! <= count && classes[other] === classes[row]) same++;
    if (same > count / 2) right++;
  }
  return right / rows;
}

/** Rank of every other row by distance, from 1. */
function ranks(rows: number, self: number, distance: (other: number) => number): Int32Array {
  const distances = Float64Array.from({ length: rows }, (_, other) =>
    other === self ? -1 : distance(other),
  );
  const order = Array.from({ length: rows }, (_, row) => row).sort(
    (a, b) => distances[a]! - distances[b]! || a - b,
  );
  const rank = new Int32Array(rows);
  order.forEach((row, place) => (rank[row] = place));
  return rank;
}
