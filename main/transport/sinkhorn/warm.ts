/** @file A start from the coupling before: its potential carried over to new points (LSC section 1.3). */
import type { Compute, Device } from '../../contract/compute';
import { openKernel } from '../programs';
import type { CostSpace, PreviousCoupling } from './space';

/**
 * [n] row potential for `space` at `epsilon` (absolute) from the coupling before, whose points Y and potential g extend to
 * any x: f(x) = −log n − κ·log Σ_j exp(x·y_j/ε + g_j). Both lie in centred coordinates, so that a pool that moved
 * as a whole needs nothing more: the coupling moves with it.
 */
export async function extrapolated(
  compute: Compute,
  previous: PreviousCoupling,
  { x, dimension, rowOffset }: CostSpace,
  epsilon: number,
  { softness = 1, device }: { softness?: number; device?: Device } = {},
): Promise<Float64Array> {
  const kernel = await openKernel(compute, x, previous.space.y, dimension, { device });
  let sums: Float64Array;
  try {
    sums = await kernel.reduceRows(previous.g, previous.epsilon);
  } finally {
    await kernel.close();
  }
  const logRows = Math.log(sums.length);
  // Potentials in units of the cost carry over to another ε; dimensionless ones are scaled.
  const scale = (softness * previous.epsilon) / epsilon;
  return sums.map(
    (sum, i) => -logRows - scale * sum + (rowOffset ? (softness * rowOffset[i]!) / epsilon : 0),
  );
}
