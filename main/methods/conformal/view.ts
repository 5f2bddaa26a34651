/** @file What the panel may ask of a run of Conformal sets, and what it gets: types only. All numbers of targets are in data units unless said. */
import type { Guarantee, ScoreId } from './ids';

export type ConformalScoreId = ScoreId | ClassScoreId;
export type ClassScoreId = 'otcp' | 'ip' | 'ms' | 'aps';

export interface ConformalScoreInfo {
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

/** Query `overview`, no arguments: the shown split, which is the first repeat's. Null before that is done. */
export interface ConformalOverview {
  task: 'regression' | 'classification';
  targets: string[];
  features: string[];
  rows: { train: number; fit: number; calibration: number; test: number };
  /** The level of the run's settings; the panel starts there. */
  alpha: number;
  /** 1/(n+1): below it a set is everything. */
  smallestAlpha: number;
  scores: ConformalScoreInfo[];
  /** Rows of the data set that are test rows, in the order that `row` arguments count. */
  testRows: Uint32Array;
  /** [test, d] their targets and what the base model says of them. */
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

export interface RegionsRequest {
  scores: ConformalScoreId[];
  alpha: number;
  /** Which test row, counted from 0. */
  row: number;
  /** The two targets that are drawn. */
  pair: [number, number];
  /** For more than two targets: all others at the predicted mean, or everything that can be reached by moving them. */
  through: 'slice' | 'projection';
}

/** Query `regions`. */
export interface RegionsAnswer {
  row: number;
  datasetRow: number;
  /** [d]. */
  mean: number[];
  truth: number[];
  regions: RegionAnswer[];
}

export interface RegionAnswer {
  score: ConformalScoreId;
  /** `everything` where too few rows were calibrated for the level. */
  state: 'set' | 'everything' | 'empty';
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

/** Query `mesh` {score, alpha, row}, for three targets: the surface of one set. */
export interface MeshAnswer {
  state: 'set' | 'everything' | 'empty';
  /** [n, 3]. */
  positions: Float32Array;
  /** [t, 3]. */
  triangles: Uint32Array;
  mean: number[];
  truth: number[];
}

/** Query `contours` {score, row, pair, alpha}: vector quantiles of an entropic map pulled back; a preview without a guarantee. */
export interface ContoursAnswer {
  /** Coverage that each line means, .2 .5 .8 and 1 − alpha; its radius is the calibration quantile at that level. */
  levels: number[];
  /** [k, 2] each, closed. */
  lines: Float32Array[];
}

/** Query `coverage` {scores}: coverage on the test rows against the level asked for. */
export interface CoverageAnswer {
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

/** Query `scoresOf` {score, alpha}: the distribution of one score on calibration and test rows. */
export interface ScoresAnswer {
  edges: Float64Array;
  calibration: Float64Array;
  test: Float64Array;
  radius: number | null;
  /** Two-sample Kolmogorov–Smirnov p-value; small says that calibration and test differ. */
  p: number;
}

/** Query `transport` {score}: the entropic map of `otcp` or `otcpStandardised`. */
export interface TransportAnswer {
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
}

/** Query `sizes` {scores, alpha}: how large the sets are, over test rows. */
export interface SizesAnswer {
  d: number;
  /** Σ log of the targets' units: add to turn standardised log-volumes into data units. */
  logUnit: number;
  sizes: {
    score: ConformalScoreId;
    state: 'set' | 'everything' | 'empty';
    /** Test rows behind the values, and the natural logarithm of the volume in standardised units. */
    rows: Uint32Array;
    logVolume: Float64Array;
    /** Effective draws of the estimate, the least over rows; null for a closed formula. Below 200 it is unreliable. */
    effective: number | null;
  }[];
}

/** Query `conditional` {score, alpha}: where coverage is not what it is on average. */
export interface ConditionalAnswer {
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

/** Query `compare`, no arguments: every score over the repeats that are done. */
export interface CompareAnswer {
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

/** Query `drift` {score, alpha}: the second file under the first one's sets; null without one. */
export interface DriftAnswer {
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
}

/** Query `classes` {scores, alpha}: prediction sets of a classification run. */
export interface ClassesAnswer {
  classes: string[];
  scores: {
    score: ClassScoreId;
    radius: number | null;
    coverage: number;
    meanSize: number;
    singletons: number;
    /** By class. */
    coverageByClass: number[];
    /** How many test rows have sets of 0, 1, 2, … classes. */
    sizes: number[];
  }[];
}

/** Query `classSets` {row, alpha}: the set of one test row. */
export interface ClassSetsAnswer {
  truth: number;
  probabilities: number[];
  sets: { score: ClassScoreId; members: boolean[] }[];
}

/** Query `transductive` {alpha, points}: full conformal by one assignment per candidate, two targets only. */
export interface TransductiveAnswer {
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
}

/** Query `file` {kind, score?, alpha?, row?}: a text to save. */
export interface FileAnswer {
  name: string;
  mediaType: string;
  text: string;
}
export type ConformalFileKind = 'report' | 'geojson' | 'outline' | 'membership';
