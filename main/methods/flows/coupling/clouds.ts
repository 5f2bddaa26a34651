/** @file Pairing two clouds of equal size, exactly or by Sinkhorn: the part that the couplings of pools have in common. */
import {
  coupleOptions,
  coupleSinkhorn,
  type Coupling,
  type SinkhornSettings,
} from '../../../transport/sinkhorn/couple';
import { SinkhornProgress } from '../../../transport/sinkhorn/progress';
import type { CouplingWork, PoolReport } from './coupling';
import { coupleExactly } from '../../../transport/exact';

export interface PairedClouds {
  /** [n] the point of the second cloud of each pair … */
  columns: Int32Array;
  /** … and of the first; 0, 1, 2 … where it is not given. */
  indices?: Int32Array;
  report: PoolReport;
  /** What a later pairing of like clouds may start from. */
  previous?: Previous;
}

export type Previous = Coupling['previous'];

export interface CloudOptions {
  /** Multiplies ε where coordinates were added that should not count towards the deviation of the cost. */
  scale?: number;
  /** A pairing of like clouds to start from. */
  previous?: Previous | null;
}

/** Pairs `x` with `y`, both [n, dimension]; null when stopped. `label` names the draw. */
export type CloudCoupler = (
  work: CouplingWork,
  x: Float32Array,
  y: Float32Array,
  dimension: number,
  label: string,
  options?: CloudOptions,
) => Promise<PairedClouds | null>;

/** The permutation of least total cost. */
export const exactClouds: CloudCoupler = async (work, x, y, dimension) => {
  const paired = await coupleExactly(work.compute, x, y, dimension, {
    shouldStop: () => work.shouldStop(),
    onProgress: () => work.onProgress(),
  });
  if (!paired) return null;
  const { columns } = paired;
  return { columns, report: { ...plainReport(0), metrics: costOf(x, y, columns, dimension) } };
};

/** Draws from Sinkhorn's coupling, keyed by (seed, label). */
export function sinkhornClouds(settings: SinkhornSettings, seed: number): CloudCoupler {
  return async (work, x, y, dimension, label, { scale = 1, previous = null } = {}) => {
    const progress = new SinkhornProgress(settings.tolerance, settings.maximumIterations);
    // A search for ε solves one coupling after the other: how many is not known.
    const searches = settings.sharpness > 0;
    const coupled = await coupleSinkhorn(
      work.compute,
      x,
      y,
      dimension,
      coupleOptions(settings, {
        epsilon: settings.epsilon * scale,
        previous,
        seed,
        label,
        shouldStop: () => work.shouldStop(),
        onIteration: (iteration, error) =>
          work.onProgress(searches ? undefined : progress.after(iteration, error)),
      }),
    );
    if (!coupled) return null;
    const { columns, rows: indices, sharpness, iterations, marginalError, converged, diagnostics } = coupled;
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
        notices: coupled.notices,
        metrics: {
          ...costOf(x, y, columns, dimension, indices),
          ...(Number.isFinite(diagnostics.conditionalVariance)
            ? { 'coupling.conditionalVariance': diagnostics.conditionalVariance }
            : {}),
          'coupling.effectiveTargets': diagnostics.effectiveTargets.mean,
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
