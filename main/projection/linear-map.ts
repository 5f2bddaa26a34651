/** @file A linear map of rows to a few coordinates: fitted on some rows, kept, and applied to the same or to others. */
import { MongeError } from '../../native-models/error';
import { floats, scalar } from '../compute/run-rows';
import type { Compute } from '../contract/compute';
import type { RowMatrix } from '../contract/projection';
import { transposed } from '../numerics/points';
import { blockRows, scoreProgram } from './programs';

/** A map x → axes·(x − mean): all that another machine needs to draw the same picture. */
export interface LinearMap {
  kind: 'pca' | 'units' | 'class-means' | 'direction';
  /** [columns] */
  mean: Float64Array;
  /** [count, columns]; unit vectors, of PCA with the largest loading positive. */
  axes: Float64Array;
  /** [count] variance of the rows it was fitted on along each axis, divisor rows − 1. */
  variances: Float64Array;
  /** Over all columns of those rows. */
  totalVariance: number;
  /** How many rows it was fitted on. */
  rows: number;
}

/**
 * [rows, count] coordinates. Rows are centred in the 32-bit arithmetic of the program; what the mean loses there is put right
 * in double precision, so that an offset of all rows does not show.
 * @throws `projection-width` when the rows have another number of columns than those it was fitted on.
 */
export async function applyMap(compute: Compute, map: LinearMap, matrix: RowMatrix): Promise<Float32Array> {
  const { data, rows, columns } = matrix;
  if (map.mean.length !== columns)
    throw new MongeError({
      code: 'projection-width',
      blame: 'input',
      what: 'rows can be shown in a projection only where they have as many columns as the rows it was fitted on',
      got: `${columns} columns`,
      expected: `${map.mean.length}`,
    });
  const count = map.axes.length / columns;
  const out = new Float32Array(rows * count);
  const session = await compute.open(scoreProgram(columns, count), { device: 'cpu', label: 'projection' });
  try {
    const fixed = {
      mean: floats(Float32Array.from(map.mean)),
      scale: scalar(1),
      directions: floats(Float32Array.from(transposed(map.axes, columns)), [columns, count]),
    };
    const lost = lostOffsets(map, columns, count);
    const block = blockRows(columns);
    for (let first = 0; first < rows; first += block) {
      const some = Math.min(block, rows - first);
      const x = floats(data.subarray(first * columns, (first + some) * columns), [some, columns]);
      const { product } = await session.run({ ...fixed, x });
      const values = product!.data as Float32Array;
      for (let at = 0; at < values.length; at++) out[first * count + at] = values[at]! - lost[at % count]!;
    }
    return out;
  } finally {
    await session.close();
  }
}

function lostOffsets({ mean, axes }: LinearMap, columns: number, count: number): Float64Array {
  const lost = new Float64Array(count);
  for (let k = 0; k < count; k++)
    for (let column = 0; column < columns; column++)
      lost[k]! += axes[k * columns + column]! * (mean[column]! - Math.fround(mean[column]!));
  return lost;
}

/** [columns] the k-th axis of the space itself. */
export function unitAxis(columns: number, k: number): Float64Array {
  const axis = new Float64Array(columns);
  axis[k] = 1;
  return axis;
}
