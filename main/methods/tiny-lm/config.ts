/** @file What a tiny language model is trained on, and its settings. */
import { input } from '../../contract/inputs';
import type { InputsOf } from '../../contract/opened';
import { object, section, type ConfigOf } from '../../contract/schema';

export const inputs = {
  text: input('Text: A text file, or JSON Lines or a table with a column of text.', {
    kind: 'text',
    optional: false,
  }),
};

export type Inputs = InputsOf<typeof inputs>;

const [text, moreText] = section('Text');
const [network, moreNetwork] = section('Network');
const [training, moreTraining] = section('Training');
const [shown, moreShown] = section('Samples');

const fields = {
  tokenizer: text('Tokens: What the text is cut into.').choice('bpe', {
    bpe: 'Pieces of words: The pairs of neighbours that are most frequent in the training text are merged (byte-level BPE).',
    bytes: 'Bytes: Nothing is learned; any text can be written, and sequences are long.',
  }),
  vocabulary: text(
    'Vocabulary: Tokens to learn, the 256 bytes and the end of a text included; fewer where no pair occurs twice any more.',
    { when: { key: 'tokenizer', values: ['bpe'] } },
  ).integer(512, [257, 32_768, 'log'], 'tokens'),
  rows: text(
    'Rows: Whether the rows of the file are lines of one text, or texts of their own that end.',
  ).choice('lines', {
    lines: 'Lines of one text: Joined by line breaks.',
    texts: 'Texts: Each ends with a token of its own, so that the model learns where to end.',
  }),
  validation: moreText(
    'Validation share: The last part of the text, which is never trained on. The tokens are learned without it too.',
  ).real(0.1, [0.001, 0.5]),

  layers: network('Layers: Blocks of attention and perceptron.').integer(4, [1, 48]),
  width: network('Width: Size of the residual stream.').integer(128, [8, 4096, 'log'], 'units'),
  heads: network('Heads: Attention heads; they divide the width.').integer(4, [1, 64, 'log']),
  kvHeads: moreNetwork(
    'Key heads: Heads of keys and values; they divide the heads, and fewer make a smaller cache.',
  ).integer(2, [1, 64, 'log']),
  hidden: moreNetwork('Hidden width: Size inside the perceptrons (SwiGLU).').integer(
    352,
    [8, 16_384, 'log'],
    'units',
  ),
  context: network('Context: Tokens that the model sees at once.').integer(128, [4, 4096, 'log'], 'tokens'),
  tied: moreNetwork('Tied: The embedding is also the output map.').boolean(true),

  steps: training('Steps: Updates of the weights.').integer(800, [1, 10_000_000, 'log'], 'steps'),
  batchSize: training('Batch: Stretches of text per step, each of the length of the context.').integer(
    16,
    [1, 4096, 'log'],
    'sequences',
  ),
  learningRate: training('Learning rate: Its peak; it falls to a tenth along half a cosine.').real(4e-3, [
    1e-6,
    1,
    'log',
  ]),
  warmup: moreTraining('Warm-up: Share of the steps over which the learning rate rises in a line.').real(
    0.05,
    [0, 0.9],
  ),
  weightDecay: moreTraining('Weight decay: Of the matrices; gains of norms are left alone.').real(
    0.1,
    [0, 10],
  ),
  clipNorm: moreTraining('Gradient norm: Larger gradients are scaled down to it.').real(1, [
    1e-6,
    1e6,
    'log',
  ]),
  device: moreTraining(
    'Device: Where the network is trained; a device that is missing falls back to the processor with a notice.',
  ).choice('cpu', {
    cpu: 'Processor: Repeats bit for bit.',
    webgpu: 'WebGPU: The graphics processor.',
  }),
  numbers: moreTraining('Saved as: The number format of the weights in the saved model.').choice('float32', {
    float32: 'float32: As trained.',
    float16: 'float16: Half the size.',
    bfloat16: 'bfloat16: Half the size, the range of float32.',
  }),

  looks: moreShown(
    'Looks: How often during training the validation text is measured and samples are written.',
  ).integer(10, [1, 1000, 'log']),
  prompt: shown('Prompt: What the samples go on from; empty starts a new text, or a new line.').text(
    '',
    2000,
  ),
  samples: shown('Samples: Texts per look.').integer(2, [0, 64]),
  sampleLength: shown('Length: Tokens of a sample at most.').integer(80, [1, 4096, 'log'], 'tokens'),
  temperature: moreShown(
    'Temperature: Below 1 the likely tokens are drawn more often; 0 always takes the most likely one.',
  ).real(0.7, [0, 10]),
};

export const config = object(fields);
export type TinyConfig = ConfigOf<typeof fields>;
