/** @file How a sampler is declared: words for people, fields for its options, and what makes one. */
import { object, titled, type ConfigOf, type Field, type Json, type Words } from '../../contract/schema';
import type { FieldDescription } from '../../contract/schema';
import type { Sampler, SamplerFactory, SamplerOptions } from './sampler';

export interface SamplerKindInfo {
  title: string;
  help: string;
  /** Options as a form shows them. */
  fields: FieldDescription[];
  /** @throws `config-unknown-key`, `config-invalid` for options that the sampler does not have */
  create: SamplerFactory;
}

/** A sampler's words, option fields and maker, which gets its options checked and complete. */
export function defineSampler<F extends Record<string, Field<Json>>>(
  words: Words,
  fields: F,
  make: (setup: SamplerOptions, options: ConfigOf<F>) => Sampler,
): SamplerKindInfo {
  const schema = object(fields);
  return {
    ...titled(words),
    fields: schema.describe(),
    create: (setup) => make(setup, schema.parse(setup.options)),
  };
}
