/** @file What a language or image model says of itself when it is opened: sizes, weights, hooks, levels, tokenizer. */
import { weightTypes, whyNotFast } from '../../../native-models';
import type { LanguageFacts, LevelFacts } from '../../contract/language';
import type { Checkpoint } from '../../models/checkpoint';
import type { Described } from '../../models/checkpoint-graph';
import type { Insides } from '../insides/insides';
import type { Tokenizer } from '../tokenizer/tokenizer';

/** `missing` says why there is no tokenizer. */
export function factsOf(
  checkpoint: Checkpoint,
  described: Described,
  { hooks, levels }: Pick<Insides, 'hooks' | 'levels'>,
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
    hooks: hooks.map(({ id, role, layer, value, shape }) => ({ id, role, layer, value, shape })),
    licence: checkpoint.licence,
    levels: levelsOf(described, levels.includes('4-bit-0')),
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

/** `blocks` says whether there are matrices in blocks that the runtime computes with as they are. */
function levelsOf(described: Described, blocks: boolean): LevelFacts[] {
  const why = blocks ? null : 'No weights are stored in blocks of 4 or 8 bits.';
  const plain = described.kind === 'decoder' ? whyNotFast(described.config) : 'it is no decoder';
  const whyNotFour = why ?? (plain && `Fused operators do not compute this model: ${plain}.`);
  return [
    { id: 'fp32', available: true, says: 'For everything: capture, lens, attention, chat.' },
    {
      id: '4-bit-0',
      available: why === null,
      says: why ?? 'For everything too: the weights as stored, sums in fp32, in less memory.',
    },
    {
      id: '4-bit-4',
      available: whyNotFour === null,
      says: whyNotFour ?? 'Fast arithmetic, activations rounded to 8 bits: for chat only.',
    },
  ];
}
