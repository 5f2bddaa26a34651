/** @file Every score of regression, in the order in which they are shown: the only list. */
import { MongeError } from '../../../../native-models/error';
import { SCORE_IDS, type ScoreId } from '../ids';
import type { ScoreDefinition } from '../types';
import { box } from './box';
import { copula } from './copula';
import { chdr, drcp } from './density';
import { cpcp, hdpcp, pcp } from './draws';
import { localEllipsoid } from './local-ellipsoid';
import { gaussianEllipsoid } from './gaussian-ellipsoid';
import { mahalanobis, maxStd } from './moments';
import { l1, l2, linf } from './norms';
import { otcp } from './otcp';
import { otcpDiscrete } from './otcp-discrete';
import { otcpLocal } from './otcp-local';
import { otcpStandardised } from './otcp-standardised';
import { mcp } from './quantiles';

const definitions: readonly ScoreDefinition[] = [
  l2,
  l1,
  linf,
  maxStd,
  box,
  mahalanobis,
  localEllipsoid,
  otcp,
  otcpDiscrete,
  otcpStandardised,
  gaussianEllipsoid,
  otcpLocal,
  mcp,
  drcp,
  chdr,
  pcp,
  hdpcp,
  cpcp,
  copula,
];

/**
 * The scores of regression that a run fits, in their order. Standardised OTCP never stands alone: without the ellipsoid of
 * the same head beside it the map would get credit for the covariance.
 */
export function scoresOfRun({ scores }: { scores: readonly string[] }): ScoreId[] {
  const wanted = new Set(scores);
  if (wanted.has('otcpStandardised')) wanted.add('gaussianEllipsoid');
  return SCORE_IDS.filter((id) => wanted.has(id));
}

/** Throws `score-unknown`. */
export function scoreById(id: string): ScoreDefinition {
  const found = definitions.find((one) => one.id === id);
  if (found) return found;
  throw new MongeError({
    code: 'score-unknown',
    what: 'there is no such score for regression',
    where: { key: 'scores' },
    got: id,
    expected: SCORE_IDS.join(', '),
  });
}
