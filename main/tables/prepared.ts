/** @file A table that is ready to be split: what `prepareTable` makes of a data set, and the toys of nothing. */
/** A column of the data set and, for categories, the words that become columns of zeros and ones. */
export interface FeatureColumn {
  name: string;
  levels?: string[];
}

export interface PreparedTable {
  task: 'regression' | 'classification';
  rows: number;
  /** Row of the data set behind each. */
  index: Uint32Array;
  /** [rows, p] encoded features in the units of the data; NaN where missing. */
  raw: Float32Array;
  /** p names; those of categories with their word, as `colour=red`. */
  names: string[];
  /** The columns behind them. */
  columns: FeatureColumn[];
  /** [rows, d] in data units; for a classification the class of each row, d = 1. */
  y: Float32Array;
  targets: string[];
  /** [rows, d] predictions brought along, in data units. */
  given?: Float32Array;
  /** The classes in the data's words. */
  classes?: string[];
  /** Whether targets are standardised for the models; those of toys are left in their own units. */
  standardise: boolean;
  /** Sentences for the person. */
  notices: string[];
}
