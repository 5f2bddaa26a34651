/** @file Settings: the velocity network. */
import { fieldsWith } from '../../../contract/schema';
import { asPerceptron, asTransformer, asUNet, NETWORK } from './groups';

const perceptron = fieldsWith({ group: NETWORK, onlyWhen: asPerceptron });
const uNet = fieldsWith({ group: NETWORK, onlyWhen: asUNet });
const transformer = fieldsWith({ group: NETWORK, onlyWhen: asTransformer });
const shown = fieldsWith({ group: NETWORK });

export const networkFields = {
  network: shown.choice({
    title: 'Network',
    help: 'What learns the velocity: a perceptron takes any numbers, the other two are made for images.',
    default: 'perceptron',
    choices: [
      {
        value: 'perceptron',
        title: 'Perceptron',
        help: 'Fully connected layers; right for points, vectors and very small images.',
      },
      {
        value: 'unet',
        title: 'U-Net',
        help: 'Convolutions at several resolutions; good images from little data, but slow on a processor.',
      },
      {
        value: 'transformer',
        title: 'Transformer',
        help: 'A diffusion transformer (DiT) on patches; the quickest of the two for images on a processor.',
      },
    ],
  }),
  hidden: perceptron.integer({
    title: 'Width',
    help: 'Units in each hidden layer of the velocity network.',
    unit: 'units',
    default: 96,
    range: [1, 8192, 'log'],
  }),
  layers: perceptron.integer({
    title: 'Hidden layers',
    help: 'Hidden layers of the velocity network.',
    unit: 'layers',
    default: 3,
    range: [1, 32],
  }),
  activation: perceptron.choice({
    title: 'Activation',
    help: 'Nonlinearity between the layers.',
    advanced: true,
    default: 'silu',
    choices: [
      { value: 'silu', title: 'SiLU', help: 'x·sigmoid(x), smooth; the usual choice for flows.' },
      { value: 'gelu', title: 'GELU', help: 'x·Φ(x), smooth.' },
      { value: 'tanh', title: 'tanh', help: 'Bounded.' },
      { value: 'relu', title: 'ReLU', help: 'Piecewise linear.' },
    ],
  }),
  frequencies: perceptron.integer({
    title: 'Time frequencies',
    help: 'Pairs of sine and cosine of the time that the network sees; more let the velocity change faster in time.',
    unit: 'pairs',
    advanced: true,
    default: 4,
    range: [1, 64],
  }),
  channels: uNet.integer({
    title: 'Channels',
    help: 'Channels of the U-Net at full resolution; each level below has twice as many.',
    unit: 'channels',
    default: 16,
    range: [2, 512, 'log'],
  }),
  levels: uNet.integer({
    title: 'Levels',
    help: 'Resolutions of the U-Net, each half the one above; images are padded to a size that halves evenly.',
    unit: 'levels',
    default: 3,
    range: [1, 6],
  }),
  blocks: uNet.integer({
    title: 'Blocks',
    help: 'Residual blocks of the U-Net per level on the way down, and one more on the way up.',
    unit: 'blocks',
    advanced: true,
    default: 1,
    range: [1, 8],
  }),
  patch: transformer.integer({
    title: 'Patch',
    help: 'Side of the square patches that the transformer takes as tokens; images are padded to whole patches.',
    unit: 'pixels',
    default: 4,
    range: [1, 64],
  }),
  width: transformer.integer({
    title: 'Token width',
    help: 'Numbers per token of the transformer; a multiple of 4 and of the heads.',
    default: 64,
    range: [4, 2048, 'log'],
  }),
  depth: transformer.integer({
    title: 'Depth',
    help: 'Blocks of the transformer, each attention and a perceptron.',
    unit: 'blocks',
    default: 4,
    range: [1, 48],
  }),
  heads: transformer.integer({
    title: 'Heads',
    help: 'Attention heads of each block, among which the token width is split.',
    unit: 'heads',
    advanced: true,
    default: 4,
    range: [1, 64],
  }),
};
