/** @file Opens the decodings of tiny models for tests, weights in a temporary folder that goes with them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  decoderConfig,
  whyNotFast,
  type DecoderConfig,
  type NumericLevel,
  type WeightSource,
} from '../../native-models';
import { openCompute } from '../compute/session';
import type { Decoding } from './decoding';
import { openFastDecoding, type LongTexts } from './fast-decoding';
import { openPlainDecoding } from './plain-decoding';
import type { Tokenizer } from './tokenizer/tokenizer';
import { weightFolder } from './weight-cache';

export interface TinyOptions {
  level?: NumericLevel;
  rescored?: boolean;
  loop?: boolean;
  plain?: boolean;
  long?: Partial<LongTexts>;
  change?: Partial<DecoderConfig>;
}

/** Decodings of models in memory; `close` ends all. */
export class TinyModels {
  readonly #compute = openCompute({ threads: 1 });
  #count = 0;
  readonly #folder = mkdtemp(join(tmpdir(), 'monge-tiny-'));

  async open(
    { config: json, source }: { config: Record<string, unknown>; source: WeightSource },
    options: TinyOptions = {},
  ): Promise<Decoding> {
    const config = { ...decoderConfig(json), ...options.change };
    const { level = 'fp32', rescored = false, loop = false, long } = options;
    const cache = { folder: await this.#folder };
    const because = options.plain ? 'asked for' : whyNotFast(config);
    // A source is its own checkpoint.
    const key = String((this.#count += 1));
    if (because !== null)
      return openPlainDecoding(this.#compute, config, source, {
        because,
        level: level === '4-bit-4' ? 'fp32' : level,
        folder: (weights) => weightFolder(key, weights, cache, level),
      });
    return openFastDecoding(this.#compute, config, source, {
      ...{ level, rescored, loop, long },
      folder: (weights) => weightFolder(key, weights, cache, level),
    });
  }

  async close(): Promise<void> {
    await this.#compute.close();
    await rm(await this.#folder, { recursive: true, force: true });
  }
}

/** A tokenizer whose tokens are the letters of ASCII from the space on, `vocabulary` of them. */
export function letterTokenizer(vocabulary: number): Tokenizer {
  const letters = Array.from({ length: vocabulary }, (_, id) => String.fromCharCode(32 + (id % 95)));
  const decode = (ids: readonly number[]) => ids.map((id) => letters[id] ?? '').join('');
  const ids = (text: string) => [...text].map((letter) => letters.indexOf(letter));
  const unused = () => {
    throw new Error('not part of this test');
  };
  return {
    kind: 'bpe',
    vocabulary: letters,
    special: { all: new Set() },
    declared: {},
    ids,
    decode,
    decoder: () => ({ push: (id) => decode([id]), end: () => '' }),
    tokenText: (id) => letters[id]!,
    idOf: (token) => letters.indexOf(token),
    encode: unused,
    encodeBatch: unused,
  };
}
