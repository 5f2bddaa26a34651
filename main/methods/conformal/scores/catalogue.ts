/** @file The scores by name, in the order in which they are shown: what the form and the command line offer. */
import type { Words } from '../../../contract/schema';

/** By id of a score of regression or of classification. */
export const SCORE_WORDS = {
  l2: 'L2 ball: Distance to the prediction: a ball.',
  l1: 'L1 ball: Sum of the absolute errors: a diamond.',
  linf: 'Cube: Largest absolute error: a cube.',
  maxStd: 'Scaled box: Largest error relative to its spread: a box.',
  box: 'Bonferroni box: An interval per target, each at α/d: a box that covers more often than asked.',
  mahalanobis: 'Ellipsoid: Mahalanobis distance with one covariance: an ellipsoid.',
  localEllipsoid:
    'Local ellipsoid: Mahalanobis distance with the covariance of nearby rows: ellipsoids that follow the noise.',
  otcp: 'OTCP: Rank under an entropic transport map to the ball: any shape, the same for every row.',
  otcpDiscrete: 'OTCP, discrete: Rank under an exact assignment to the ball.',
  otcpStandardised:
    'OTCP, standardised: Transport rank of residuals that a Gaussian head has standardised: the shape is learned, its size follows the noise.',
  gaussianEllipsoid:
    'Learned ellipsoid: Mahalanobis distance with a covariance that a Gaussian head predicts: the half of standardised OTCP that is not transport. Always fitted beside it.',
  otcpLocal: 'OT-CP+: Rank under the transport map of nearby rows’ residuals: shape and size follow the row.',
  mcp: 'M-CP: Largest excess over predicted quantiles: boxes that follow the row.',
  drcp: 'DR-CP: Negative log-density of the mixture: may fall into pieces.',
  chdr: 'C-HDR: How much of the predicted mass is denser: highest-density sets.',
  pcp: 'PCP: Distance to the nearest draw of the mixture: a union of balls.',
  hdpcp: 'HD-PCP: The same with the densest draws only.',
  cpcp: 'C-PCP: PCP made comparable between rows by the mixture’s own law.',
  copula: 'Copula box: A box whose sides share the level by an empirical copula; no exact guarantee.',
  ip: 'Inverse probability: Classes: 1 − the predicted probability.',
  ms: 'Margin: Classes: how far the best other class is ahead.',
  aps: 'APS: Classes: the mass of the more likely classes and a random share of its own.',
} as const satisfies Record<string, Words>;

export type ConformalScoreId = keyof typeof SCORE_WORDS;
/** Scores of sets of classes. */
export type ClassScoreId = 'otcp' | 'ip' | 'ms' | 'aps';
/** Scores of regression; of them the rank under a map has a form for classes too. */
export type ScoreId = Exclude<ConformalScoreId, Exclude<ClassScoreId, 'otcp'>>;

/** What a score says of itself. */
export interface ScoreWords<Id extends string> {
  id: Id;
  title: string;
  /** One sentence: what the set looks like and when it is the right one. */
  help: string;
  /** The paper and place of the formula. */
  source: string;
}

/** What a guarantee is worth: exact in finite samples, only in the limit of many, or none. */
export type Guarantee = 'exact' | 'asymptotic' | 'none';
