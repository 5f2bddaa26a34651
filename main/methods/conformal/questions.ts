/** @file What the panel may ask of a run of Conformal sets. All numbers of targets are in data units unless said. */
import * as v from 'valibot';
import { between, question, whole } from '../../contract/query';
import type { ClassScoreId, ConformalScoreId, Guarantee, ScoreWords } from './scores/catalogue';

const score = v.pipe(v.string(), v.minLength(1), v.maxLength(40));
const scores = v.pipe(v.array(score), v.maxLength(40));
const alpha = between(1e-6, 0.999_999);
/** Which test row, counted from 0. */
const row = whole(0, Infinity);
/** The two targets that are drawn. */
const pair = v.tuple([whole(0, 1000), whole(0, 1000)]);
/** For more than two targets: all others at the predicted mean, or everything that can be reached by moving them. */
const through = v.picklist(['slice', 'projection']);
const nothing = v.optional(v.strictObject({}));

const regionArguments = v.strictObject({ scores, alpha, row, pair, through });
export type RegionsRequest = v.InferOutput<typeof regionArguments>;

/** `everything` where too few rows were calibrated for the level. */
export type SetState = 'set' | 'everything' | 'empty';

export interface ScoreInfo extends ScoreWords<ConformalScoreId> {
  guarantee: Guarantee;
  /** The set has the same shape and size for every row. */
  fixedShape: boolean;
  /** Whether the membership test can be written as ONNX. */
  exportable: boolean;
  /** Seconds of fitting, leak share, iterations and the like, by name. */
  facts: Record<string, number>;
}

export interface Overview {
  task: 'regression' | 'classification';
  targets: string[];
  rows: { train: number; fit: number; calibration: number; test: number };
  /** The level of the run's settings; the panel starts there. */
  alpha: number;
  /** 1/(n+1): below it a set is everything. */
  smallestAlpha: number;
  scores: ScoreInfo[];
  /** Rows of the data set that are test rows, in the order that `row` arguments count. */
  testRows: Uint32Array;
  /** [test, d] their targets; for classes the codes. */
  truth: Float32Array;
  /** [d, 2] where targets lie: 0.5 and 99.5 % quantiles over calibration and test. */
  limits: Float32Array;
  /** Whether the run was given a second file to check for drift. */
  drift: boolean;
}

/** What scores are compared by: measures of a repeat, `queryMilliseconds` per test row. */
export const COMPARED = [
  ...(['coverage', 'logVolume', 'worstSlab', 'ert', 'cecX', 'fitSeconds', 'queryMilliseconds'] as const),
];

export interface Comparison {
  d: number;
  alpha: number;
  band: [number, number];
  repeats: number;
  /** Per repeat; NaN where a value was not measured or is infinite. */
  rows: ({ score: ConformalScoreId; guarantee: Guarantee } & Record<
    (typeof COMPARED)[number],
    Float64Array
  >)[];
}

export interface CoverageCurves {
  /** 1 − alpha, ascending. */
  levels: Float64Array;
  curves: { score: ConformalScoreId; coverage: Float64Array }[];
  /** 95 % Beta-binomial ribbon of one calibration and one test draw. */
  low: Float64Array;
  high: Float64Array;
  /** Coverage of a single calibration draw at the run's level, exact 99.9 % band. */
  band: [number, number];
  calibration: number;
  test: number;
}

export interface ConditionalCoverage {
  target: number;
  coverage: number;
  /** Excess risk of target coverage, a share; null below 50 test rows. `ertChance` is the central 95 % of what independent hits at the target rate give. */
  ert: number | null;
  ertChance: [number, number] | null;
  /** Null below 400 test rows, where it is noise. */
  slab: {
    coverage: number;
    /** 95 % bootstrap. */
    interval: [number, number];
    /** What simulated independent hits at the target rate give on the same rows: mean and 95 % interval. */
    chance: { mean: number; low: number; high: number };
    low: number;
    high: number;
    /** The features with the largest weights, standardised. */
    weights: { feature: string; weight: number }[];
    /** Share of the rows in the slab. */
    share: number;
  } | null;
  /** Per test row: where it lies along the slab's direction (without a slab the feature that coverage depends on most), and whether its set missed. */
  along: Float32Array;
  missed: Uint8Array;
  clusters: { count: number; coverage: number; low: number; high: number }[];
  /** Coverage in fifths of each of up to 8 features. */
  bins: { feature: string; edges: number[]; coverage: number[]; counts: number[] }[];
  /** Of the misses: for each target how many have their largest error there, relative to its spread, below and above the prediction. */
  misses: { target: string; below: number; above: number }[];
  cecX: number;
  cecZ: number | null;
}

export interface Region {
  score: ConformalScoreId;
  state: SetState;
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

export const questions = {
  // All test rows together: whether sets cover as often as asked, where they do not, how large they are.
  /** The shown split, which is the first repeat's; null before that is done. */
  overview: question<Overview | null>()(nothing),
  /** Every score over the repeats that are done. */
  compare: question<Comparison>()(nothing),

  /** How large the sets are, over test rows. */
  sizes: question<{
    d: number;
    /** Σ log of the targets' units: add to turn standardised log-volumes into data units. */
    logUnit: number;
    sizes: {
      score: ConformalScoreId;
      state: SetState;
      /** Per test row, the natural logarithm of the volume in standardised units. */
      logVolume: Float64Array;
      /** Effective draws of the estimate, the least over rows; null for a closed formula. Below 200 it is unreliable. */
      effective: number | null;
    }[];
  }>()(v.strictObject({ scores, alpha })),

  /** Coverage on the test rows against the level asked for. */
  coverage: question<CoverageCurves>()(v.strictObject({ scores })),

  /** The distribution of one score on calibration and test rows. */
  scoresOf: question<{
    edges: Float64Array;
    calibration: Float64Array;
    test: Float64Array;
    radius: number | null;
    /** Two-sample Kolmogorov–Smirnov p-value; small says that calibration and test differ. */
    p: number;
  }>()(v.strictObject({ score, alpha })),

  /** The second file under the first one's sets; null without one. */
  drift: question<{
    rows: number;
    coverage: number;
    /** What coverage would be if nothing had changed: exact 99.9 % band. */
    band: [number, number];
    /** Kolmogorov–Smirnov p-value of scores against the calibration rows. */
    p: number;
    /** Share of feature columns whose values differ clearly, by name with the p-value; the smallest first. */
    features: { feature: string; p: number }[];
    edges: Float64Array;
    calibration: Float64Array;
    second: Float64Array;
  } | null>()(v.strictObject({ score, alpha }), { slow: true }),

  /** Where coverage is not what it is on average. */
  conditional: question<ConditionalCoverage>()(v.strictObject({ score, alpha }), { slow: true }),

  /** A text to save. */
  file: question<{ name: string; mediaType: string; text: string }>()(
    v.strictObject({
      kind: v.picklist(['report', 'geojson', 'outline', 'membership']),
      ...v.partial(v.strictObject({ score, alpha, row, pair, through })).entries,
    }),
    { slow: true },
  ),

  /** Prediction sets of a classification run. */
  classes: question<{
    classes: string[];
    scores: {
      score: ClassScoreId;
      radius: number | null;
      coverage: number;
      meanSize: number;
      singletons: number;
      /** By class; NaN where no test row is of the class. */
      coverageByClass: number[];
      /** How many test rows have sets of 0, 1, 2, … classes. */
      sizes: number[];
    }[];
  }>()(v.strictObject({ scores, alpha })),

  // The sets of single test rows.
  /** Of classes. */
  classSets: question<{
    truth: number;
    probabilities: number[];
    sets: { score: ClassScoreId; members: boolean[] }[];
  }>()(v.strictObject({ row, alpha })),

  /** Of numbers, drawn. */
  regions: question<RowRegions>()(regionArguments),

  /** For three targets: the surface of one set. */
  mesh: question<
    Pick<RowRegions, 'mean' | 'truth'> & {
      state: SetState;
      /** [n, 3]. */
      positions: Float32Array;
      /** [t, 3]. */
      triangles: Uint32Array;
    }
  >()(v.strictObject({ score, alpha, row })),

  // The map behind transport scores.
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
  }>()(v.strictObject({ alpha, points: whole(10, 200) }), { slow: true }),
};

declare module '../../contract/query' {
  interface MethodQueries {
    conformal: typeof questions;
  }
}
