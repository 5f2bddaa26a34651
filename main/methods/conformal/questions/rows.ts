/** @file Questions about all test rows together: whether sets cover as often as asked, where they do not, how large they are. */
import * as v from 'valibot';
import { question } from '../../../contract/query';
import type { ClassScoreId, ConformalScoreId, Guarantee } from '../scores/catalogue';
import { alpha, pair, row, score, scores, through, type SetState } from './sets';

export interface ScoreInfo {
  id: ConformalScoreId;
  title: string;
  help: string;
  source: string;
  guarantee: Guarantee;
  /** The threshold comes from a search at one level instead of an order statistic. */
  perLevel: boolean;
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
  features: string[];
  rows: { train: number; fit: number; calibration: number; test: number };
  /** The level of the run's settings; the panel starts there. */
  alpha: number;
  /** 1/(n+1): below it a set is everything. */
  smallestAlpha: number;
  scores: ScoreInfo[];
  /** Rows of the data set that are test rows, in the order that `row` arguments count. */
  testRows: Uint32Array;
  /** [test, d] their targets and what the base model says of them; for classes the codes of the true and the likeliest. */
  truth: Float32Array;
  mean: Float32Array;
  /** [d, 2] where targets lie: 0.5 and 99.5 % quantiles over calibration and test. */
  limits: Float32Array;
  /** Standard deviation of each target on the training rows: one standardised unit. */
  unit: Float32Array;
  /** Whether the run was given a second file to check for drift. */
  drift: boolean;
  repeats: number;
}

export interface Comparison {
  d: number;
  alpha: number;
  band: [number, number];
  repeats: number;
  rows: {
    score: ConformalScoreId;
    guarantee: Guarantee;
    /** Per repeat; NaN where a value was not measured or is infinite. */
    coverage: Float64Array;
    logVolume: Float64Array;
    worstSlab: Float64Array;
    ert: Float64Array;
    cecX: Float64Array;
    fitSeconds: Float64Array;
    /** Milliseconds per test row. */
    queryMilliseconds: Float64Array;
  }[];
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

export const overviewQuestions = {
  /** The shown split, which is the first repeat's; null before that is done. */
  overview: question<Overview | null>()(v.optional(v.strictObject({}))),
  /** Every score over the repeats that are done. */
  compare: question<Comparison>()(v.optional(v.strictObject({}))),

  /** How large the sets are, over test rows. */
  sizes: question<{
    d: number;
    /** Σ log of the targets' units: add to turn standardised log-volumes into data units. */
    logUnit: number;
    sizes: {
      score: ConformalScoreId;
      state: SetState;
      /** Test rows behind the values, and the natural logarithm of the volume in standardised units. */
      rows: Uint32Array;
      logVolume: Float64Array;
      /** Effective draws of the estimate, the least over rows; null for a closed formula. Below 200 it is unreliable. */
      effective: number | null;
    }[];
  }>()(v.strictObject({ scores, alpha })),
};

export const coverageQuestions = {
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
};

export const conditionalQuestions = {
  /** Where coverage is not what it is on average. */
  conditional: question<ConditionalCoverage>()(v.strictObject({ score, alpha }), { slow: true }),
};

export const fileQuestions = {
  /** A text to save. */
  file: question<{ name: string; mediaType: string; text: string }>()(
    v.strictObject({
      kind: v.picklist(['report', 'geojson', 'outline', 'membership']),
      score: v.optional(score),
      alpha: v.optional(alpha),
      row: v.optional(row),
      pair: v.optional(pair),
      through: v.optional(through),
    }),
    { slow: true },
  ),
};

export const classQuestions = {
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

  /** The set of one test row. */
  classSets: question<{
    truth: number;
    probabilities: number[];
    sets: { score: ClassScoreId; members: boolean[] }[];
  }>()(v.strictObject({ row, alpha })),
};

export const rowQuestions = {
  ...overviewQuestions,
  ...coverageQuestions,
  ...conditionalQuestions,
  ...fileQuestions,
  ...classQuestions,
};
