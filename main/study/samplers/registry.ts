/** @file Every sampler by its kind. */
import type { SamplerKind, StudyDefinition } from '../../contract/study';
import { MongeError } from '../../../native-models/error';
import { cmaEs } from './cma-es/cma-es';
import type { SamplerKindInfo } from './define';
import { grid } from './grid';
import { latinHypercube } from './latin-hypercube';
import { random } from './random';
import type { Sampler, SamplerOptions } from './sampler';
import { sobol } from './sobol';
import { tpe } from './tpe/tpe';

export const SAMPLERS: Partial<Readonly<Record<SamplerKind, SamplerKindInfo>>> = {
  grid,
  random,
  sobol,
  'latin-hypercube': latinHypercube,
  tpe,
  'cma-es': cmaEs,
};

/**
 * The sampler that a study asks for, before its first event.
 * @throws `sampler-unknown`, `sampler-dimensions`, `config-unknown-key`, `config-invalid`
 */
export function createSampler(
  { kind, options }: StudyDefinition['sampler'],
  setup: Omit<SamplerOptions, 'options'>,
): Sampler {
  const info = Object.hasOwn(SAMPLERS, kind) ? SAMPLERS[kind] : undefined;
  if (info) return info.create({ ...setup, options });
  throw new MongeError({
    ...{
      code: 'sampler-unknown',
      blame: 'input',
      what: 'there is no such sampler',
      where: { key: 'sampler' },
    },
    got: String(kind),
    expected: `one of ${Object.keys(SAMPLERS).join(', ')}`,
  });
}
