/**
 * @file The exact assignment of fit residuals to equally many reference points, and the rank map that its dual variables give
 * (arXiv 2501.18991; section 1.7a): T(z) = u_j* with j* = argmax_j z·u_j − ψ_j.
 */
import { affine, argMax, constant, gather, type Tensor } from '../../../native-models';
import type { Compute } from '../../contract/compute';
import type { Arrays } from '../../contract/define';
import { matrix, vector } from '../../disk/named-arrays';
import { centre, meanPoint, normsOf, productOf, transposed } from '../../numerics/points';
import { stratifiedRows } from '../../numerics/stretches';
import { coupleExactly, negativeProducts } from '../exact';
import type { WorkOptions } from '../kernel';
import { middlePrices } from '../middle-prices';
import { spiralPoints } from './reference';
import { applied, scalingArrays, scalingOf, type AffineScaling } from './scaling';

/** The time of an assignment grows with n³: beyond this, residuals that stand for all are taken. */
export const MOST_ASSIGNED = 2000;

export interface DiscreteMap {
  d: number;
  scaling: AffineScaling;
  /** [n, d] reference points, each with a norm of its own. */
  points: Float32Array;
  /** [n] ψ_j of the convex function whose gradient is T. */
  psi: Float32Array;
  /** [n, d] the standardised residuals that were assigned, and [n] the reference point of each. */
  cloud: Float32Array;
  columns: Int32Array;
}

/** Fits the map on `residuals` [n, d]; null when stopped. */
export async function fitDiscreteMap(
  compute: Compute,
  residuals: Float64Array,
  scaling: AffineScaling,
  options: { seed: number } & Pick<WorkOptions, 'device' | 'shouldStop'>,
): Promise<DiscreteMap | null> {
  const { d } = scaling;
  const all = applied(scaling, residuals);
  const rows = stratifiedRows(all.length / d, MOST_ASSIGNED);
  const n = rows.length;
  const cloud = Float32Array.from({ length: n * d }, (_, k) => all[rows[Math.floor(k / d)]! * d + (k % d)]!);
  const points = spiralPoints(d, n, options.seed);
  const solution = await coupleExactly(compute, cloud, points, d, options);
  if (!solution) return null;
  const cost = negativeProducts(centre(cloud, d), centre(points, d), d);
  const prices = middlePrices(cost, n, solution);
  // The clouds were moved to the origin: −(z−z̄)·(u−ū) = −z·u + z̄·u + (a term of z alone).
  const ofMean = productOf(points, meanPoint(cloud, d));
  const psi = Float32Array.from(prices, (price, j) => ofMean[j]! - price);
  return { d, scaling, points, psi, cloud, columns: solution.columns };
}

/** [rows] ‖T(z̃)‖ of standardised residuals z̃ [rows, d]. */
export function discreteRankTensor({ d, points, psi }: DiscreteMap, scaled: Tensor): Tensor {
  const n = psi.length;
  const negativePsi = psi.map((value) => -value);
  const scores = affine(scaled, constant(transposed(points, d), [d, n]), constant(negativePsi, [n]));
  const norms = constant(Float32Array.from(normsOf(points, d)), [n]);
  return gather(norms, argMax(scores, 1), 0);
}

/** All that is needed to open the map again. */
export function discreteArrays({ d, scaling, points, psi, cloud, columns }: DiscreteMap): Arrays {
  return {
    ...{ points: matrix(points, d), psi: vector(psi), cloud: matrix(cloud, d), columns: vector(columns) },
    ...scalingArrays(scaling),
    logDeterminant: vector(Float64Array.of(scaling.logDeterminant)),
  };
}

/** The map that `discreteArrays` wrote. */
export function discreteMapOf(arrays: Arrays): DiscreteMap {
  const { points, psi, cloud, columns, logDeterminant } = arrays;
  const scaling = scalingOf(arrays, logDeterminant!.data[0]!);
  return {
    d: scaling.d,
    scaling,
    points: points!.data as Float32Array,
    psi: psi!.data as Float32Array,
    cloud: cloud!.data as Float32Array,
    columns: columns!.data as Int32Array,
  };
}
