/** @file What an imported language model says of itself, from its graph, the run that confirmed it and the texts beside it. */
import { elementTypeName } from '../../../native-models';
import type { LanguageFacts, LevelFacts } from '../../contract/language';
import type { ModelTexts } from '../../models/onnx-folder';
import type { Insides } from '../insides/insides';
import type { Tokenizer } from '../tokenizer/tokenizer';
import { WITHOUT_CACHE } from './decoding';
import type { ImportedGraph } from './graph';
import type { Probed } from './probe';

/** The tokenizer, or one of ids and why. */
export interface ReadBeside {
  tokenizer: Tokenizer;
  missing: string | null;
}

export function importedFacts(
  graph: ImportedGraph,
  { hooks, absent }: Probed,
  insides: Insides,
  { config, licence }: ModelTexts,
  { tokenizer, missing }: ReadBeside,
): Omit<LanguageFacts, 'openMilliseconds'> {
  const { kind, layers, width, heads, vocabulary, context } = insides;
  const weights = weightsOf(graph);
  const part = graph.given.cache?.[0];
  const family = config?.model_type;
  const inner = hooks.find(({ role }) => role === 'mlp_act');
  return {
    ...{ kind, layers, width, heads, vocabulary, context, licence },
    family: typeof family === 'string' ? family.slice(0, 100) : 'onnx',
    kvHeads: part?.heads ?? heads,
    headWidth: part?.width ?? (heads > 0 ? Math.floor(width / heads) : 0),
    hidden: inner ? inner.shape.reduce<number>((product, size) => product * Number(size), 1) : 0,
    parameters: weights.reduce((sum, { parameters }) => sum + parameters, 0),
    weights: weights.map(({ type, tensors, bytes }) => ({ type, tensors, bytes })),
    tokenizer: { kind: tokenizer.kind, missing: null },
    chatTemplate: tokenizer.chatTemplate !== undefined,
    hooks: hooks.map(({ id, role, layer, shape }) => ({ id, role, layer, shape })),
    absent: absent.map(({ id, role, layer, reason }) => ({ id, role, layer, reason })),
    notices: [
      ...(missing === null
        ? []
        : [
            {
              code: 'tokenizer-missing',
              blame: 'input' as const,
              what: `Texts are ids of tokens here, such as “5 12 7”: ${missing}.`,
              help: 'put its tokenizer.json beside the model to write words',
            },
          ]),
      ...(kind === 'decoder' && !graph.given.cache
        ? [
            {
              code: 'cache-missing',
              blame: 'input' as const,
              what: `Writing is slow here: ${WITHOUT_CACHE}.`,
            },
          ]
        : []),
      ...(insides.headMissing === undefined
        ? []
        : [
            {
              code: 'lens-without-head',
              blame: 'input' as const,
              what: `There is no logit lens: ${insides.headMissing}.`,
            },
          ]),
    ],
    levels: levelsOf(graph),
    level: 'fp32',
  };
}

function weightsOf({ imported }: ImportedGraph) {
  const found = new Map<string, { type: string; tensors: number; bytes: number; parameters: number }>();
  for (const { dataType, dims = [], rawData, externalData } of imported.model.graph?.initializer ?? []) {
    const type = elementTypeName(dataType);
    const count = dims.reduce<number>((product, size) => product * Number(size), 1);
    if (dims.length === 0 || type === 'int64') continue;
    const entry = found.get(type) ?? { type, tensors: 0, bytes: 0, parameters: 0 };
    found.set(type, entry);
    const outside = Number(externalData?.find(({ key }) => key === 'length')?.value ?? 0);
    entry.tensors += 1;
    entry.bytes += rawData && rawData.length > 0 ? rawData.length : outside;
    // Two weights of 4 bits lie in a byte.
    entry.parameters += type === 'uint8' ? 2 * count : count;
  }
  return [...found.values()].sort((a, b) => b.bytes - a.bytes);
}

function levelsOf({ rounded, halves }: ImportedGraph): LevelFacts[] {
  const fp32 = halves
    ? 'The weights as they were exported, of half precision, and all sums in fp32: for everything.'
    : rounded > 0
      ? 'The graph as it was exported, activations of its quantised products in fp32.'
      : 'The graph as it was exported: for everything.';
  return [
    { id: 'fp32', available: true, says: fp32 },
    { id: '4-bit-0', available: false, says: 'An imported graph has the weights that it was exported with.' },
    {
      id: '4-bit-4',
      available: rounded > 0,
      says:
        rounded > 0
          ? 'As exported: activations of quantised products rounded to 8 bits, for chat only.'
          : 'No product of this graph rounds activations.',
    },
  ];
}
