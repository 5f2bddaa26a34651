/** @file The settings of the Flows method, and better defaults for the data at hand. */
import type { DatasetInfo } from '../../data/types';
import { choice, integer, object, real, type ConfigOf } from '../schema';

const PAIRING = 'Pairing';
const TRAINING = 'Training';
const NETWORK = 'Network';
const MEASURING = 'Measuring';
const withSinkhorn = { key: 'coupling', values: ['sinkhorn'] };
const withPools = { key: 'coupling', values: ['sinkhorn', 'assignment'] };

const fields = {
  coupling: choice({
    title: 'Coupling',
    help: 'How a noise point and a data point are paired before the segment between them is learned; less crossing gives straighter flows.',
    source: 'LSC, section 1',
    group: PAIRING,
    default: 'sinkhorn',
    choices: [
      {
        value: 'independent',
        title: 'Independent',
        help: 'Every pair drawn at random: plain flow matching.',
      },
      {
        value: 'assignment',
        title: 'Assignment',
        help: 'The exact one-to-one pairing of least total cost, for pools of at most 4,096 points.',
      },
      {
        value: 'sinkhorn',
        title: 'Sinkhorn',
        help: 'Entropic optimal transport between the two halves of a pool: nearly optimal, and quick on large pools.',
      },
    ],
  }),
  poolSize: integer({
    title: 'Pool size',
    help: 'Noise and data points that are paired with each other at a time; larger pools give straighter flows and take longer.',
    unit: 'points',
    source: 'n',
    group: PAIRING,
    default: 4096,
    minimum: 8,
    maximum: 131072,
    scale: 'log',
    onlyWhen: withPools,
  }),
  epsilon: real({
    title: 'Regularisation',
    help: 'How blurred the pairing may be, relative to the standard deviation of the cost: small is sharp and slow, 1 is nearly independent.',
    unit: 'σ of the cost',
    source: 'ε',
    group: PAIRING,
    default: 0.05,
    minimum: 1e-3,
    maximum: 100,
    scale: 'log',
    onlyWhen: withSinkhorn,
  }),
  steps: integer({
    title: 'Steps',
    help: 'Optimiser steps in all.',
    unit: 'steps',
    group: TRAINING,
    default: 4000,
    minimum: 1,
    maximum: 10_000_000,
    scale: 'log',
  }),
  batchSize: integer({
    title: 'Batch size',
    help: 'Pairs per optimiser step.',
    unit: 'pairs',
    group: TRAINING,
    default: 512,
    minimum: 1,
    maximum: 65536,
    scale: 'log',
  }),
  learningRate: real({
    title: 'Learning rate',
    help: 'Step length of AdamW at the start; it falls along a cosine to 0 at the last step.',
    group: TRAINING,
    default: 2e-3,
    minimum: 1e-7,
    maximum: 1,
    scale: 'log',
  }),
  hidden: integer({
    title: 'Width',
    help: 'Units in each hidden layer of the velocity network.',
    unit: 'units',
    group: NETWORK,
    default: 96,
    minimum: 1,
    maximum: 8192,
    scale: 'log',
  }),
  layers: integer({
    title: 'Hidden layers',
    help: 'Hidden layers of the velocity network.',
    unit: 'layers',
    group: NETWORK,
    default: 3,
    minimum: 1,
    maximum: 32,
  }),
  device: choice({
    title: 'Device',
    help: 'Where the network is trained and run; a device that is missing falls back to the processor with a notice.',
    group: TRAINING,
    default: 'auto',
    choices: [
      {
        value: 'auto',
        title: 'Automatic',
        help: 'The processor: networks of this size gain nothing from another device, and results repeat bit for bit.',
      },
      { value: 'cpu', title: 'Processor', help: 'Repeats bit for bit.' },
      { value: 'webgpu', title: 'WebGPU', help: 'The graphics processor.' },
    ],
  }),
  activation: choice({
    title: 'Activation',
    help: 'Nonlinearity between the layers.',
    group: NETWORK,
    advanced: true,
    default: 'silu',
    choices: [
      { value: 'silu', title: 'SiLU', help: 'x·sigmoid(x), smooth; the usual choice for flows.' },
      { value: 'gelu', title: 'GELU', help: 'x·Φ(x), smooth.' },
      { value: 'tanh', title: 'tanh', help: 'Bounded.' },
      { value: 'relu', title: 'ReLU', help: 'Piecewise linear.' },
    ],
  }),
  frequencies: integer({
    title: 'Time frequencies',
    help: 'Pairs of sine and cosine of the time that the network sees; more let the velocity change faster in time.',
    unit: 'pairs',
    group: NETWORK,
    advanced: true,
    default: 4,
    minimum: 1,
    maximum: 64,
  }),
  weightDecay: real({
    title: 'Weight decay',
    help: 'Decoupled shrinking of the weights in AdamW.',
    group: TRAINING,
    advanced: true,
    default: 0,
    minimum: 0,
    maximum: 10,
  }),
  emaDecay: real({
    title: 'Averaging',
    help: 'Decay per step of the running average of the weights; the average is what is shown, measured and exported.',
    group: TRAINING,
    advanced: true,
    default: 0.999,
    minimum: 0,
    maximum: 0.99999,
  }),
  pairs: integer({
    title: 'Pairs kept',
    help: 'Pairs in use by the end of training, made pool by pool over its first half and drawn from again and again.',
    unit: 'pairs',
    group: PAIRING,
    advanced: true,
    default: 65536,
    minimum: 8,
    maximum: 16_777_216,
    scale: 'log',
    onlyWhen: withPools,
  }),
  tolerance: real({
    title: 'Marginal tolerance',
    help: 'Sinkhorn stops when the marginals of the coupling are this close to uniform, in L1.',
    source: 'τ',
    group: PAIRING,
    advanced: true,
    default: 1e-3,
    minimum: 1e-6,
    maximum: 0.5,
    scale: 'log',
    onlyWhen: withSinkhorn,
  }),
  maximumIterations: integer({
    title: 'Iteration limit',
    help: 'Sinkhorn gives up improving a pool after this many iterations and says so.',
    unit: 'iterations',
    group: PAIRING,
    advanced: true,
    default: 5000,
    minimum: 1,
    maximum: 1_000_000,
    scale: 'log',
    onlyWhen: withSinkhorn,
  }),
  momentum: choice({
    title: 'Over-relaxation',
    help: 'Longer Sinkhorn steps, adapted to how fast the error falls; the coupling stays the same within the tolerance.',
    source: 'ω, Lehmann et al. 2022',
    group: PAIRING,
    advanced: true,
    default: 'adaptive',
    choices: [
      { value: 'none', title: 'None', help: 'Plain iterations.' },
      {
        value: 'adaptive',
        title: 'Adaptive',
        help: 'From the 20th iteration of each rung of the ε ladder on.',
      },
    ],
    onlyWhen: withSinkhorn,
  }),
  heldOut: real({
    title: 'Held-out share',
    help: 'Share of the rows that is never trained on, only compared with.',
    group: MEASURING,
    advanced: true,
    default: 0.2,
    minimum: 0.01,
    maximum: 0.9,
  }),
  directions: integer({
    title: 'Directions',
    help: 'Random directions over which the sliced distance is averaged.',
    unit: 'directions',
    group: MEASURING,
    advanced: true,
    default: 200,
    minimum: 1,
    maximum: 10_000,
    scale: 'log',
  }),
};

export const config = object(fields);
export type FlowsConfig = ConfigOf<typeof fields>;

/** Above this many columns the data wants a wide network and small batches. */
const HIGH_DIMENSION = 16;

/** Better defaults for this data: a wider network in high dimension, pools no larger than small data can fill. */
export function suggest(inputs: Readonly<Record<string, DatasetInfo | undefined>>): Partial<FlowsConfig> {
  const data = inputs.data;
  if (!data) return {};
  const dimension = data.columns
    .filter((column) => column.role === 'feature' || column.role === 'image')
    .reduce((sum, column) => sum + column.width, 0);
  const suggestion: Partial<FlowsConfig> =
    dimension > HIGH_DIMENSION
      ? {
          hidden: 512,
          layers: 4,
          batchSize: 256,
          steps: 3000,
          learningRate: 1e-3,
          poolSize: 2048,
          pairs: 16384,
        }
      : {};
  // A pool several times the data repeats each point, which sharpens nothing and costs n² all the same.
  const poolSize = suggestion.poolSize ?? 4096;
  const fitting = Math.max(256, 2 ** Math.ceil(Math.log2(Math.max(1, data.rows))));
  if (fitting < poolSize) suggestion.poolSize = fitting;
  return suggestion;
}
