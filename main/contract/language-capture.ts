/** @file Captures of hooks over many texts: what is asked, the batches that come, what is known at the end. */
import type { ExactLevel } from './language';

/**
 * How the tokens of a text become one vector; `none` keeps every token, `each` lays the vectors of several poolings side by
 * side, so that one pass over the texts serves all of them.
 */
export type Pooling =
  TokenPooling | { kind: 'max' } | { kind: 'none' } | { kind: 'each'; of: readonly TokenPooling[] };

/** A weighted mean of tokens. Positions count the tokens that are kept, from 0, or from the end: -1 is the last one. */
export type TokenPooling = { kind: 'mean' } | { kind: 'last' } | { kind: 'position'; position: number };

/** Hooks of many texts, told batch by batch; for methods, not for views. */
export interface CaptureRequest {
  kind: 'capture';
  /** Which hooks: as `selectHooks` reads it (`resid_post:*`), or their ids. */
  hooks: string | readonly string[];
  pooling: Pooling;
  /** Whether the first token of a text counts. */
  first: boolean;
  level: ExactLevel;
  /** Texts of one run. */
  batch: number;
  /** Longer texts are cut at the end; 0 for the model's context. */
  maxTokens: number;
  /** Empty asks only which hooks are chosen and how wide they are. */
  texts: readonly string[];
  /** Number of the first text, for the batches. */
  from: number;
}

/** Some texts' vectors, one matrix per hook. */
export interface CaptureBatch {
  /** Numbers of the texts, in the order of the rows. */
  rows: number[];
  /** [rows, width] by hook, [rows, poolings, width] of `each`; where nothing is pooled, the tokens of all rows one below the other. */
  values: Record<string, Float32Array>;
  /** Tokens of each row, the cut ones not counted. */
  tokens: number[];
}

export interface CaptureSummary {
  hooks: { id: string; width: number }[];
  /** Texts that were cut. */
  cut: number;
  /** Whether every text was captured. */
  whole: boolean;
}
