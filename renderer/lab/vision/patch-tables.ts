/** @file What the figures of patches hold as tables, and the numbers their colours are scaled by. */
import type { FigureTable } from '../../../figures/table';
import type { PatchAttention, PatchColours, PatchGrid, PatchLikeness } from '../../../main/rpc/contract';

/** Smallest and largest of the finite values; 0 and 1 where there are none. */
export function span(values: Float32Array): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? [low, high] : [0, 1];
}

/** [rows, columns] the mean share over all heads. */
export function meanOverHeads({ values, heads }: PatchAttention): Float32Array {
  const mean = new Float32Array(values.length / heads);
  values.forEach((value, at) => (mean[at % mean.length]! += value / heads));
  return mean;
}

export function coloursTable(colours: PatchColours | null): FigureTable {
  const columns = ['row', 'column', 'red', 'green', 'blue', 'component 1', 'component 2', 'component 3'];
  if (!colours) return { columns, rows: [] };
  const { rgb, coordinates } = colours;
  const rows = each(colours.grid, (patch) => [
    ...rgb.subarray(3 * patch, 3 * patch + 3),
    ...coordinates.subarray(3 * patch, 3 * patch + 3),
  ]);
  return { columns, rows };
}

export function likenessTable(likeness: PatchLikeness | null): FigureTable {
  const columns = ['row', 'column', 'cosine'];
  if (!likeness) return { columns, rows: [] };
  return { columns, rows: each(likeness.grid, (patch) => [likeness.values[patch]!]) };
}

/** All heads; the first line has the shares of the class token. */
export function attentionTable(attention: PatchAttention | null): FigureTable {
  if (!attention) return { columns: ['row', 'column'], rows: [] };
  const { grid, values, heads, classShare } = attention;
  const size = grid.rows * grid.columns;
  const names = Array.from({ length: heads }, (_, head) => `head ${head}`);
  const rows = each(grid, (patch) => names.map((_, head) => values[head * size + patch]!));
  return { columns: ['row', 'column', ...names], rows: [['class token', '', ...classShare], ...rows] };
}

function each({ rows, columns }: PatchGrid, values: (patch: number) => number[]): number[][] {
  return Array.from({ length: rows * columns }, (_, patch) => [
    Math.floor(patch / columns),
    patch % columns,
    ...values(patch),
  ]);
}
