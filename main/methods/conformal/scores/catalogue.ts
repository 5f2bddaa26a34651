/** @file The scores by name, in the order in which they are shown: what the form and the command line offer. */

import type { ScoreId } from '../ids';

/** `value` is the id of a score of regression or of classification. */
export const SCORE_CHOICES = [
  { value: 'l2', title: 'L2 ball', help: 'Distance to the prediction: a ball.' },
  { value: 'l1', title: 'L1 ball', help: 'Sum of the absolute errors: a diamond.' },
  { value: 'linf', title: 'Cube', help: 'Largest absolute error: a cube.' },
  { value: 'maxStd', title: 'Scaled box', help: 'Largest error relative to its spread: a box.' },
  {
    value: 'box',
    title: 'Bonferroni box',
    help: 'An interval per target, each at α/d: a box that covers more often than asked.',
  },
  {
    value: 'mahalanobis',
    title: 'Ellipsoid',
    help: 'Mahalanobis distance with one covariance: an ellipsoid.',
  },
  {
    value: 'localEllipsoid',
    title: 'Local ellipsoid',
    help: 'Mahalanobis distance with the covariance of nearby rows: ellipsoids that follow the noise.',
  },
  {
    value: 'otcp',
    title: 'OTCP',
    help: 'Rank under an entropic transport map to the ball: any shape, the same for every row.',
  },
  { value: 'otcpDiscrete', title: 'OTCP, discrete', help: 'Rank under an exact assignment to the ball.' },
  {
    value: 'otcpStandardised',
    title: 'OTCP, standardised',
    help: 'Transport rank of residuals that a Gaussian head has standardised: the shape is learned, its size follows the noise.',
  },
  {
    value: 'gaussianEllipsoid',
    title: 'Learned ellipsoid',
    help: 'Mahalanobis distance with a covariance that a Gaussian head predicts: the half of standardised OTCP that is not transport. Always fitted beside it.',
  },
  {
    value: 'otcpLocal',
    title: 'OT-CP+',
    help: 'Rank under the transport map of nearby rows’ residuals: shape and size follow the row.',
  },
  {
    value: 'mcp',
    title: 'M-CP',
    help: 'Largest excess over predicted quantiles: boxes that follow the row.',
  },
  { value: 'drcp', title: 'DR-CP', help: 'Negative log-density of the mixture: may fall into pieces.' },
  { value: 'chdr', title: 'C-HDR', help: 'How much of the predicted mass is denser: highest-density sets.' },
  { value: 'pcp', title: 'PCP', help: 'Distance to the nearest draw of the mixture: a union of balls.' },
  { value: 'hdpcp', title: 'HD-PCP', help: 'The same with the densest draws only.' },
  { value: 'cpcp', title: 'C-PCP', help: 'PCP made comparable between rows by the mixture’s own law.' },
  {
    value: 'copula',
    title: 'Copula box',
    help: 'A box whose sides share the level by an empirical copula; no exact guarantee.',
  },
  { value: 'ip', title: 'Inverse probability', help: 'Classes: 1 − the predicted probability.' },
  { value: 'ms', title: 'Margin', help: 'Classes: how far the best other class is ahead.' },
  {
    value: 'aps',
    title: 'APS',
    help: 'Classes: the mass of the more likely classes and a random share of its own.',
  },
] as const;

/** Id, title and help of a score of regression: said once, for the form as for the panel. */
export function scoreWords(id: ScoreId): { id: ScoreId; title: string; help: string } {
  const { title, help } = SCORE_CHOICES.find(({ value }) => value === id)!;
  return { id, title, help };
}
