/** @file Rows by stretches: one drawn from each of equal ones, so that few stand for all, and the stretch that holds a value. */
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

/** The first of the ascending `ends` that lies above the value; the last one where none does. */
export function stretchOf(ends: Float64Array, value: number): number {
  let [low, high] = [0, ends.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
