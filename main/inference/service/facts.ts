/** @file What a language or image model says of itself when it is opened: sizes, weights, hooks, levels, tokenizer. */
import { weightTypes, whyNotFast, type HookPoint } from '../../../native-models';
import type { LanguageFacts, LevelFacts } from '../../contract/language';
import type { Checkpoint } from '../../models/checkpoint';
import type { Described } from '../../models/checkpoint-graph';
import type { Tokenizer } from '../tokenizer/tokenizer';

/** `missing` says why there is no tokenizer. */
export function factsOf(
  checkpoint: Checkpoint,
  described: Described,
  hooks: readonly HookPoint[],
  tokenizer: { tokenizer: Tokenizer; missing: null } | { tokenizer: null; missing: string },
): Omit<LanguageFacts, 'openMilliseconds'> {
  const { config, kind } = described;
  const { family, layers, width, heads, headWidth, hidden } = config;
  const weights = weightsOf(checkpoint);
  const sizes =
    described.kind === 'decoder'
      ? described.config
      : { kvHeads: heads, vocabulary: 0, context: 0, ...described.config.text };
  return {
    ...{ kind, family, layers, width, heads, headWidth, hidden },
    kvHeads: 'kvHeads' in sizes ? sizes.kvHeads : heads,
    vocabulary: sizes.vocabulary,
    context: sizes.context,
    parameters: weights.reduce((sum, { parameters }) => sum + parameters, 0),
    weights: weights.map(({ type, tensors, bytes }) => ({ type, tensors, bytes })),
    tokenizer: tokenizer.tokenizer
      ? { kind: tokenizer.tokenizer.kind, missing: null }
      : { kind: null, missing: tokenizer.missing },
    chatTemplate: tokenizer.tokenizer?.chatTemplate !== undefined,
    hooks: hooks.map(({ id, role, layer, shape }) => ({ id, role, layer, shape })),
    licence: checkpoint.licence,
    levels: levelsOf(
      described,
      weights.some(({ type }) => type.startsWith('Q') || type.startsWith('IQ')),
    ),
    level: 'fp32',
  };
}

function weightsOf(checkpoint: Checkpoint) {
  const found = new Map<string, { type: string; tensors: number; bytes: number; parameters: number }>();
  for (const name of checkpoint.names) {
    const type = checkpoint.type(name);
    const count = checkpoint.shape(name).reduce((product, size) => product * size, 1);
    const { elements, bytes } = weightTypes[type];
    const entry = found.get(type) ?? { type, tensors: 0, bytes: 0, parameters: 0 };
    found.set(type, entry);
    entry.tensors += 1;
    entry.parameters += count;
    entry.bytes += (count / elements) * bytes;
  }
  return [...found.values()].sort((a, b) => b.bytes - a.bytes);
}

function levelsOf(described: Described, quantised: boolean): LevelFacts[] {
  const plain = described.kind === 'decoder' ? whyNotFast(described.config) : 'it is no decoder';
  const why = !quantised
    ? 'The weights are not quantised.'
    : plain && `Fused operators do not compute this model: ${plain}.`;
  return [
    { id: 'fp32', available: true, says: 'For everything: capture, lens, attention, chat.' },
    {
      id: '4-bit-0',
      available: why === null,
      says: why ?? 'The weights as stored, activations in fp32: for chat and scores, with the ids of fp32.',
    },
    {
      id: '4-bit-4',
      available: why === null,
      says: why ?? 'Fast arithmetic, activations rounded to 8 bits: for chat only.',
    },
  ];
}
