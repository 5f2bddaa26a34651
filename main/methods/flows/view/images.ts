/** @file Questions about generated images, and the answers' shapes. */
import type { FlowSolver } from './motion';

export interface ImageShape {
  height: number;
  width: number;
  channels: number;
}

/**
 * What a class-conditional flow is asked for: a class code; `each` for every class in turn; `none` for the flow of all
 * classes together. A flow without classes has `none` only. Default: `each` where there are classes, else `none`.
 */
export type AskedLabel = number | 'each' | 'none';

/** How images are generated. The same noise for the same `noiseSeed`, whatever the model, class, solver or budget. */
export interface GenerationArguments {
  step: number | 'latest';
  solver: FlowSolver;
  noiseSeed: number;
  label?: AskedLabel;
  /** Weight w of v∅ + w·(v_label − v∅); 1 is the plain class, 0 no class. Default: the run's setting. */
  guidance?: number;
}

/** One row of a grid: a class, or no class. */
export interface ClassRow {
  /** Code of the class, null for the flow of all classes together. */
  label: number | null;
  /** The class in the data's words; empty for no class. */
  name: string;
}

/** `samples`: images generated from the same noise at several evaluation counts (`samples-need-images` otherwise). */
export interface SamplesArguments extends GenerationArguments {
  evaluations: number[];
  /** Images per evaluation count and row of classes. */
  count: number;
}
export interface SamplesAnswer {
  step: number;
  image: ImageShape;
  /** Evaluations spent, in the order asked. */
  evaluations: number[];
  count: number;
  /** Names of all classes that may be asked for; empty for a flow without classes. */
  classes: string[];
  /** One row, or one per class. */
  rows: ClassRow[];
  guidance: number;
  /** [evaluations, rows, count, height, width, channels], 0–255; image k of every row starts from noise k. */
  pixels: Uint8Array;
}

/** `nearest`: the training images closest to generated ones, by the Euclidean distance of their pixels. */
export interface NearestArguments extends GenerationArguments {
  evaluations: number;
  /** Generated images, noise 0 … count−1 of each row of classes; at most 256 in all. */
  count: number;
  /** Training images for each; at most 16. */
  neighbours: number;
}
export interface NearestAnswer {
  step: number;
  image: ImageShape;
  count: number;
  neighbours: number;
  rows: ClassRow[];
  /** [rows, count, height, width, channels], 0–255. */
  generated: Uint8Array;
  /** [rows, count, neighbours, height, width, channels], nearest first. */
  pixels: Uint8Array;
  /** [rows, count, neighbours] rows of the data set. */
  dataRows: Uint32Array;
  /** [rows, count, neighbours] √Σ(difference of two pixels)², pixels from 0 to 255. */
  distances: Float32Array;
  /** [rows, count, neighbours] class codes, or null without labels. */
  labels: Int32Array | null;
}

/** `interpolation`: images generated on the way from one noise to another. */
export interface InterpolationArguments extends GenerationArguments {
  evaluations: number;
  /** Which noises of the seed; the same numbers as in `samples`. */
  from: number;
  to: number;
  /** Images, both ends included. */
  count: number;
}
export interface InterpolationAnswer {
  step: number;
  image: ImageShape;
  count: number;
  rows: ClassRow[];
  /** Noise is turned along a great circle; points of a source data set are mixed on a straight line. */
  path: 'circle' | 'line';
  /** [rows, count, height, width, channels], 0–255. */
  pixels: Uint8Array;
}
