/** @file Pairing two clouds of equal size, exactly or by Sinkhorn: the part that the couplings of pools have in common. */
import { coupleExactly } from '../../../transport/exact';
import {
  coupleOptions,
  coupleSinkhorn,
  type SinkhornCoupling,
  type SinkhornSettings,
} from '../../../transport/sinkhorn/couple';
import { SinkhornProgress } from '../../../transport/sinkhorn/progress';
import type { CouplingWork, PoolReport } from './coupling';

/** Two clouds to be paired, both [n, dimension]. */
export interface CloudsToPair {
  work: CouplingWork;
  x: Float32Array;
  y: Float32Array;
  dimension: number;
  /** Names the draw. */
  label: string;
}

export interface PairedClouds {
  /** [n] the point of the second cloud of each pair … */
  columns: Int32Array;
  /** … and of the first; 0, 1, 2 … where it is not given. */
  indices?: Int32Array;
  report: PoolReport;
  /** What a later pairing of like clouds may start from. */
  previous?: Previous;
}

export type Previous = SinkhornCoupling['previous'];

export interface CloudOptions {
  /** Multiplies ε where coordinates were added that should not count towards the deviation of the cost. */
  scale?: number;
  /** A pairing of like clouds to start from. */
  previous?: Previous | null;
}

/** Pairs two clouds; null when stopped. */
export type CloudCoupler = (clouds: CloudsToPair, options?: CloudOptions) => Promise<PairedClouds | null>;

/** The permutation of least total cost. */
export const exactClouds: CloudCoupler = async ({ work, x, y, dimension }) => {
  const paired = await coupleExactly(work.compute, x, y, dimension, {
    shouldStop: () => work.shouldStop(),
    onProgress: () => work.onProgress(),
  });
  return paired && { columns: paired.columns, report: plainReport(0) };
};

/** Draws from Sinkhorn's coupling, keyed by (seed, label). */
export function sinkhornClouds(settings: SinkhornSettings, seed: number): CloudCoupler {
  return async ({ work, x, y, dimension, label }, { scale = 1, previous = null } = {}) => {
    const progress = new SinkhornProgress(settings.tolerance, settings.maximumIterations);
    // A search for ε solves one coupling after the other: how many is not known.
    const searches = settings.sharpness > 0;
    const options = coupleOptions(settings, {
      epsilon: settings.epsilon * scale,
      previous,
      seed,
      label,
      shouldStop: () => work.shouldStop(),
      onIteration: (iteration, error) =>
        work.onProgress(searches ? undefined : progress.after(iteration, error)),
    });
    const coupled = await coupleSinkhorn(work.compute, x, y, dimension, options);
    if (!coupled) return null;
    const { columns, rows: indices, sharpness, iterations, marginalError, converged, notices } = coupled;
    const { conditionalVariance, effectiveTargets } = coupled;
    return {
      columns,
      ...(indices.some((index, k) => index !== k) ? { indices } : {}),
      previous: coupled.previous,
      report: {
        sharpness,
        epsilon: coupled.epsilon / scale,
        absoluteEpsilon: coupled.epsilon * coupled.deviation,
        iterations,
        marginalError,
        converged,
        notices,
        metrics: {
          ...(Number.isFinite(conditionalVariance) && {
            'coupling.conditionalVariance': conditionalVariance,
          }),
          'coupling.effectiveTargets': effectiveTargets,
        },
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
export function pairedCost(
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
