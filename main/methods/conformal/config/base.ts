/** @file Settings: the base model whose errors are bounded, and the heads trained beside it. */
import { fieldsWith } from '../../../contract/schema';
import { BASE, withColumns, withForest } from './groups';

const advanced = fieldsWith({ group: BASE, advanced: true });
const shown = fieldsWith({ group: BASE });

export const baseFields = {
  base: shown.choice({
    title: 'Base model',
    help: 'What predicts the targets. Coverage holds for any; a better one makes smaller sets.',
    default: 'ridge',
    choices: [
      {
        value: 'ridge',
        title: 'Ridge',
        help: 'Linear in the features and 256 random bends of them: fitted in a moment.',
      },
      { value: 'mlp', title: 'Network, mean', help: 'A perceptron trained on squared errors.' },
      {
        value: 'gaussian',
        title: 'Network, Gaussian',
        help: 'A perceptron that also says how large and how correlated its errors are.',
      },
      {
        value: 'quantile',
        title: 'Network, quantiles',
        help: 'A perceptron that predicts quantiles of each target; its centre is the median.',
      },
      {
        value: 'mixture',
        title: 'Network, mixture',
        help: 'A perceptron that predicts a mixture of Gaussians: several humps where the truth has them.',
      },
      { value: 'forest', title: 'Forest', help: 'Averages of regression trees.' },
      {
        value: 'column',
        title: 'Columns of the table',
        help: 'Your own predictions, one column per target; no rows are trained on.',
      },
      {
        value: 'onnx',
        title: 'Your ONNX model',
        help: 'A file that takes the features as they are in the table; no rows are trained on.',
      },
    ],
  }),
  predictions: shown.columns({
    title: 'Prediction columns',
    help: 'The columns that hold your predictions, in the order of the targets.',
    default: [],
    onlyWhen: withColumns,
  }),
  hidden: advanced.integer({
    title: 'Hidden units',
    help: 'Width of the networks’ layers.',
    unit: 'units',
    default: 128,
    range: [4, 4096, 'log'],
  }),
  layers: advanced.integer({
    title: 'Layers',
    help: 'Hidden layers of the networks.',
    default: 2,
    range: [1, 16],
  }),
  steps: advanced.integer({
    title: 'Steps',
    help: 'Training steps of each network at most; the weights that are best on a tenth of the training rows are kept.',
    unit: 'steps',
    default: 1500,
    range: [10, 1_000_000, 'log'],
  }),
  batchSize: advanced.integer({
    title: 'Batch',
    help: 'Rows per step.',
    unit: 'rows',
    default: 256,
    range: [8, 8192, 'log'],
  }),
  learningRate: advanced.real({
    title: 'Learning rate',
    help: 'Peak of the cosine schedule.',
    default: 2e-3,
    range: [1e-6, 1, 'log'],
  }),
  ridge: advanced.real({
    title: 'Ridge penalty',
    help: 'Shrinks the coefficients; chosen among 1e-3 … 1e3 on a tenth of the training rows where it is 0.',
    default: 0,
    range: [0, 1e9],
    onlyWhen: { key: 'base', values: ['ridge'] },
  }),
  components: advanced.integer({
    title: 'Mixture components',
    help: 'Gaussians of the mixture head.',
    unit: 'components',
    default: 5,
    range: [1, 64],
  }),
  trees: advanced.integer({
    title: 'Trees',
    help: 'Trees of the forest.',
    unit: 'trees',
    default: 50,
    range: [1, 2000, 'log'],
    onlyWhen: withForest,
  }),
  samples: advanced.integer({
    title: 'Draws',
    help: 'Draws from the mixture that sampling scores compare with.',
    unit: 'draws',
    source: 'L, section 2.1',
    default: 100,
    range: [2, 2000, 'log'],
  }),
  device: advanced.choice({
    title: 'Device',
    help: 'Where networks train and maps are solved.',
    default: 'auto',
    choices: [
      { value: 'auto', title: 'Auto', help: 'The processor in this version.' },
      { value: 'cpu', title: 'CPU', help: 'The same numbers everywhere.' },
      {
        value: 'webgpu',
        title: 'WebGPU',
        help: 'The graphics card; falls back to the processor with a notice.',
      },
    ],
  }),
};
