/** @file The language models of the zoo as cases: GPT, Llama, and the decoder that hyperparameter transfer trains. */
import { float32, int32, type TensorType } from '../ir/types';
import { stream } from '../random/stream';
import type { ZooCase } from './case';
import { gpt, gptOptions, llamaOptions, nextTokenLoss, type GptOptions } from './gpt';

export interface LanguageCaseSizes {
  batchSize: number;
  vocabulary: number;
  width: number;
  layers: number;
  heads: number;
  context: number;
}

const TINY: LanguageCaseSizes = { batchSize: 4, vocabulary: 11, width: 16, layers: 2, heads: 2, context: 6 };

/** GPT with its embedding as output map. */
export function gptCase(sizes: Partial<LanguageCaseSizes> = {}): ZooCase {
  const all = { ...TINY, ...sizes };
  return languageCase('gpt', all.batchSize, { ...gptOptions(all), tied: true });
}

/** Llama with two query heads for every key head. */
export function llamaCase(
  sizes: Partial<LanguageCaseSizes & { kvHeads: number; hidden: number }> = {},
): ZooCase {
  const all = { ...TINY, heads: 4, ...sizes };
  const { kvHeads = all.heads / 2, hidden = 64 * Math.ceil((8 * all.width) / 3 / 64) } = sizes;
  return languageCase('llama', all.batchSize, llamaOptions({ ...all, kvHeads, hidden }));
}

/**
 * The decoder of the hyperparameter transfer method: RMS norm, query-key norm, untied, residual multipliers as an input,
 * and a z-loss.
 */
export function transferCase(sizes: Partial<LanguageCaseSizes> = {}): ZooCase {
  const all = { ...TINY, ...sizes };
  const options: GptOptions = { ...gptOptions(all), norm: 'rms', qkNorm: true, bias: false };
  return languageCase('gpt-transfer', all.batchSize, options, 1e-2);
}

/** With a z-loss, residual multipliers are inputs too. */
function languageCase(name: string, batchSize: number, options: GptOptions, zWeight?: number): ZooCase {
  const { vocabulary, context, layers } = options;
  const model = gpt(options);
  const multipliers: Record<string, TensorType> =
    zWeight === undefined ? {} : { multipliers: float32(2 * layers) };
  return {
    name,
    module: model,
    stream: { ids: int32(batchSize, context), targets: int32(batchSize, context), ...multipliers },
    loss: (parameters, { ids, targets, multipliers }) =>
      nextTokenLoss(model.apply(parameters, ids!, { multipliers }), targets!, zWeight),
    batch: (seed, step) => {
      const text = madeUpText(seed, step, { batchSize, length: context + 1, vocabulary });
      const part = (start: number) =>
        Int32Array.from(
          { length: batchSize * context },
          (_, at) => text[Math.floor(at / context) * (context + 1) + (at % context) + start]!,
        );
      return {
        ids: { data: part(0), shape: [batchSize, context] },
        targets: { data: part(1), shape: [batchSize, context] },
        ...(zWeight === undefined
          ? {}
          : {
              multipliers: {
                data: stream(seed, 'language.multipliers', step)
                  .uniform(new Float32Array(2 * layers))
                  .map((uniform) => 0.5 + uniform),
                shape: [2 * layers],
              },
            }),
      };
    },
    inference: {
      inputs: { ids: int32('batch', context), ...multipliers },
      build: (parameters, { ids, multipliers }) => ({
        logits: model.apply(parameters, ids!, { multipliers }),
      }),
    },
  };
}

/** Sequences that go up by a step of their own, with one id in eight replaced: there is something to learn. */
function madeUpText(
  seed: number,
  step: number,
  sizes: { batchSize: number; length: number; vocabulary: number },
): Int32Array {
  const { batchSize, length, vocabulary } = sizes;
  const starts = stream(seed, 'language.start', step).integers(new Int32Array(batchSize), vocabulary);
  const strides = stream(seed, 'language.stride', step).integers(new Int32Array(batchSize), 3);
  const noise = stream(seed, 'language.noise', step).integers(new Int32Array(batchSize * length), 8);
  return Int32Array.from({ length: batchSize * length }, (_, at) => {
    const row = Math.floor(at / length);
    const place = at % length;
    const regular = (starts[row]! + place * (1 + strides[row]!)) % vocabulary;
    return noise[at] === 0 ? (regular * 5 + place) % vocabulary : regular;
  });
}
