/** @file Pairing two clouds of equal size, exactly or by Sinkhorn: the part that the couplings of pools have in common. */
import type { FlowsConfig } from '../config';
import { coupleSinkhorn } from '../sinkhorn/couple';
import { centre, costDeviation } from '../sinkhorn/scale';
import type { CouplingWork, PoolReport } from './coupling';
import { coupleExactly } from './exact';

export interface PairedClouds {
  /** [n] the point of the second cloud of each pair … */
  columns: Int32Array;
  /** … and of the first; 0, 1, 2 … where it is not given. */
  indices?: Int32Array;
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
    const {
      rows: indices,
      epsilon: used = epsilon * scale,
      deviation,
      diagnostics,
    } = coupled as typeof coupled & Told;
    const absoluteEpsilon =
      used * (deviation ?? costDeviation(centre(x, dimension), centre(y, dimension), dimension));
    return {
      columns,
      ...(indices?.some((index, k) => index !== k) ? { indices } : {}),
      report: {
        sharpness,
        epsilon: used / scale,
        absoluteEpsilon,
        iterations,
        marginalError,
        converged,
        metrics: {
          ...costOf(x, y, columns, dimension, indices),
          ...(diagnostics && Number.isFinite(diagnostics.conditionalVariance)
            ? {
                'coupling.conditionalVariance': diagnostics.conditionalVariance,
                'coupling.effectiveTargets': diagnostics.effectiveTargets.mean,
              }
            : {}),
        },
      },
    };
  };
}

/** What a coupling may tell beyond its pairs. */
interface Told {
  /** Points of the first cloud, where not each was drawn once. */
  rows?: Int32Array;
  /** Relative ε, where it was solved for. */
  epsilon?: number;
  deviation?: number;
  diagnostics?: { conditionalVariance: number; effectiveTargets: { mean: number } };
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
  indices?: Int32Array,
): Record<string, number> {
  let cost = 0;
  for (let i = 0; i < columns.length; i++) {
    const from = (indices?.[i] ?? i) * dimension;
    const to = columns[i]! * dimension;
    let squares = 0;
    for (let k = 0; k < dimension; k++) squares += (x[from + k]! - y[to + k]!) ** 2;
    cost += squares / 2;
  }
  return {
    'coupling.cost': cost / columns.length,
    'coupling.distinctTargets': new Set(columns).size / columns.length,
  };
}
