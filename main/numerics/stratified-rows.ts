/** @file Fewer rows that still stand for all: one drawn from each of equal stretches. */
import { stream } from '../../native-models';

/**
 * `count` of the rows 0 … rows−1, ascending, always the same ones. Every k-th row would show one class of a file whose
 * classes take turns. All rows when `count` is not smaller than `rows`.
 */
export function stratifiedRows(rows: number, count: number): Uint32Array {
  const kept = Math.min(rows, count);
  const place = stream(0, 'thinned rows').uniform(new Float32Array(kept));
  return Uint32Array.from({ length: kept }, (_, i) => {
    const first = Math.floor((i * rows) / kept);
    const after = Math.floor(((i + 1) * rows) / kept);
    return Math.min(after - 1, first + Math.floor(place[i]! * (after - first)));
  });
}
