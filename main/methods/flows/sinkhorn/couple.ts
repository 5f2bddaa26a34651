/** @file A whole Sinkhorn coupling of two clouds: centre, scale ε, solve down the ladder, draw one column per row. */
import { MongeError } from '../../../../native-models/error';
import type { Compute, Device } from '../../../compute/types';
import { openKernel, scoreTiles } from './programs';
import { sampleRows } from './sample';
import { centre, costDeviation } from './scale';
import { ladderAbove, solveSinkhorn, type SinkhornSolution } from './solve';

export interface CoupleOptions {
  /** Relative to the standard deviation of the centred cost. */
  epsilon: number;
  /** E* that ε is solved for instead; 0 uses `epsilon`. */
  sharpness?: number;
  tolerance: number;
  maximumIterations: number;
  momentum: 'none' | 'adaptive';
  device?: Device;
  seed: number;
  /** Names the draw; the same (seed, label) gives the same pairs. */
  label: string;
  shouldStop?: () => boolean;
  onIteration?: (iteration: number, marginalError: number) => void;
}

export interface Coupling {
  /** [n] the column drawn for each row. */
  columns: Int32Array;
  sharpness: number;
  iterations: number;
  marginalError: number;
  converged: boolean;
  /** Whether the sharpness asked for was met within .01; true where none was asked for. */
  sharpnessReached: boolean;
  /** Relative ε that was used, and the deviation it is relative to. */
  epsilon: number;
  deviation: number;
  /** [n] and [m] dimensionless potentials: P_ij = exp(f_i + g_j + x_i·y_j/ε). */
  f: Float64Array;
  g: Float64Array;
}

/** Over-relaxation begins once the first transient of a rung is over. */
export const MOMENTUM_FROM = 20;

/**
 * Couples the rows of `x` [n, dimension] with those of `y` [m, dimension]; null when stopped.
 * Throws `sinkhorn-flat-cost` when one cloud is a single point, so that every pairing costs the same.
 */
export async function coupleSinkhorn(
  compute: Compute,
  x: Float32Array,
  y: Float32Array,
  dimension: number,
  options: CoupleOptions,
): Promise<Coupling | null> {
  const { sharpness: wanted } = options;
  if (!wanted) return coupleAt(compute, x, y, dimension, options);
  let [low, high] = [Math.log(1e-4), Math.log(100)];
  for (let k = 0; ; k++) {
    const epsilon = Math.exp((low + high) / 2);
    const found = await coupleAt(compute, x, y, dimension, { ...options, epsilon });
    const off = found ? Math.abs(found.sharpness - wanted) : 0;
    if (!found || off < 5e-3 || k === 16) return found && { ...found, sharpnessReached: off < 0.01 };
    if (found.sharpness < wanted) low = Math.log(epsilon);
    else high = Math.log(epsilon);
  }
}

async function coupleAt(
  compute: Compute,
  x: Float32Array,
  y: Float32Array,
  dimension: number,
  options: CoupleOptions,
): Promise<Coupling | null> {
  const [left, right] = [centre(x, dimension), centre(y, dimension)];
  const kernel = await openKernel(compute, left, right, dimension, { device: options.device });
  let epsilon: number;
  let deviation: number;
  let solution: SinkhornSolution | null;
  try {
    deviation = kernel.deviation ?? costDeviation(left, right, dimension);
    if (!(deviation > 0)) throw flatCost();
    epsilon = options.epsilon * deviation;
    solution = await solveSinkhorn(kernel, {
      epsilon,
      tolerance: options.tolerance,
      maximumIterations: options.maximumIterations,
      momentumFrom: options.momentum === 'adaptive' ? MOMENTUM_FROM : Infinity,
      ladder: ladderAbove(epsilon, deviation),
      shouldStop: options.shouldStop,
      onIteration: options.onIteration,
    });
  } finally {
    await kernel.close();
  }
  if (!solution) return null;
  const clouds = { x: left, y: right, dimension, epsilon, g: solution.g };
  const drawn = await sampleRows(
    clouds,
    scoreTiles(compute, clouds, { device: options.device }),
    options.seed,
    options.label,
    options.shouldStop,
  );
  return (
    drawn && {
      ...drawn,
      iterations: solution.iterations,
      marginalError: solution.marginalError,
      converged: solution.converged,
      sharpnessReached: true,
      epsilon: options.epsilon,
      deviation,
      f: solution.f,
      g: solution.g,
    }
  );
}

function flatCost(): MongeError {
  return new MongeError({
    code: 'sinkhorn-flat-cost',
    what: 'all points of a cloud coincide, so that no pairing is better than another',
    expected: 'at least two different points on each side',
    help: 'choose coupling=independent, or check that the feature columns vary',
  });
}
