/** @file Opens a language model from a checkpoint: its tokenizer, its decoder at a numeric level, texts continued and scored. */
import {
  decoderConfig,
  weightTypes,
  whyNotFast,
  type DecoderConfig,
  type LazyWeight,
  type NumericLevel,
  type WeightType,
} from '../../native-models';
import { MongeError } from '../../native-models/error';
import { openCompute } from '../compute/session';
import type { Compute } from '../contract/compute';
import { openCheckpoint, type Checkpoint } from '../models/checkpoint';
import type { Decoding, NumericRecord } from './decoding';
import { endTokens } from './end-tokens';
import { openFastDecoding } from './fast-decoding';
import {
  generate,
  type GeneratedToken,
  type Generation,
  type GenerationRequest,
  type GenerationSettings,
} from './generation';
import { openPlainDecoding } from './plain-decoding';
import { score, type Score } from './scoring';
import { namingDamage } from './damaged';
import { checkpointTokenizer } from './tokenizer/of-checkpoint';
import type { Tokenizer } from './tokenizer/tokenizer';
import { weightFolder } from './weight-cache';

/**
 * What a model is opened for: `chat` may be fast (a loop inside the graph, at level 4 rounded activations), `exact` gives
 * the whole distribution as the level has it, `capture` opens no decoder before one is asked for.
 */
export type ModelUse = 'chat' | 'exact' | 'capture';

export interface LanguageModelOptions {
  /** `4-bit-4` only for chat. Families without fused operators are computed in fp32 whatever is asked; the record says so. */
  level: NumericLevel;
  use: ModelUse;
  threads: number;
  /** Where written weights are kept. */
  cacheFolder: string;
  /** All written weights together, bytes. */
  mostCacheBytes?: number;
  /** Where sessions are opened; default: a place of its own with so many threads. */
  compute?: Compute;
  signal?: AbortSignal;
}

export interface ModelFacts {
  format: Checkpoint['format'];
  path: string;
  family: DecoderConfig['family'];
  /** Weights of the checkpoint. */
  parameters: number;
  /** Weights by the type they are stored in. */
  types: Partial<Record<WeightType, number>>;
  /** Bytes of the weights as stored. */
  bytes: number;
  layers: number;
  width: number;
  heads: number;
  kvHeads: number;
  vocabulary: number;
  /** Tokens that it was made for. */
  context: number;
  licence: string | null;
}

export interface LanguageModel {
  readonly facts: ModelFacts;
  readonly config: DecoderConfig;
  readonly checkpoint: Checkpoint;
  readonly tokenizer: Tokenizer;
  /** How the numbers come about: for records. Of `capture` known once a decoder was asked for. */
  readonly record: NumericRecord | null;
  /** See `generate` of generation.ts. */
  generate(
    requests: readonly GenerationRequest[],
    settings: GenerationSettings,
    onToken?: (token: GeneratedToken) => void,
    stopRequested?: () => boolean,
  ): Promise<Generation[]>;
  /** Log-probabilities over the whole distribution, whatever shortcut chat takes. See `score` of scoring.ts. */
  score(text: string | readonly number[], stopRequested?: () => boolean): Promise<Score>;
  close(): Promise<void>;
}

/**
 * @throws `level-for-chat`, `tokenizer-missing`, `model-config`, `checkpoint-shape`, and the codes of checkpoints,
 *   tokenizers and sessions
 */
export async function openLanguageModel(path: string, options: LanguageModelOptions): Promise<LanguageModel> {
  const { level, use } = options;
  if (level === '4-bit-4' && use !== 'chat')
    throw new MongeError({
      code: 'level-for-chat',
      blame: 'input',
      what: 'this numeric level rounds activations, which is for chat only',
      got: `level ${level} for ${use}`,
      expected: 'fp32 or 4-bit-0',
    });
  const checkpoint = await openCheckpoint(path);
  const config = decoderConfig(checkpoint.config);
  // Read beside the making of the tokenizer.
  const hash = checkpoint.sha256();
  hash.catch(() => undefined);
  const tokenizer = checkpointTokenizer(checkpoint);
  const own = options.compute ? null : openCompute({ threads: options.threads });
  const compute = options.compute ?? own!;
  const folder = async (weights: readonly LazyWeight[]) =>
    weightFolder(
      await hash,
      weights,
      { folder: options.cacheFolder, mostBytes: options.mostCacheBytes },
      level,
      options.signal,
    );
  const because = whyNotFast(config);
  const open = (loop: boolean, rescored: boolean): Promise<Decoding> =>
    because === null
      ? openFastDecoding(compute, config, checkpoint, { level, rescored, loop, folder })
      : openPlainDecoding(compute, config, checkpoint, {
          ...{ because, folder },
          level: level === '4-bit-4' ? 'fp32' : level,
        });
  const chat = use === 'chat';
  const openMain = () => open(chat && level !== 'fp32', chat);
  let main: Promise<Decoding> | null = null;
  let whole: Promise<Decoding> | null = null;
  let record: NumericRecord | null = null;
  const decoding = async (): Promise<Decoding> => {
    const opened = await (main ??= openMain());
    record = opened.record;
    return opened;
  };
  const close = async () => {
    const opened = await Promise.allSettled([main, whole]);
    for (const result of opened) if (result.status === 'fulfilled') await result.value?.close();
    await own?.close();
  };
  try {
    if (use !== 'capture') await decoding();
  } catch (error) {
    await close();
    throw error;
  }
  const endIds = endTokens(tokenizer, checkpoint.config);
  const { context } = config;

  return {
    facts: factsOf(checkpoint, config),
    config,
    checkpoint,
    tokenizer,
    get record() {
      return record;
    },
    async generate(requests, settings, onToken, stopRequested) {
      const place = { decoding: await decoding(), tokenizer, context, endIds };
      return namingDamage({ path: checkpoint.path, checkpoint }, () =>
        generate(place, requests, settings, onToken, stopRequested),
      );
    },
    async score(text, stopRequested) {
      const ids = typeof text === 'string' ? tokenizer.ids(text) : text;
      const opened = await decoding();
      // Rescored logits are exact for the best 64 only.
      const scorer = opened.record.rescored ? await (whole ??= open(false, false)) : opened;
      return namingDamage({ path: checkpoint.path, checkpoint }, () =>
        score(scorer, ids, context, stopRequested),
      );
    },
    close,
  };
}

function factsOf(checkpoint: Checkpoint, config: DecoderConfig): ModelFacts {
  const types: Partial<Record<WeightType, number>> = {};
  let parameters = 0;
  let bytes = 0;
  for (const name of checkpoint.names) {
    const type = checkpoint.type(name);
    const count = checkpoint.shape(name).reduce((product, size) => product * size, 1);
    types[type] = (types[type] ?? 0) + count;
    parameters += count;
    bytes += (count / weightTypes[type].elements) * weightTypes[type].bytes;
  }
  const { family, layers, width, heads, kvHeads, vocabulary, context } = config;
  const { format, path, licence } = checkpoint;
  return {
    ...{ format, path, family, parameters, types, bytes, layers, width, heads, kvHeads, vocabulary },
    ...{ context, licence },
  };
}
