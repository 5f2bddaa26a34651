/** @file Questions about the clouds and how they are paired, and the answers' shapes. Positions are in display coordinates. */

/** Couplings of a given set of points. */
export type CouplingKind = 'independent' | 'assignment' | 'sinkhorn' | 'semidiscrete';
/** What pairs can be drawn for: the known map of a problem as well, which needs no data points. */
export type PairsKind = CouplingKind | 'map';

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

/** `pairs`: the same source and data points under another coupling, with the run's own ε, cost and classes. */
export interface PairsArguments {
  coupling: PairsKind;
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

/** What fixes a coupling: its kind and a relative ε, or for Sinkhorn the sharpness E* that ε is solved for. */
export interface CouplingChoice {
  coupling: CouplingKind;
  knob: 'epsilon' | 'sharpness';
  value: number;
}

/** `coupling`: one small set of points under a chosen coupling; every question about it speaks of the same points. */
export interface CouplingArguments extends CouplingChoice {
  count: number;
}
export interface CouplingAnswer {
  count: number;
  axes: [string, string];
  /** [n, 2] source and data points; row i of P belongs to source[i], column j to target[j]. */
  source: Float32Array;
  target: Float32Array;
  /** [n] rows of the data set behind `target`. */
  targetRows: Uint32Array;
  /** [n] the column drawn for each row. */
  columns: Int32Array;
  /** [n] of the drawn pairs: ½‖x₀−x₁‖² in data units, and P(x₁|x₀) = n·P_ij. */
  cost: Float32Array;
  share: Float32Array;
  /** Renormalised entropy E(P): 0 = permutation, 1 = independent. */
  sharpness: number;
  /** Relative ε used, in standard deviations of the cost; 0 where nothing is blurred. */
  epsilon: number;
  iterations: number;
  /** L1 violation of the marginals; for semidiscrete χ² of how evenly the data points are used. */
  marginalError: number;
  converged: boolean;
  /** Whether the sharpness asked for was met within .01; true where none was asked for. */
  reached: boolean;
  seconds: number;
  /** [n] exp of each row's entropy: how many data points a source point is spread over. */
  effectiveTargets: Float32Array;
  /** [n] how often each data point was drawn when every source point drew once. */
  draws: Uint32Array;
  /** Mean of Var(x₁|x₀) under P, as a share of Var(x₁), per standardised column. */
  conditionalVariance: number;
}

/** `couplingTable`: P of the same points, sorted. */
export interface CouplingTableArguments extends CouplingArguments {
  order: 'component' | 'class';
}
export interface CouplingTableAnswer {
  count: number;
  /** [n, n] P(x₁|x₀) = n·P_ij in sorted order, rows first. */
  shares: Float32Array;
  /** [n] the source point of each row and the data point of each column. */
  rowOrder: Int32Array;
  columnOrder: Int32Array;
}

/** `couplingCurve`: E(P) and its price at a few relative ε over the same points. */
export interface CouplingCurveArguments {
  epsilons: number[];
  count: number;
}
export interface CouplingCurveAnswer {
  epsilons: Float64Array;
  sharpness: Float64Array;
  iterations: Float64Array;
  marginalErrors: Float64Array;
  seconds: Float64Array;
}

/** `couplingScaling`: how blurred the partner of a source point is over fresh batches of `size` points. */
export interface CouplingScalingArguments extends CouplingChoice {
  /** A semidiscrete coupling has no batches. */
  coupling: Exclude<CouplingKind, 'semidiscrete'>;
  size: number;
}
export interface CouplingScalingAnswer {
  size: number;
  /** Var(x₁|x₀) as a share of Var(x₁), over batches and draws. */
  conditionalVariance: number;
  /** Source points it is averaged over. */
  probes: number;
  /** Estimated intrinsic dimension r of the data (two nearest neighbours), and the rows it was estimated on. */
  intrinsicDimension: number;
  dimensionRows: number;
  /** Largest batch that can be asked for with this data. */
  largest: number;
}

/** `couplingBlur`: images coupled with their own circular blur, whose true coupling is the identity. */
export interface CouplingBlurArguments {
  epsilons: number[];
  count: number;
}
export interface CouplingBlurAnswer {
  count: number;
  epsilons: Float64Array;
  /** Σ_i P_ii. */
  diagonal: Float64Array;
  sharpness: Float64Array;
}
