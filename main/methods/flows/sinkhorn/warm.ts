/** @file A start from the coupling before: its potential carried over to new points (LSC section 1.3). */
import type { Compute, Device } from '../../../compute/types';
import { openKernel } from './programs';
import { movedCentre, type CostSpace, type PreviousCoupling } from './space';

/**
 * [n] row potential for `space` at `epsilon` (absolute) from the coupling before, whose points Y and potential g extend to
 * any x: f(x) = −log n − κ·log Σ_j exp(x·y_j/ε + g_j). Both couplings were centred on their own means; with
 * δ the moves of the two centres, x·y before is (x + δx)·(y + δy) now, whose terms in y alone the column update finds.
 */
export async function extrapolated(
  compute: Compute,
  previous: PreviousCoupling,
  space: CostSpace,
  epsilon: number,
  { softness = 1, device }: { softness?: number; device?: Device } = {},
): Promise<Float64Array> {
  const { x, dimension, rowOffset } = space;
  const rows = x.length / dimension;
  const moveX = movedCentre(previous.space.meanX, space.meanX, space.projection);
  const moveY = movedCentre(previous.space.meanY, space.meanY, space.projection);
  const points = x.map((value, at) => value + moveX[at % dimension]!);
  const kernel = await openKernel(compute, points, previous.space.y, dimension, { device });
  let sums: Float64Array;
  try {
    sums = await kernel.reduceRows(previous.g, previous.epsilon);
  } finally {
    await kernel.close();
  }
  const logRows = Math.log(rows);
  return sums.map((sum, i) => {
    let along = 0;
    for (let k = 0; k < dimension; k++) along += x[i * dimension + k]! * moveY[k]!;
    const offset = rowOffset ? rowOffset[i]! / epsilon : 0;
    // Potentials in units of the cost carry over to another ε; dimensionless ones are scaled.
    const products = (-softness * sum + along / previous.epsilon) * (previous.epsilon / epsilon);
    return -logRows + products + softness * offset;
  });
}
