/** @file Questions about generated images. */
import * as v from 'valibot';
import type { ImageShape } from '../../../contract/data';
import { between, question, whole } from '../../../contract/query';
import { evaluations, noiseSeed, solver, stepArgument } from './motion';

const generation = {
  step: stepArgument,
  solver,
  noiseSeed,
  /**
   * What a class-conditional flow is asked for: a class code; `each` for every class in turn; `none` for the flow of all
   * classes together. A flow without classes has `none` only. Default: `each` where there are classes, else `none`.
   */
  label: v.optional(v.union([v.picklist(['each', 'none']), whole(0, Infinity)])),
  /** Weight w of v∅ + w·(v_label − v∅); 1 is the plain class, 0 no class. Default: the run's setting. */
  guidance: v.optional(between(0, 20)),
};
/** How images are generated. */
export type Generation = v.InferOutput<v.StrictObjectSchema<typeof generation, undefined>>;

/** One row of a grid: a class, or no class. */
export interface ClassRow {
  /** Code of the class, null for the flow of all classes together. */
  label: number | null;
  /** The class in the data's words; empty for no class. */
  name: string;
}

export const imageQuestions = {
  /** Images generated from the same noise at several evaluation counts (`samples-need-images` otherwise). */
  samples: question<{
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
  }>()(
    v.strictObject({
      ...generation,
      evaluations: v.pipe(v.array(evaluations), v.minLength(1), v.maxLength(16)),
      /** Per row. */
      count: whole(1, 1024),
    }),
  ),

  /** The training images closest to generated ones, by the Euclidean distance of their pixels. */
  nearest: question<{
    step: number;
    count: number;
    neighbours: number;
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
  }>()(
    v.strictObject({
      ...generation,
      evaluations,
      /** Generated images, noise 0 … count−1 of each row of classes; at most 256 in all. */
      count: whole(1, 256),
      neighbours: whole(1, 16),
    }),
  ),

  /** Images generated on the way from one noise to another. */
  interpolation: question<{
    step: number;
    count: number;
    /** Noise is turned along a great circle; points of a source data set are mixed on a straight line. */
    path: 'circle' | 'line';
    /** [rows, count, height, width, channels], 0–255. */
    pixels: Uint8Array;
  }>()(
    v.strictObject({
      ...generation,
      evaluations,
      /** Which noises of the seed; the same numbers as in `samples`. */
      from: whole(0, 1023),
      to: whole(0, 1023),
      /** Images, both ends included. */
      count: whole(2, 128),
    }),
  ),
};
