/** @file Questions about the learned flow, and the answers' shapes. Positions are in display coordinates. */

import type { FlowSolver } from '../../../ode/types';

export type { FlowSolver } from '../../../ode/types';
/** Where the steps of a fixed solver lie on [0, 1]. */
export type FlowTimeGrid = 'uniform' | 'edm' | 'sigmoid' | 'squared';

/** `trajectories`: particles integrated from noise with the model as of a snapshot. Same noise for the same `noiseSeed` and count prefix. */
export interface TrajectoriesArguments {
  step: number | 'latest';
  solver: FlowSolver;
  /** Asked number of function evaluations; dopri5 ignores it. */
  evaluations: number;
  count: number;
  noiseSeed: number;
  /** Uniform by default. */
  grid?: FlowTimeGrid;
}
export interface TrajectoriesAnswer {
  /** Step of the snapshot used. */
  step: number;
  /** Function evaluations actually spent per particle. */
  evaluations: number;
  /** [T] from 0 (source) to 1 (data). */
  times: Float32Array;
  /** [T, n, 2] display positions. */
  positions: Float32Array;
  count: number;
}

/** `curvature`: per path ∫‖v−(x₁−x₀)‖² dt (50 Euler steps), summed over coordinates. */
export interface CurvatureArguments {
  step: number | 'latest';
  count: number;
  noiseSeed: number;
}
export interface CurvatureAnswer {
  step: number;
  /** [n], squared data units. */
  perPath: Float32Array;
  /** Mean over paths of ‖v−(x₁−x₀)‖² at each of `times`. */
  times: Float32Array;
  profile: Float32Array;
}

/** `field`: the velocity on a grid, for two-dimensional data only (`field-needs-two-dimensions` otherwise). */
export interface FieldArguments {
  step: number | 'latest';
  time: number;
  /** Grid points per axis. */
  grid: number;
  extent: [number, number, number, number];
}
export interface FieldAnswer {
  step: number;
  /** [grid·grid, 2] positions and velocities. */
  positions: Float32Array;
  velocities: Float32Array;
}

/** `divergence`: ∇·v in the cells of a grid, for two-dimensional data only (`field-needs-two-dimensions` otherwise). */
export type DivergenceArguments = FieldArguments;
export interface DivergenceAnswer {
  step: number;
  grid: number;
  extent: [number, number, number, number];
  /** [grid·grid] rows from the lowest y up; positive where the flow spreads out. */
  values: Float32Array;
}

/** `speed`: ‖v‖ along 50 Euler steps. */
export type SpeedArguments = CurvatureArguments;
export interface SpeedAnswer {
  step: number;
  /** [T] times, and over the particles the mean, the 10 % and the 90 % quantile; data units per unit of time. */
  times: Float32Array;
  mean: Float32Array;
  low: Float32Array;
  high: Float32Array;
}

/** `fewStepError`: how far few evaluations end from 64 of the same solver, path by path; the paths of `curvature`. */
export type FewStepErrorArguments = TrajectoriesArguments;
export interface FewStepErrorAnswer {
  step: number;
  /** Evaluations spent by the cheap solution. */
  evaluations: number;
  /** [n] distances in data units. */
  errors: Float32Array;
}
