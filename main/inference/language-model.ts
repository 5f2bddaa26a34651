/** @file Opens a language model from a checkpoint: its tokenizer, its decoder at a numeric level, texts continued and scored. */
import {
  decoderConfig,
  decoderGraph,
  weightTypes,
  whyNotFast,
  whyNotFusedSteering,
  type DecoderConfig,
  type LazyWeight,
  type NumericLevel,
  type WeightType,
} from '../../native-models';
import { MongeError } from '../../native-models/error';
import { openCompute } from '../compute/session';
import type { Compute } from '../contract/compute';
import type { Steering } from '../contract/steering';
import { openCheckpoint, type Checkpoint } from '../models/checkpoint';
import type { Decoding, NumericRecord } from './decoding';
import type { DecodingForm } from './decoding-pool';
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
import { SteerableDecoders } from './steering/decoders';
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

/** Decoders that are kept open: in fp32, whose weights are large and packed anew by each, one. */
const FP32_KEPT = 1;
const KEPT = 3;

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
  /** How the numbers of the last call came about: for records. Of `capture` known once a decoder was asked for. */
  readonly record: NumericRecord | null;
  /** See `generate` of generation.ts. Steered where there is a steering, with the same random numbers as without. */
  generate(
    requests: readonly GenerationRequest[],
    settings: GenerationSettings,
    onToken?: (token: GeneratedToken) => void,
    stopRequested?: () => boolean,
    steering?: Steering | null,
  ): Promise<Generation[]>;
  /** Log-probabilities over the whole distribution, whatever shortcut chat takes. See `score` of scoring.ts. */
  score(
    text: string | readonly number[],
    stopRequested?: () => boolean,
    steering?: Steering | null,
  ): Promise<Score>;
  /**
   * Two decoders on one session, both with the whole distribution: without steering and with it. They may be used until
   * `use` has resolved.
   * @throws `steering-map`, `steering-lambda`, `hook-unknown` and the other codes of `planOf`
   */
  compare<T>(steering: Steering, use: (unsteered: Decoding, steered: Decoding) => Promise<T>): Promise<T>;
  /** The same for several strengths, each in place of the steering's own, one decoder each. @throws as `compare` */
  compareAt<T>(
    steering: Omit<Steering, 'lambda'>,
    lambdas: readonly Steering['lambda'][],
    use: (unsteered: Decoding, steered: readonly Decoding[]) => Promise<T>,
  ): Promise<T>;
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
  const open = ({ loop, rescored, steering }: DecodingForm): Promise<Decoding> => {
    const ids = steering?.hooks.map(({ id }) => id) ?? [];
    const because = whyNotFast(config) ?? whyNotFusedSteering(config, ids);
    return because === null
      ? openFastDecoding(compute, config, checkpoint, { level, rescored, loop, folder, steering })
      : openPlainDecoding(compute, config, checkpoint, {
          ...{ because, folder, steering },
          level: level === '4-bit-4' ? 'fp32' : level,
        });
  };
  const chat = use === 'chat';
  const rescores = chat && level === '4-bit-0';
  const main = { loop: chat && level !== 'fp32', rescored: rescores };
  const whole = { loop: false, rescored: false };
  const decoders = new SteerableDecoders(
    open,
    level === 'fp32' ? FP32_KEPT : KEPT,
    () => decoderGraph(config, checkpoint).hooks,
  );
  let record: NumericRecord | null = null;
  const decoding = <T>(
    form: typeof main,
    steering: Steering | null,
    use: (decoding: Decoding) => Promise<T>,
  ): Promise<T> =>
    decoders.use(form, steering, (opened) => {
      record = opened.record;
      return use(opened);
    });
  const close = async () => {
    await decoders.close();
    await own?.close();
  };
  try {
    if (use !== 'capture') await decoding(main, null, async () => undefined);
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
    generate: (requests, settings, onToken, stopRequested, steering = null) =>
      decoding(main, steering, (opened) => {
        const place = { decoding: opened, tokenizer, context, endIds };
        return namingDamage({ path: checkpoint.path, checkpoint }, () =>
          generate(place, requests, settings, onToken, stopRequested),
        );
      }),
    async score(text, stopRequested, steering = null) {
      const ids = typeof text === 'string' ? tokenizer.ids(text) : text;
      // Rescored logits are exact for the best 64 only.
      return decoding(rescores ? whole : main, steering, (opened) =>
        namingDamage({ path: checkpoint.path, checkpoint }, () => score(opened, ids, context, stopRequested)),
      );
    },
    compare: (steering, use) => decoders.compare(whole, steering, use),
    compareAt: (steering, lambdas, use) => decoders.compareAt(whole, steering, lambdas, use),
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
