/** @file Questions about the clouds and how they are paired, and the answers' shapes. Positions are in display coordinates. */

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
