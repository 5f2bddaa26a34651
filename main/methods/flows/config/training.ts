/** @file Settings: the velocity network, and how long, how and on which device it is trained. */
import { section } from '../../../contract/schema';
import { withLabels } from './pairing';

const [training, moreTraining] = section('Training');
const [network] = section('Network');
const [perceptron, morePerceptron] = section('Network', { key: 'network', values: ['perceptron'] });
const [uNet, moreUNet] = section('Network', { key: 'network', values: ['unet'] });
const [transformer, moreTransformer] = section('Network', { key: 'network', values: ['transformer'] });

export const trainingFields = {
  steps: training('Steps: Optimiser steps in all.').integer(4000, [1, 10_000_000, 'log'], 'steps'),
  batchSize: training('Batch size: Pairs per optimiser step.').integer(512, [1, 65536, 'log'], 'pairs'),
  learningRate: training(
    'Learning rate: Step length of AdamW at the start; it falls along a cosine to 0 at the last step.',
  ).real(2e-3, [1e-7, 1, 'log']),
  weightDecay: moreTraining('Weight decay: Decoupled shrinking of the weights in AdamW.').real(0, [0, 10]),
  emaDecay: moreTraining(
    'Averaging: Decay per step of the running average of the weights; the average is what is shown, measured and exported.',
  ).real(0.999, [0, 0.99999]),
  device: training(
    'Device: Where the network is trained and run; a device that is missing falls back to the processor with a notice.',
  ).choice('auto', {
    auto: 'Automatic: The processor: networks of this size gain nothing from another device, and results repeat bit for bit.',
    cpu: 'Processor: Repeats bit for bit.',
    webgpu: 'WebGPU: The graphics processor.',
  }),
};

export const networkFields = {
  network: network(
    'Network: What learns the velocity: a perceptron takes any numbers, the other two are made for images.',
  ).choice('perceptron', {
    perceptron: 'Perceptron: Fully connected layers; right for points, vectors and very small images.',
    unet: 'U-Net: Convolutions at several resolutions; good images from little data, but slow on a processor.',
    transformer:
      'Transformer: A diffusion transformer (DiT) on patches; the quickest of the two for images on a processor.',
  }),
  hidden: perceptron('Width: Units in each hidden layer of the velocity network.').integer(
    96,
    [1, 8192, 'log'],
    'units',
  ),
  layers: perceptron('Hidden layers: Hidden layers of the velocity network.').integer(3, [1, 32], 'layers'),
  activation: morePerceptron('Activation: Nonlinearity between the layers.').choice('silu', {
    silu: 'SiLU: x·sigmoid(x), smooth; the usual choice for flows.',
    gelu: 'GELU: x·Φ(x), smooth.',
    tanh: 'tanh: Bounded.',
    relu: 'ReLU: Piecewise linear.',
  }),
  frequencies: morePerceptron(
    'Time frequencies: Pairs of sine and cosine of the time that the network sees; more let the velocity change faster in time.',
  ).integer(4, [1, 64], 'pairs'),
  channels: uNet(
    'Channels: Channels of the U-Net at full resolution; each level below has twice as many.',
  ).integer(16, [2, 512, 'log'], 'channels'),
  levels: uNet(
    'Levels: Resolutions of the U-Net, each half the one above; images are padded to a size that halves evenly.',
  ).integer(3, [1, 6], 'levels'),
  blocks: moreUNet(
    'Blocks: Residual blocks of the U-Net per level on the way down, and one more on the way up.',
  ).integer(1, [1, 8], 'blocks'),
  patch: transformer(
    'Patch: Side of the square patches that the transformer takes as tokens; images are padded to whole patches.',
  ).integer(4, [1, 64], 'pixels'),
  width: transformer(
    'Token width: Numbers per token of the transformer; a multiple of 4 and of the heads.',
  ).integer(64, [4, 2048, 'log']),
  depth: transformer('Depth: Blocks of the transformer, each attention and a perceptron.').integer(
    4,
    [1, 48],
    'blocks',
  ),
  heads: moreTransformer(
    'Heads: Attention heads of each block, among which the token width is split.',
  ).integer(4, [1, 64], 'heads'),

  labelDropout: moreTraining(
    'Label dropout: Share of the pairs trained without their label, so that the flow also learns all classes together; guidance needs it.',
    { source: 'Ho and Salimans 2022', when: withLabels },
  ).real(0.1, [0, 1]),
};
