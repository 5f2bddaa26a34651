/** @file Rows of a table as models take them, and the parts of a split. */
import type { SplitPart } from './split';

/** Rows of the table as the models take them. Targets and predictions are in standardised target units throughout. */
export interface Rows {
  count: number;
  /** Row of the data set behind each. */
  index: Uint32Array;
  /** [count, features] encoded, imputed and standardised. */
  x: Float32Array;
  /** [count, features] encoded and imputed, in the units of the data. */
  raw: Float32Array;
  /** [count, d] targets, standardised. */
  y: Float32Array;
  /** [count, d] the user's own predictions, standardised as the targets are; only with base `column`. */
  given?: Float32Array;
}

/** The four parts of a split; disjoint, each never empty. */
export type Split = Record<SplitPart, Rows>;
