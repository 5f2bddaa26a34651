/** @file Dual variables of an assignment away from the borders of what is possible. */
import { transposed } from '../numerics/points';

/** Shortest-path searches in each direction, and sweeps over all columns after them. */
const ROOTS = 4;
const SWEEPS = 30;

/**
 * [size] prices that prove the assignment `columns` of `cost` [size, size] as the given ones do, but leave room. Those that
 * augmentation ends with lie in a corner, where many rows would as soon have another column than their own. Here the
 * mean of shortest-path solutions from and to some columns is taken, then each price is moved to the middle of what the others
 * allow, several times over.
 */
export function middlePrices(
  cost: Float64Array | Float32Array,
  size: number,
  { columns, prices }: { columns: Int32Array; prices: Float64Array },
): Float64Array {
  const slack = slackTable(cost, size, columns, prices);
  const reversed = transposed(slack, size);
  const roots = Math.min(ROOTS, size);
  const moves = new Float64Array(size);
  for (let k = 0; k < roots; k++) {
    const root = Math.floor((k * size) / roots);
    const after = distances(slack, size, root);
    const before = distances(reversed, size, root);
    for (let j = 0; j < size; j++) moves[j]! += (after[j]! - before[j]!) / (2 * roots);
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++)
    for (let j = 0; j < size; j++) {
      let [low, high] = [-Infinity, Infinity];
      for (let other = 0, at = j * size; other < size; other++, at++) {
        if (other === j) continue;
        const [below, above] = [moves[other]! - slack[at]!, moves[other]! + reversed[at]!];
        if (below > low) low = below;
        if (above < high) high = above;
      }
      if (high > low && size > 1) moves[j] = (low + high) / 2;
    }
  return prices.map((price, j) => price + moves[j]!);
}

/**
 * [size, size] slack[a, j] ≥ 0: how much the price of column j may rise against that of column a before the owner of a
 * would rather have j.
 */
function slackTable(
  cost: Float64Array | Float32Array,
  size: number,
  columns: Int32Array,
  prices: Float64Array,
): Float64Array {
  const slack = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    const own = columns[row]!;
    const base = cost[row * size + own]! - prices[own]!;
    for (let j = 0; j < size; j++)
      slack[own * size + j] = Math.max(0, cost[row * size + j]! - prices[j]! - base);
  }
  return slack;
}

/** [size] lengths of shortest paths from `root` to every column (Dijkstra 1959). */
function distances(slack: Float64Array, size: number, root: number): Float64Array {
  const distance = new Float64Array(size).fill(Infinity);
  const waiting = Int32Array.from({ length: size }, (_, column) => column);
  distance[root] = 0;
  let nearest = root;
  for (let left = size; left > 0; left--) {
    const column = waiting[nearest]!;
    waiting[nearest] = waiting[left - 1]!;
    const reached = distance[column]!;
    const from = column * size;
    let least = Infinity;
    for (let k = 0; k < left - 1; k++) {
      const other = waiting[k]!;
      const through = reached + slack[from + other]!;
      if (through < distance[other]!) distance[other] = through;
      if (distance[other]! < least) {
        least = distance[other]!;
        nearest = k;
      }
    }
  }
  return distance;
}
