/** @file A data set as display points: projected, thinned evenly where there are too many, coloured by label. */
import type { PointsAnswer } from '../contract/engine';
import { fitDisplay } from './display';
import { stratifiedRows } from '../numerics/stretches';
import type { Dataset } from '../contract/data';

/**
 * At most `maximum` points of the data set. Where there are more rows, one row drawn from each of
 * `maximum` equal stretches is shown, always the same ones: every k-th row would show one class of
 * a file whose classes take turns. Throws `no-numeric-columns` and `no-rows` like `features()`.
 */
export async function previewPoints(dataset: Dataset, maximum: number): Promise<PointsAnswer> {
  const { matrix, rowIndex } = await dataset.features();
  const labels = await dataset.labels();
  const display = fitDisplay(matrix);
  const limit = Math.max(1, Math.floor(maximum));
  const count = Math.min(matrix.rows, Number.isFinite(limit) ? limit : matrix.rows);
  const d = matrix.columns;
  const chosen = new Float32Array(count * d);
  const rows = new Uint32Array(count);
  for (const [i, row] of stratifiedRows(matrix.rows, count).entries()) {
    chosen.set(matrix.data.subarray(row * d, (row + 1) * d), i * d);
    rows[i] = rowIndex[row]!;
  }
  return {
    points: display.project(chosen, count),
    rows,
    labels: labels ? Int32Array.from(rows, (row) => labels.codes[row]!) : null,
    labelNames: labels?.names ?? [],
    axes: display.axes,
    explained: display.explained,
    total: dataset.info.rows,
  };
}
