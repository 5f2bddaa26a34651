/** @file Pairing two clouds of equal size, exactly or by Sinkhorn: the part that the couplings of pools have in common. */
import type { FlowsConfig } from '../config';
import { coupleSinkhorn } from '../sinkhorn/couple';
import type { CouplingWork, PoolReport } from './coupling';
import { coupleExactly } from './exact';

export interface PairedClouds {
  /** [n] the point of the second cloud for each point of the first. */
  columns: Int32Array;
  report: PoolReport;
}

/**
 * Pairs `x` with `y`, both [n, dimension]; null when stopped. `label` names the draw. `scale` multiplies ε where
 * coordinates were added that should not count towards the deviation of the cost.
 */
export type CloudCoupler = (
  work: CouplingWork,
  x: Float32Array,
  y: Float32Array,
  dimension: number,
  label: string,
  scale?: number,
) => Promise<PairedClouds | null>;

export type SinkhornSettings = Pick<FlowsConfig, 'epsilon' | 'tolerance' | 'maximumIterations' | 'momentum'>;

/** The permutation of least total cost. */
export const exactClouds: CloudCoupler = async (work, x, y, dimension) => {
  const columns = await coupleExactly(work.compute, x, y, dimension, {
    shouldStop: () => work.shouldStop(),
    onProgress: () => work.onProgress(),
  });
  return columns && { columns, report: { ...plainReport(0), metrics: costOf(x, y, columns, dimension) } };
};

/** One draw per point from Sinkhorn's coupling, keyed by (seed, label). */
export function sinkhornClouds(settings: SinkhornSettings, seed: number): CloudCoupler {
  const { epsilon, tolerance, maximumIterations, momentum } = settings;
  return async (work, x, y, dimension, label, scale = 1) => {
    const coupled = await coupleSinkhorn(work.compute, x, y, dimension, {
      epsilon: epsilon * scale,
      tolerance,
      maximumIterations,
      momentum,
      seed,
      label,
      shouldStop: () => work.shouldStop(),
      onIteration: () => work.onProgress(),
    });
    if (!coupled) return null;
    const { columns, sharpness, iterations, marginalError, converged } = coupled;
    return {
      columns,
      report: {
        sharpness,
        epsilon,
        absoluteEpsilon: epsilon,
        iterations,
        marginalError,
        converged,
        metrics: costOf(x, y, columns, dimension),
      },
    };
  };
}

/** The report of a pairing that took no iterations. */
export function plainReport(sharpness: number): PoolReport {
  return {
    sharpness,
    epsilon: 0,
    absoluteEpsilon: 0,
    iterations: 0,
    marginalError: 0,
    converged: true,
    metrics: {},
  };
}

/** Mean of ½‖x_i − y_j(i)‖² over the drawn pairs, in model units, and the share of points of `y` that were drawn. */
export function costOf(
  x: Float32Array,
  y: Float32Array,
  columns: Int32Array,
  dimension: number,
): Record<string, number> {
  let cost = 0;
  for (let i = 0, at = 0; i < columns.length; i++) {
    const to = columns[i]! * dimension;
    let squares = 0;
    for (let k = 0; k < dimension; k++, at++) squares += (x[at]! - y[to + k]!) ** 2;
    cost += squares / 2;
  }
  return {
    'coupling.cost': cost / columns.length,
    'coupling.distinctTargets': new Set(columns).size / columns.length,
  };
}
