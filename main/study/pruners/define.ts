/** @file How a pruner is declared: words for people, fields for its options, and what makes one. */
import { object, titled, type ConfigOf, type Field, type Json, type Words } from '../../contract/schema';
import type { FieldDescription } from '../../contract/schema';
import type { Pruner, PrunerFactory, TrialCurve } from './pruner';

export interface PrunerKindInfo {
  title: string;
  help: string;
  /** Options as a form shows them. */
  fields: FieldDescription[];
  /** @throws `config-unknown-key`, `config-invalid` for options that the pruner does not have */
  create: PrunerFactory;
}

/** A pruner's words, option fields and maker, which gets its options checked and complete. */
export function definePruner<F extends Record<string, Field<Json>>>(
  words: Words,
  fields: F,
  make: (options: ConfigOf<F>) => Pruner,
): PrunerKindInfo {
  const schema = object(fields);
  return { ...titled(words), fields: schema.describe(), create: (options) => make(schema.parse(options)) };
}

/** The last step that a curve has reported; 0 before one. */
export const lastStep = ({ steps }: TrialCurve): number => (steps.length > 0 ? steps[steps.length - 1]! : 0);

/** The lowest value that a curve has reported up to a share of its length; NaN before one. */
export function bestUpTo({ steps, values, length }: TrialCurve, share: number): number {
  let best = NaN;
  for (let at = 0; at < steps.length && steps[at]! <= share * length * (1 + 1e-9); at++)
    if (!(values[at]! >= best)) best = values[at]!;
  return best;
}

/** The value that a curve had reported at a share of its length: the last one up to there; NaN before one. */
export function valueAt({ steps, values, length }: TrialCurve, share: number): number {
  let value = NaN;
  for (let at = 0; at < steps.length && steps[at]! <= share * length * (1 + 1e-9); at++) value = values[at]!;
  return value;
}
