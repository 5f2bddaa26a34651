/** @file Two clouds and the potential that couples them. */

export interface CoupledClouds {
  /** [n, dimension] and [m, dimension], centred as they were for the potentials. */
  x: Float32Array;
  y: Float32Array;
  dimension: number;
  epsilon: number;
  /** [m] dimensionless column potential. */
  g: Float64Array;
}
