/** @file Names of scores and base models, and what a guarantee is. */

/** What a guarantee is worth: exact in finite samples, only in the limit of many, or none. */
export type Guarantee = 'exact' | 'asymptotic' | 'none';

/** Scores of regression, in the order in which they are shown. */
export const SCORE_IDS = [
  'l2',
  'l1',
  'linf',
  'maxStd',
  'box',
  'mahalanobis',
  'localEllipsoid',
  'otcp',
  'otcpDiscrete',
  'otcpStandardised',
  'gaussianEllipsoid',
  'otcpLocal',
  'mcp',
  'drcp',
  'chdr',
  'pcp',
  'hdpcp',
  'cpcp',
  'copula',
] as const;
export type ScoreId = (typeof SCORE_IDS)[number];

export type BaseId = 'ridge' | 'mlp' | 'gaussian' | 'quantile' | 'mixture' | 'forest' | 'column' | 'onnx';

/** Scores of sets of classes. */
export type ClassScoreId = 'otcp' | 'ip' | 'ms' | 'aps';
export type ConformalScoreId = ScoreId | ClassScoreId;
