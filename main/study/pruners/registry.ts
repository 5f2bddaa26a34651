/** @file Every pruner by its kind. */
import { MongeError } from '../../../native-models/error';
import type { PrunerKind, StudyDefinition } from '../../contract/study';
import { asha } from './asha';
import type { PrunerKindInfo } from './define';
import { median, percentile } from './percentile';
import { patience } from './patience';
import type { Pruner } from './pruner';
import { threshold } from './threshold';

export const PRUNERS: Partial<Readonly<Record<PrunerKind, PrunerKindInfo>>> = {
  median,
  percentile,
  asha,
  patience,
  threshold,
};

/**
 * The pruner that a study asks for; null for `none`.
 * @throws `pruner-unknown`, `config-unknown-key`, `config-invalid`
 */
export function createPruner({ kind, options }: StudyDefinition['pruner']): Pruner | null {
  if (kind === 'none') return null;
  const info = Object.hasOwn(PRUNERS, kind) ? PRUNERS[kind] : undefined;
  if (info) return info.create(options);
  throw new MongeError({
    code: 'pruner-unknown',
    blame: 'input',
    what: 'there is no such pruner',
    where: { key: 'pruner' },
    got: String(kind),
    expected: `one of none, ${Object.keys(PRUNERS).join(', ')}`,
  });
}
