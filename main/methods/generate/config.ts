/** @file What texts are continued from, and the settings of sampling. */
import { input } from '../../contract/inputs';
import type { InputsOf } from '../../contract/opened';
import { object, section, type ConfigOf } from '../../contract/schema';

export const inputs = {
  model: input(
    'Model: A language model: a GGUF file, or a folder with config.json, safetensors and tokenizer.json.',
    { kind: 'model', optional: false, needs: 'language' },
  ),
  text: input('Prompts: A text file or a table with a column of text; every row is a prompt.', {
    ...{ kind: 'text', optional: true, without: 'the settings’ own' },
  }),
};

export type Inputs = InputsOf<typeof inputs>;

const [prompts] = section('Prompts');
const [sampling, moreSampling] = section('Sampling');
const [, moreReading] = section('Reading');

const fields = {
  prompt: prompts('Prompts: Texts to go on from, before those of the input.').texts([], 200_000, 1000),
  chat: prompts("Chat: Each prompt is what a person says, put through the model's chat template.").boolean(
    false,
  ),
  copies: prompts('Copies: Texts per prompt; each has random numbers of its own.').integer(1, [
    1,
    1000,
    'log',
  ]),
  maxTokens: sampling('Length: Tokens that are added at most.').integer(128, [1, 100_000, 'log'], 'tokens'),
  temperature: sampling(
    'Temperature: Below 1 the likely tokens are drawn more often; 0 always takes the likeliest one.',
  ).real(0.7, [0, 10]),
  topP: moreSampling('Top-p: The likeliest tokens that together have this probability; 1 is all.').real(
    1,
    [0.001, 1],
  ),
  topK: moreSampling('Top-k: At most this many tokens; 0 is all.').integer(0, [0, 1_000_000]),
  minP: moreSampling("Min-p: Tokens with at least this share of the likeliest one's probability.").real(
    0,
    [0, 1],
  ),
  repetitionPenalty: moreSampling(
    'Repetition penalty: Divides the logits of tokens that were there before; 1 is none.',
  ).real(1, [0.1, 10]),
  stop: moreSampling('Stop: Texts at which to stop; they are not part of what is written.').texts(
    [],
    1000,
    16,
  ),
  stopAtEnd: moreSampling('End: Whether a token that ends a text ends it.').boolean(true),
  level: sampling('Arithmetic: How the weights take part in products.').choice('fp32', {
    fp32: 'fp32: The decoded weights in single precision.',
    '4-bit-0': 'Stored 4-bit weights: With activations in fp32, where the model allows it.',
    '4-bit-4': 'Fast arithmetic: Activations are rounded to 8 bits as well; for reading, not for comparing.',
  }),
  batch: moreReading('Batch: Texts that are continued together.').integer(8, [1, 8], 'texts'),
};

export const config = object(fields);
export type GenerateConfig = ConfigOf<typeof fields>;
