/** @file What the Sinkhorn iteration needs of two fixed clouds, without saying how it is computed. */
import type { Device } from '../contract/compute';

/** Two clouds, centred. */
export interface Clouds {
  /** [n, dimension] and [m, dimension]. */
  x: Float32Array;
  y: Float32Array;
  dimension: number;
}

/** Two clouds and the potential that couples them, centred as they were for the potentials. */
export interface CoupledClouds extends Clouds {
  epsilon: number;
  /** [m] dimensionless column potential. */
  g: Float64Array;
}

/** How the sums over clouds are worked out. */
export interface TileOptions {
  device?: Device;
  /** Rows of a piece of work; default by dimension and width. No result depends on it. */
  tileRows?: number;
  /** Keep the table of products: default in many dimensions and up to 2²⁴ pairs. */
  keepTable?: boolean;
}

/** The same of work that can be given up. */
export interface WorkOptions extends TileOptions {
  shouldStop?: () => boolean;
}

/** The potentials of one fused step and how rows are weighted. Potentials are dimensionless (divided by ε). */
export interface StepRequest {
  /** [n] and [m], rounded to single precision by the caller, so that what is summed is what the caller holds. */
  f: Float32Array;
  g: Float32Array;
  epsilon: number;
  /** The weight of row i is exp(shift_i + exponent·log R_i); shift absent: zeros. */
  exponent: number;
  shift?: Float32Array;
}

/** With E_ij = exp(x_i·y_j/ε + f_i + g_j): [n] R_i = Σ_j E_ij and [m] C_j = Σ_i w_i·E_ij. May hold 0, Infinity or NaN. */
export interface StepSums {
  rows: Float64Array;
  columns: Float64Array;
}

/**
 * Sums over S_ij = x_i·y_j / ε + potentials, for two fixed clouds of n and m points. Owned by whoever opened it.
 */
export interface SinkhornKernel {
  readonly rows: number;
  readonly columns: number;
  /** Standard deviation of x·y over all pairs, where the products are at hand anyway. */
  readonly deviation?: number;
  /** [n] log Σ_j exp(x_i·y_j/ε + g_j), protected against overflow. */
  reduceRows(g: Float64Array, epsilon: number): Promise<Float64Array>;
  /** [m] log Σ_i exp(x_i·y_j/ε + f_i), protected against overflow. */
  reduceColumns(f: Float64Array, epsilon: number): Promise<Float64Array>;
  /** Both sums of an iteration in one pass over the pairs, unprotected: for potentials that nearly solve the problem. */
  step?(request: StepRequest): Promise<StepSums>;
  close(): Promise<void>;
}
