/** @file Inputs and outputs of a decoder's graph. */
import type { DecoderConfig, HookPoint } from './config';
import type { GraphValue } from './language-graph';

/** Ids, the mask, and the caches. */
export function inputsOf({ layers, kvHeads, headWidth }: DecoderConfig, caches: boolean): GraphValue[] {
  const past = Array.from({ length: caches ? layers : 0 }, (_, layer) =>
    ['key', 'value'].map((part): GraphValue => ({
      name: `past.${layer}.${part}`,
      element: 'float32',
      shape: ['batch', kvHeads, 'past', headWidth],
    })),
  );
  return [
    { name: 'input_ids', element: 'int64', shape: ['batch', 'tokens'] },
    { name: 'attention_mask', element: 'int64', shape: ['batch', caches ? 'seen' : 'tokens'] },
    ...past.flat(),
  ];
}

/** Logits, the hooks asked for, and the caches. */
export function outputsOf(
  { layers, kvHeads, headWidth, vocabulary }: DecoderConfig,
  asked: readonly HookPoint[],
  caches: boolean,
  logits: 'all' | 'last' | 'none',
): GraphValue[] {
  const values = new Map<string, GraphValue>();
  const add = (name: string, shape: readonly (number | string)[]) =>
    values.set(name, { name, element: 'float32', shape });
  if (logits !== 'none') add('logits', ['batch', logits === 'last' ? 1 : 'tokens', vocabulary]);
  for (const { role, value, shape } of asked)
    if (value !== 'logits') add(value, ['batch', ...(role === 'pattern' ? [] : ['tokens']), ...shape]);
  for (let layer = 0; caches && layer < layers; layer += 1)
    for (const part of ['key', 'value'])
      add(`present.${layer}.${part}`, ['batch', kvHeads, 'seen', headWidth]);
  return [...values.values()];
}
