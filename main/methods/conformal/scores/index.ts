/** @file Every score of regression, in the order in which they are shown: the only list. */
import { MongeError } from '../../../../native-models/error';
import type { ScoreDefinition } from '../types';
import { box, copula, mcp } from './boxes';
import type { ScoreId } from './catalogue';
import { localEllipsoid, otcpLocal } from './local';
import { chdr, cpcp, drcp, hdpcp, pcp } from './mixture';
import { gaussianEllipsoid, l1, l2, linf, mahalanobis, maxStd } from './norms';
import { otcp, otcpDiscrete, otcpStandardised } from './otcp';

const definitions: readonly ScoreDefinition[] = [
  ...[l2, l1, linf, maxStd, box, mahalanobis, localEllipsoid],
  ...[otcp, otcpDiscrete, otcpStandardised, gaussianEllipsoid, otcpLocal],
  ...[mcp, drcp, chdr, pcp, hdpcp, cpcp, copula],
];

/**
 * The scores of regression that a run fits, in their order. Standardised OTCP never stands alone: without the ellipsoid of
 * the same head beside it the map would get credit for the covariance.
 */
export function scoresOfRun({ scores }: { scores: readonly string[] }): ScoreId[] {
  const wanted = new Set(scores);
  if (wanted.has('otcpStandardised')) wanted.add('gaussianEllipsoid');
  return definitions.map(({ id }) => id).filter((id) => wanted.has(id));
}

/** Throws `score-unknown`. */
export function scoreById(id: string): ScoreDefinition {
  const found = definitions.find((one) => one.id === id);
  if (found) return found;
  throw new MongeError({
    code: 'score-unknown',
    blame: 'input',
    what: 'there is no such score for regression',
    where: { key: 'scores' },
    got: id,
    expected: definitions.map((one) => one.id).join(', '),
  });
}
