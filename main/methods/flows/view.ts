/** @file Questions the Flows panel may ask of a run, and the answers' shapes. Positions are in display coordinates: the data's own two columns, or the first two principal components. */

export type FlowSolver = 'euler' | 'midpoint' | 'heun' | 'rk4' | 'dopri5';
export type CouplingKind = 'independent' | 'assignment' | 'sinkhorn';

/** `display`: source and data clouds. */
export interface DisplayArguments {
  count: number;
}
export interface DisplayAnswer {
  /** Dimension of the data before projection. */
  dimension: number;
  axes: [string, string];
  /** Share of variance on each axis when projected; null when the data has two columns. */
  explained: [number, number] | null;
  /** [n, 2] points of the source and of the data. */
  source: Float32Array;
  target: Float32Array;
  /** Rows of the data set behind `target`. */
  targetRows: Uint32Array;
  /** Class codes of `target`, or null without labels. */
  targetLabels: Int32Array | null;
  labelNames: string[];
  image: { height: number; width: number; channels: number } | null;
}

/** `trajectories`: particles integrated from noise with the model as of a snapshot. Same noise for the same `noiseSeed` and count prefix. */
export interface TrajectoriesArguments {
  step: number | 'latest';
  solver: FlowSolver;
  /** Asked number of function evaluations; dopri5 ignores it. */
  evaluations: number;
  count: number;
  noiseSeed: number;
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

/** `pairs`: the same source and data points under another coupling. */
export interface PairsArguments {
  coupling: CouplingKind;
  epsilon: number;
  count: number;
}
export interface PairsAnswer {
  /** [n, 2] each; segment i goes from source[i] to target[i]. */
  source: Float32Array;
  target: Float32Array;
  /** ½‖x₀−x₁‖² in data units. */
  cost: Float32Array;
  /** Renormalised entropy E(P): 0 = permutation, 1 = independent. */
  sharpness: number;
  iterations: number;
  marginalError: number;
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

/** `samples`: images generated from the same noise at several evaluation counts (`samples-need-images` otherwise). */
export interface SamplesArguments {
  step: number | 'latest';
  solver: FlowSolver;
  evaluations: number[];
  count: number;
  noiseSeed: number;
}
export interface SamplesAnswer {
  step: number;
  image: { height: number; width: number; channels: number };
  evaluations: number[];
  count: number;
  /** [evaluations, count, height, width, channels], 0–255. */
  pixels: Uint8Array;
}
