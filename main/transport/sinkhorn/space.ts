/** @file The clouds as the cost sees them: centred, perhaps projected; and a coupling carried over from others like them. */
import type { Compute, Device } from '../../contract/compute';
import { centre, halfSquares } from '../../numerics/points';
import type { Clouds } from '../kernel';
import { withKernel } from '../programs';
import { costDeviation, squaredCostDeviation } from '../scale';
import { fitProjection, projectClouds, type CostProjection } from './project';

/** C_ij = −x_i·y_j + a_i + b_j in the coordinates kept here. */
export interface CostSpace extends Clouds {
  /** a and b, for the squared distance only. */
  rowOffset?: Float64Array;
  columnOffset?: Float64Array;
  projection: CostProjection | null;
}

export interface CostOptions {
  cost?: 'dot' | 'squared';
  /** Take the deviation of the cost from centred clouds; default true. */
  centre?: boolean;
  /** Principal components of the cost; 0, absent or at least the dimension for all coordinates. */
  components?: number;
  /** The basis of those components, fitted before on more data or on another pool; default: fitted on `y`. */
  projection?: CostProjection | null;
}

/** Brings `x` [n, dimension] and `y` [m, dimension] into the space of the cost. P does not depend on where clouds lie, so they are always centred. */
export async function costSpace(
  compute: Compute,
  x: Float32Array,
  y: Float32Array,
  dimension: number,
  { cost = 'dot', components = 0, projection: given }: CostOptions,
): Promise<CostSpace> {
  let [left, right] = [centre(x, dimension), centre(y, dimension)];
  let projection: CostProjection | null = null;
  if (components > 0 && components < dimension) {
    const fits = given?.dimension === dimension && given.components === components;
    projection = fits ? given : await fitProjection(compute, right, dimension, components);
    [left, right] = await projectClouds(compute, left, right, projection);
  }
  const width = projection?.components ?? dimension;
  return {
    ...{ x: left, y: right, dimension: width },
    ...(cost === 'squared'
      ? { rowOffset: halfSquares(left, width), columnOffset: halfSquares(right, width) }
      : {}),
    projection,
  };
}

/**
 * The deviation of the cost that ε is relative to; `products` is that of x·y in this space, where it is known
 * already. Without `centre` the clouds count as they lie, projected but not moved.
 */
export async function deviationOf(
  compute: Compute,
  space: CostSpace,
  x: Float32Array,
  y: Float32Array,
  products: number | undefined,
  options: CostOptions,
): Promise<number> {
  const deviation = options.cost === 'squared' ? squaredCostDeviation : costDeviation;
  if (options.centre !== false) {
    if (options.cost !== 'squared' && products !== undefined) return products;
    return deviation(space.x, space.y, space.dimension);
  }
  if (!space.projection) return deviation(x, y, space.dimension);
  const [left, right] = await projectClouds(compute, x, y, space.projection);
  return deviation(left, right, space.dimension);
}

/** What a later coupling of other points starts from. */
export interface PreviousCoupling {
  space: Pick<CostSpace, 'y' | 'dimension' | 'projection'>;
  /** Absolute and relative to the deviation of the cost. */
  epsilon: number;
  relativeEpsilon: number;
  /** [m] column potential of the products alone: g_j − b_j/ε. */
  g: Float64Array;
}

/** Whether a solution can be carried over: its points must lie in the same coordinates. */
export function fitsSpace(previous: PreviousCoupling, space: CostSpace): boolean {
  const { dimension, projection } = previous.space;
  return dimension === space.dimension && projection?.basis === space.projection?.basis;
}

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
  const sums = await withKernel(compute, { x, y: previous.space.y, dimension }, { device }, (kernel) =>
    kernel.reduceRows(previous.g, previous.epsilon),
  );
  const logRows = Math.log(sums.length);
  // Potentials in units of the cost carry over to another ε; dimensionless ones are scaled.
  const scale = (softness * previous.epsilon) / epsilon;
  return sums.map(
    (sum, i) => -logRows - scale * sum + (rowOffset ? (softness * rowOffset[i]!) / epsilon : 0),
  );
}
