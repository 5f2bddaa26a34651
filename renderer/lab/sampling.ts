/** @file The settings of drawing tokens, described as every form describes its settings. */
import type { FieldDescription, Json, Sampling } from '../../main/rpc/contract';
import { firstSampling } from './chat.svelte';

const group = 'Sampling';

function field(
  key: keyof Sampling,
  kind: FieldDescription['kind'],
  title: string,
  help: string,
  more: Partial<FieldDescription> = {},
): FieldDescription {
  const initial: Json = key === 'stop' ? '' : firstSampling[key];
  return { key, kind, title, help, default: initial, group, advanced: false, ...more };
}

export const samplingFields: FieldDescription[] = [
  field('temperature', 'real', 'Temperature', 'Divides the logits; 0 always takes the likeliest token.', {
    ...{ minimum: 0, maximum: 2 },
  }),
  field('topP', 'real', 'Top p', 'Draws from the likeliest tokens that together have this probability.', {
    ...{ minimum: 0.01, maximum: 1 },
  }),
  field('topK', 'integer', 'Top k', 'Draws from at most this many likeliest tokens; 0 is all.', {
    ...{ minimum: 0, maximum: 1000, unit: 'tokens' },
  }),
  field('minP', 'real', 'Min p', 'Leaves out tokens below this share of the likeliest one’s probability.', {
    ...{ minimum: 0, maximum: 1 },
  }),
  field(
    'repetitionPenalty',
    'real',
    'Repetition penalty',
    'Lowers tokens that were there before; 1 is none.',
    {
      ...{ minimum: 0.5, maximum: 2 },
    },
  ),
  field('seed', 'integer', 'Seed', 'The same seed draws the same random numbers, whatever the settings.', {
    ...{ minimum: 0, maximum: 1_000_000_000 },
  }),
  field('maxTokens', 'integer', 'Most tokens', 'Stops after this many.', {
    ...{ minimum: 1, maximum: 4096, scale: 'log', unit: 'tokens' },
  }),
  field('stop', 'text', 'Stop text', 'Stops where this text comes; it is left out. Empty is none.', {
    advanced: true,
  }),
];

/** The settings as a form has them. */
export function samplingValues(sampling: Sampling): Record<string, Json> {
  return { ...sampling, stop: sampling.stop[0] ?? '' };
}

/** Settings with one entry of the form; one that is no number, or out of range, leaves them as they are and says so. */
export function withEntry(sampling: Sampling, key: string, value: Json): Sampling | string {
  if (key === 'stop') return { ...sampling, stop: typeof value === 'string' && value !== '' ? [value] : [] };
  const { minimum = 0, maximum = Infinity, kind } = samplingFields.find((one) => one.key === key)!;
  const fits = typeof value === 'number' && value >= minimum && value <= maximum;
  if (!fits || (kind === 'integer' && !Number.isInteger(value)))
    return `${kind === 'integer' ? 'A whole number' : 'A number'} from ${minimum} to ${maximum}`;
  return { ...sampling, [key]: value };
}
