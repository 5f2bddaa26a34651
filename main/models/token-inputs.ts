/** @file What the inputs and outputs of an exported language model are for: ids, mask, positions, caches; told by their names and types. */
import type { GraphProto, ModelProto } from '../../native-models';
import { MongeError } from '../../native-models/error';
import type { ValueDescription } from './feeds';
import { describeValue } from './import';

export type TokenInputKind = 'ids' | 'mask' | 'positions' | 'types' | 'kept-logits' | 'past';

export interface TokenInput extends ValueDescription {
  kind: TokenInputKind;
}

/** One tensor of the cache: what comes out of a run goes into the next. */
export interface CachePart {
  past: string;
  present: string;
  type: 'float32' | 'float16';
  /** [batch, heads, tokens, width]. */
  heads: number;
  width: number;
}

export interface TokenInterface {
  inputs: readonly TokenInput[];
  /** The output with a row per token: `logits`, or the last states of an encoder. Null where none is named so. */
  logits: string | null;
  /** Null for a graph without a cache. */
  cache: readonly CachePart[] | null;
}

const kinds: readonly [RegExp, TokenInputKind][] = [
  [/^input_ids$/, 'ids'],
  [/^attention_mask$/, 'mask'],
  [/^position_ids$/, 'positions'],
  [/^token_type_ids$/, 'types'],
  [/^num_logits_to_keep$/, 'kept-logits'],
  [/^past/, 'past'],
];
const rankOf: Readonly<Record<TokenInputKind, readonly number[]>> = {
  ...{ ids: [2], mask: [2], positions: [2], types: [2] },
  ...{ 'kept-logits': [0, 1], past: [4] },
};

/** Whether a graph reads tokens: a model of texts, whatever else it is. */
export function readsTokens(inputs: readonly { name: string }[]): boolean {
  return inputs.some(({ name }) => name === 'input_ids');
}

/**
 * @throws `model-merged` for two graphs in the branches of one, `model-inputs` for inputs that are not known here, `file`
 *   named in both
 */
export function tokenInterface(model: ModelProto, file: string): TokenInterface {
  const graph = model.graph ?? {};
  const weights = new Set((graph.initializer ?? []).map(({ name }) => name));
  const declared = (graph.input ?? []).filter(({ name }) => !weights.has(name)).map(describeValue);
  refuseMerged(graph, declared, file);
  const inputs = declared.map((input): TokenInput => {
    const kind = kinds.find(([name]) => name.test(input.name))?.[1];
    if (kind && (input.dims === null || rankOf[kind].includes(input.dims.length))) return { ...input, kind };
    throw new MongeError({
      code: 'model-inputs',
      blame: 'input',
      what: 'this input is none that language models are known to have',
      where: { file, tensor: input.name },
      got: `${input.type ?? 'no tensor'}[${(input.dims ?? []).join(', ')}]`,
      expected:
        'input_ids, attention_mask, position_ids, token_type_ids [batch, tokens], past_key_values.N.key|value [batch, heads, tokens, width]',
      help: 'its graph can be looked at in the model view all the same',
    });
  });
  if (!inputs.some(({ kind }) => kind === 'ids'))
    throw new MongeError({
      code: 'model-inputs',
      blame: 'input',
      what: 'this model reads no tokens',
      where: { file },
      got: declared.map(({ name }) => name).join(', '),
      expected: 'an input input_ids',
    });
  const outputs = (graph.output ?? []).map(describeValue);
  return {
    inputs,
    logits: outputs.find(({ name }) => name === 'logits')?.name ?? null,
    cache: cacheOf(inputs, outputs, file),
  };
}

function cacheOf(
  inputs: readonly TokenInput[],
  outputs: readonly ValueDescription[],
  file: string,
): CachePart[] | null {
  const past = inputs.filter(({ kind }) => kind === 'past');
  if (past.length === 0) return null;
  const presents = new Map(outputs.map(({ name }) => [partOf(name), name]));
  return past.map(({ name, type, dims }) => {
    const present = presents.get(partOf(name));
    const [, heads, , width] = dims ?? [];
    const isKnown = type === 'float32' || type === 'float16';
    if (present !== undefined && isKnown && typeof heads === 'number' && typeof width === 'number')
      return { past: name, present, type, heads, width };
    throw new MongeError({
      code: 'model-inputs',
      blame: 'input',
      what: 'this part of the cache cannot be filled',
      where: { file, tensor: name },
      got: `${type ?? 'no tensor'}[${(dims ?? []).map((size) => size ?? '?').join(', ')}], given back as ${present ?? 'nothing'}`,
      expected: 'float32 or float16 [batch, heads, tokens, width] with heads and width as numbers',
    });
  });
}

/** `0.key` of past_key_values.0.key and of present.0.key. */
function partOf(name: string): string {
  const found = /(\d+)\D*?(key|value)/i.exec(name);
  return found ? `${found[1]}.${found[2]!.toLowerCase()}` : name;
}

function refuseMerged(graph: GraphProto, inputs: readonly { name: string }[], file: string): void {
  const nodes = graph.node ?? [];
  const inside = nodes
    .filter(({ opType }) => opType === 'If')
    .flatMap(({ attribute = [] }) => attribute.map(({ g }) => g?.node?.length ?? 0));
  const largest = Math.max(0, ...inside);
  const hasSwitch = inputs.some(({ name }) => name === 'use_cache_branch');
  if (!hasSwitch && largest <= nodes.length) return;
  throw new MongeError({
    code: 'model-merged',
    blame: 'input',
    what: 'two graphs lie in the branches of one here, where nothing can be looked at',
    where: { file, op: 'If' },
    got: `branches of ${inside.filter((count) => count > 0).join(' and ')} nodes`,
    expected: 'a decoder of one graph',
    help: 'open the file that is not merged: model.onnx or decoder_model.onnx of the same export',
  });
}
