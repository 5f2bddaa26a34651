/** @file The outside of a checkpoint, from heads and small texts alone; also of one that cannot be run, and why not. */
import { elementCount, type GgufValue, type ModelProto } from '../../native-models';
import { errorDetail, MongeError } from '../../native-models/error';
import type { CheckpointFacts, StoredTensor } from '../contract/models';
import { openCheckpoint, isGguf, type Checkpoint } from './checkpoint';
import { ggufHeadOf, ggufLicence, hasTokenizer } from './checkpoint-gguf';
import { weightTypeOf, weightsInFolder } from './checkpoint-folder';
import { builtModel, valueNotices, type PlacedWeights } from './checkpoint-notices';
import { openSafetensors } from './safetensors-files';

export interface DescribedCheckpoint {
  facts: CheckpointFacts;
  /** In the order of layers. */
  tensors: StoredTensor[];
  /** The opened checkpoint, where it can be opened. */
  checkpoint: Checkpoint | null;
  /** The graph built from it; an empty one where it cannot be built. */
  model: ModelProto;
}

/** Sizes under one name each, whatever a family calls them. */
const sizeKeys: readonly [name: string, keys: readonly string[]][] = [
  ['layers', ['num_hidden_layers', 'n_layer', 'block_count']],
  ['width', ['hidden_size', 'n_embd', 'embedding_length']],
  ['heads', ['num_attention_heads', 'n_head', 'attention.head_count']],
  ['kvHeads', ['num_key_value_heads', 'attention.head_count_kv']],
  ['headWidth', ['head_dim', 'attention.key_length']],
  ['hidden', ['intermediate_size', 'n_inner', 'feed_forward_length']],
  ['vocabulary', ['vocab_size']],
  ['context', ['max_position_embeddings', 'n_positions', 'context_length']],
];
/** Layer 2 before layer 10. */
const inOrder = new Intl.Collator('en', { numeric: true });
const longestText = 200;
const mostEntries = 200;

/**
 * What a GGUF file, a safetensors file or a folder with one holds. What keeps it from being run (a family that is not
 * known, no configuration) is told among the facts; a damaged file is refused.
 * @throws `file-not-found`, `file-unreadable`, `checkpoint-format`, and the codes of `readGguf` and `openSafetensors`
 */
export async function describeCheckpoint(path: string): Promise<DescribedCheckpoint> {
  const weights = await weightsInFolder(path);
  const head = (await isGguf(weights)) ? await ggufHead(weights) : await safetensorsHead(weights);
  let checkpoint: Checkpoint | null = null;
  let problem: CheckpointFacts['problem'] = null;
  try {
    checkpoint = await openCheckpoint(path);
  } catch (thrown) {
    if (!(thrown instanceof MongeError)) throw thrown;
    problem = errorDetail(thrown);
  }
  const built = builtModel(checkpoint);
  const { config, tokenizer } = checkpoint ?? { config: null, tokenizer: null };
  const { tensors } = head;
  tensors.sort((a, b) => inOrder.compare(a.name, b.name));
  const family = config?.model_type;
  const facts: CheckpointFacts = {
    file: path,
    format: head.format,
    files: head.files,
    metadata: head.metadata,
    family: typeof family === 'string' ? family : head.family,
    sizes: sizesOf(config ?? head.stated),
    parameters: tensors.reduce((sum, { shape }) => sum + elementCount(shape), 0),
    bytes: tensors.reduce((sum, { bytes }) => sum + bytes, 0),
    types: typesOf(tensors),
    tokenizer: tokenizer?.kind === 'json' ? jsonKind(tokenizer.tokenizer) : head.tokenizer,
    chatTemplate: head.chatTemplate || hasTemplate(tokenizer),
    licence: checkpoint?.licence ?? head.licence,
    problem: problem ?? built.problem,
    notices: [...built.notices, ...(await valueNotices(head.weights))],
  };
  return { facts, tensors, checkpoint, model: built.model };
}

interface Head {
  format: CheckpointFacts['format'];
  files: readonly string[];
  metadata: Record<string, string>;
  tensors: StoredTensor[];
  weights: PlacedWeights[];
  family: string | null;
  /** Values by key, for sizes. */
  stated: Readonly<Record<string, unknown>>;
  tokenizer: string | null;
  chatTemplate: boolean;
  licence: string | null;
}

async function ggufHead(path: string): Promise<Head> {
  const index = await ggufHeadOf(path);
  const architecture = index.metadata.get('general.architecture');
  const family = typeof architecture === 'string' ? architecture.slice(0, longestText) : null;
  const kind = index.metadata.get('tokenizer.ggml.model');
  const prefix = `${family ?? ''}.`;
  const stated = [...index.metadata].map(([key, value]) => [
    key.startsWith(prefix) ? key.slice(prefix.length) : key,
    value,
  ]);
  return {
    format: 'gguf',
    files: [path],
    metadata: shortTexts([...index.metadata]),
    tensors: index.tensors.map(({ name, type, shape, from, to }) => ({
      name,
      dtype: type,
      shape,
      bytes: to - from,
    })),
    weights: index.tensors.map((tensor) => ({ ...tensor, file: path })),
    family,
    stated: Object.fromEntries(stated) as Record<string, unknown>,
    tokenizer: hasTokenizer(index) ? String(kind).slice(0, longestText) : null,
    chatTemplate: index.metadata.has('tokenizer.chat_template'),
    licence: ggufLicence(index),
  };
}

async function safetensorsHead(path: string): Promise<Head> {
  const { files, tensors, metadata } = await openSafetensors(path);
  return {
    format: 'safetensors',
    files,
    metadata: shortTexts(Object.entries(metadata)),
    tensors: tensors.map(({ name, dtype, shape, from, to }) => ({ name, dtype, shape, bytes: to - from })),
    weights: tensors.map((tensor) => ({ ...tensor, type: weightTypeOf.get(tensor.dtype) ?? null })),
    family: null,
    stated: {},
    tokenizer: null,
    chatTemplate: false,
    licence: null,
  };
}

/** Vocabularies and long texts are left to who asks for them. */
function shortTexts(entries: readonly (readonly [string, GgufValue])[]): Record<string, string> {
  const short = entries.flatMap(([key, value]): [string, string][] => {
    const text = typeof value === 'object' ? `${value.length} values` : String(value);
    return [
      [key.slice(0, longestText), text.length > longestText ? `${text.slice(0, longestText - 1)}…` : text],
    ];
  });
  return Object.fromEntries(short.slice(0, mostEntries));
}

function sizesOf(stated: Readonly<Record<string, unknown>>): Record<string, number> {
  const found = sizeKeys.flatMap(([name, keys]): [string, number][] => {
    const size = keys.map((key) => stated[key]).find((value) => typeof value === 'number');
    return typeof size === 'number' ? [[name, size]] : [];
  });
  return Object.fromEntries(found);
}

function typesOf(tensors: readonly StoredTensor[]): CheckpointFacts['types'] {
  const types = new Map<string, { type: string; tensors: number; bytes: number }>();
  for (const { dtype, bytes } of tensors) {
    const sum = types.get(dtype) ?? { type: dtype, tensors: 0, bytes: 0 };
    types.set(dtype, { type: dtype, tensors: sum.tensors + 1, bytes: sum.bytes + bytes });
  }
  return [...types.values()].sort((a, b) => b.bytes - a.bytes);
}

/** The kind that tokenizer.json states (`BPE`, `Unigram`, `WordPiece`). */
function jsonKind(text: string): string {
  try {
    const { model } = JSON.parse(text) as { model?: { type?: unknown } };
    if (typeof model?.type === 'string') return model.type.slice(0, longestText);
  } catch {
    return 'damaged';
  }
  return 'tokenizer.json';
}

function hasTemplate(tokenizer: Checkpoint['tokenizer']): boolean {
  if (tokenizer?.kind !== 'json') return false;
  return tokenizer.chatTemplate !== undefined || /"chat_template"\s*:\s*["[]/.test(tokenizer.config ?? '');
}
