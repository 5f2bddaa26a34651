/** @file Questions about the sets of single test rows, and about the map behind transport scores. */
import * as v from 'valibot';
import { between, question, whole } from '../../../contract/query';
import type { ConformalScoreId } from '../scores/catalogue';

export const score = v.pipe(v.string(), v.minLength(1), v.maxLength(40));
export const scores = v.pipe(v.array(score), v.maxLength(40));
export const alpha = between(1e-6, 0.999_999);
/** Which test row, counted from 0. */
export const row = whole(0, Infinity);
/** The two targets that are drawn. */
export const pair = v.tuple([whole(0, 1000), whole(0, 1000)]);
/** For more than two targets: all others at the predicted mean, or everything that can be reached by moving them. */
export const through = v.picklist(['slice', 'projection']);

const regionArguments = v.strictObject({ scores, alpha, row, pair, through });
export type RegionsRequest = v.InferOutput<typeof regionArguments>;

/** `everything` where too few rows were calibrated for the level. */
export type SetState = 'set' | 'everything' | 'empty';

export interface Region {
  score: ConformalScoreId;
  state: SetState;
  /** Calibrated radius; null for everything and for level-dependent scores. */
  radius: number | null;
  /** Closed outlines, [k, 2] each; holes by the even-odd rule. Several pieces are allowed. */
  rings: Float32Array[];
  /** The outline was cut by the edge of the drawn window. */
  clipped: boolean;
  /** The row's own target is inside. */
  inside: boolean;
  /** Of the other test rows' targets, how many lie inside this row's set. */
  others: number;
  /** Area of what is drawn, in data units; null where it is not finite. */
  area: number | null;
}

export interface RowRegions {
  row: number;
  datasetRow: number;
  /** [d]. */
  mean: number[];
  truth: number[];
  regions: Region[];
}

export const setQuestions = {
  /** The sets of one test row, drawn. */
  regions: question<RowRegions>()(regionArguments),

  /** For three targets: the surface of one set. */
  mesh: question<{
    state: SetState;
    /** [n, 3]. */
    positions: Float32Array;
    /** [t, 3]. */
    triangles: Uint32Array;
    mean: number[];
    truth: number[];
  }>()(v.strictObject({ score, alpha, row })),
};

export const mapQuestions = {
  /** The entropic map of `otcp` or `otcpStandardised`. */
  transport: question<{
    /** [n, 2] first two coordinates of the standardised fit residuals, and their ranks ‖T‖. */
    cloud: Float32Array;
    ranks: Float32Array;
    /** [n, 2] their images in the ball. */
    images: Float32Array;
    /** [m, 2] the reference points. */
    reference: Float32Array;
    /** Share of far directions that are still inside the set at the run's level, at 1.5, 3 and 10 times the largest residual. */
    leak: { factor: number; share: number }[];
    epsilon: number;
    iterations: number;
    marginalError: number;
    saturated: boolean;
  }>()(v.strictObject({ score })),

  /** Vector quantiles of an entropic map pulled back; a preview without a guarantee. */
  contours: question<{
    /** Coverage that each line means, .2 .5 .8 and 1 − alpha; its radius is the calibration quantile at that level. */
    levels: number[];
    /** [k, 2] each, closed. */
    lines: Float32Array[];
  }>()(v.strictObject({ score, alpha, row, pair })),

  /** Full conformal by one assignment per candidate, two targets only. */
  transductive: question<{
    /** Candidates [grid, grid], 1 where the residual is accepted; rows from the lowest second coordinate up. */
    accepted: Uint8Array;
    grid: number;
    /** [left, right, bottom, top]. */
    extent: [number, number, number, number];
    /** [n, 2] the residuals it was made from. */
    points: Float32Array;
    radius: number;
    /** The calibrated split set of the same residuals, for comparison. */
    rings: Float32Array[];
  }>()(
    v.strictObject({
      alpha,
      points: whole(10, 200),
    }),
    { slow: true },
  ),
};
