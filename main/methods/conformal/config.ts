/** @file What sets can be made from, their settings, and better defaults for the data at hand. */
import { input, type DatasetInfos } from '../../contract/inputs';
import type { InputsOf } from '../../contract/opened';
import { object, section, type ConfigOf } from '../../contract/schema';
import { SCORE_WORDS } from './scores/catalogue';

const withData = { key: 'problem', values: ['data'] };

const rows = { kind: 'dataset', onlyWhen: withData, needs: 'table' } as const;

export const inputs = {
  table: input('Table: Rows with features and two or more targets, or one column of classes.', {
    ...rows,
    optional: false,
  }),
  second: input(
    'Later rows: A second file with the same columns, to see whether the sets still hold there.',
    { ...rows, optional: true, without: 'No drift check' },
  ),
  model: input(
    'Model file: An ONNX file: one float input [rows, features], first output [rows, targets], in data units.',
    { kind: 'model', optional: false, onlyWhen: { key: 'base', values: ['onnx'] } },
  ),
};

export type Inputs = InputsOf<typeof inputs>;

const [table, moreTable] = section('Table');
const [split, moreSplit] = section('Split');
const [sets, moreSets] = section('Sets');
const [transport, moreTransport] = section('Transport');
const [base, moreBase] = section('Base model');

const fields = {
  // What is predicted, from what, and how rows are split.
  targets: table(
    'Targets: The columns that are predicted together, two or more numbers; one column of classes makes it a classification. last:2 stands for the last two columns.',
    { when: withData },
  ).columns(['last:2']),
  features: moreTable(
    'Features: The columns that predictions are made from. Empty: every other column that can be used; dates, row numbers and free text are left out, and a notice says which.',
    { when: withData },
  ).columns([]),
  problem: moreTable(
    'Problem: Your table, or a toy whose true law is known, drawn anew for every seed.',
  ).choice('data', {
    data: 'Your table: The rows of the data set.',
    mixture:
      'Mixture: Residuals from three Gaussians in the shape of a V, the same for every row; the mean is known.',
    heteroscedastic:
      'Uneven noise: The same residuals, growing as √x: one shape for all rows cannot be right for each.',
    classes: 'Three classes: Three overlapping Gaussian classes in the plane.',
  }),
  problemRows: moreTable('Rows drawn: Rows of the toy.', {
    when: { key: 'problem', values: ['mixture', 'heteroscedastic', 'classes'] },
  }).integer(3000, [200, 200_000, 'log'], 'rows'),
  splits: split(
    'Split: Percent of the rows to train the base model on, to fit the scores on, to calibrate on and to test on: no row serves twice.',
    { source: 'section 1.8 of the method’s notes' },
  ).text('50/15/15/20', 40, 'train/fit/calibrate/test'),
  order: moreSplit(
    'Order: How rows are dealt out. Coverage is guaranteed for rows in random order only.',
  ).choice('random', {
    random: 'Random: Shuffled by the seed.',
    blocks: 'Blocks: In file order, for rows in time: tests what the future would see, without a guarantee.',
  }),
  repeats: split(
    'Repeats: Splits that are drawn and evaluated anew; scores are compared over them. The first is the one shown.',
  ).integer(5, [1, 1000, 'log'], 'splits'),
  trainRows: moreSplit('Most training rows: Rows beyond this are left out.', {
    source: 'protocol of arXiv 2501.10533',
  }).integer(20_000, [10, 1_000_000, 'log'], 'rows'),
  calibrationRows: moreSplit(
    'Most calibration rows: Also the most rows that scores are fitted on. More change the radius little; what is left over is trained on.',
    { source: 'protocol of arXiv 2501.10533' },
  ).integer(2048, [2, 100_000, 'log'], 'rows'),
  testRows: moreSplit(
    'Most test rows: Rows that coverage and size are measured on; what is left over is trained on.',
  ).integer(2000, [2, 100_000, 'log'], 'rows'),

  // The level, the scores, and the entropic map behind some of them.
  alpha: sets(
    'Miscoverage: How often a set may miss the truth: .1 makes sets that hold it 9 times out of 10. It can be changed after the run without fitting again.',
    { source: 'α, section 1.1' },
  ).real(0.1, [0.001, 0.9, 'log']),
  scores: sets(
    'Scores: What is measured of a residual before it is compared with those of the calibration rows: the score gives the set its shape. Some need a further head, which is trained in addition.',
    { source: 'section 2.1' },
  ).choices(['l2', 'maxStd', 'box', 'mahalanobis', 'localEllipsoid', 'otcp'], SCORE_WORDS),
  tieBreak: moreSets(
    'Break ties at random: Adds a billionth of a uniform number to every score, so that tied targets do not cover more often than asked.',
  ).boolean(false),
  epsilon: transport(
    'Regularisation: How blurred the transport map is, in units of the squared radius of the residuals’ cloud. 0 chooses: .03 up to four targets, .1 beyond, for classes, or below 100 rows to fit on; with the search below, the smallest set on held-out fit rows.',
    { source: 'ε, section 1.6; the paper takes .1' },
  ).real(0, [0, 100]),
  searchEpsilon: moreTransport(
    'Search the regularisation: Tries .01, .03, .1 and .3 on a part of the fit rows and takes the one with the smallest set on the rest; calibration and test rows are not looked at.',
    { source: 'section 6.3' },
  ).boolean(false),
  gridSize: transport(
    'Reference points: Points of the ball that residuals are carried to. 0 chooses 2,048 up to three targets and for classes, 4,096 up to eight, 8,192 beyond.',
    { source: 'm, section 1.4; the paper takes 32,768' },
  ).integer(0, [0, 131_072, 'log'], 'points'),
  preset: moreTransport(
    'Preset: How the map is set up where nothing else is asked for. The threshold is the exact order statistic under each.',
  ).choice('monge', {
    monge: 'Monge: 16 radii and many directions, whitened from six targets on, a guard for far residuals.',
    paper: 'Paper: ε = .1, 32,768 points, √m radii, no guard.',
    ott: 'OTT: ε = .1, 8,192 points, √m radii, no guard, as in ott-jax.',
  }),
  scaling: moreTransport('Scaling: How residuals are brought into the unit ball before they are carried.', {
    source: 'section 1.5',
  }).choice('auto', {
    auto: 'By targets: Largest norm up to five targets, whitened from six on.',
    max: 'Largest norm: The farthest residual lies on the sphere.',
    q99: '99 % norm: One outlier does not shrink the rest.',
    whiten: 'Whitened: Correlations are taken out first.',
  }),
  tailGuard: moreTransport(
    'Tail guard: Adds .1 of the excess of the norm beyond 1 to the rank, so that sets stay bounded where the map is flat.',
    { source: 'section 1.9' },
  ).boolean(true),
  neighbours: moreTransport(
    'Neighbours: Rows nearby that local scores learn from. 0 chooses a tenth of the rows up to 1,500 of them, their square root beyond, at least 10.',
    { source: 'k, section 1.11' },
  ).integer(0, [0, 10_000, 'log'], 'rows'),

  // The base model whose errors are bounded, and the heads trained beside it.
  base: base(
    'Base model: What predicts the targets. Coverage holds for any; a better one makes smaller sets.',
  ).choice('ridge', {
    ridge: 'Ridge: Linear in the features and 256 random bends of them: fitted in a moment.',
    mlp: 'Network, mean: A perceptron trained on squared errors.',
    gaussian: 'Network, Gaussian: A perceptron that also says how large and how correlated its errors are.',
    quantile:
      'Network, quantiles: A perceptron that predicts quantiles of each target; its centre is the median.',
    mixture:
      'Network, mixture: A perceptron that predicts a mixture of Gaussians: several humps where the truth has them.',
    forest: 'Forest: Averages of regression trees.',
    column: 'Columns of the table: Your own predictions, one column per target; no rows are trained on.',
    onnx: 'Your ONNX model: A file that takes the features as they are in the table; no rows are trained on.',
  }),
  predictions: base(
    'Prediction columns: The columns that hold your predictions, in the order of the targets.',
    { when: { key: 'base', values: ['column'] } },
  ).columns([]),
  hidden: moreBase('Hidden units: Width of the networks’ layers.').integer(128, [4, 4096, 'log'], 'units'),
  layers: moreBase('Layers: Hidden layers of the networks.').integer(2, [1, 16]),
  steps: moreBase(
    'Steps: Training steps of each network at most; the weights that are best on a tenth of the training rows are kept.',
  ).integer(1500, [10, 1_000_000, 'log'], 'steps'),
  batchSize: moreBase('Batch: Rows per step.').integer(256, [8, 8192, 'log'], 'rows'),
  learningRate: moreBase('Learning rate: Peak of the cosine schedule.').real(2e-3, [1e-6, 1, 'log']),
  ridge: moreBase(
    'Ridge penalty: Shrinks the coefficients; chosen among 1e-3 … 1e3 on a tenth of the training rows where it is 0.',
    { when: { key: 'base', values: ['ridge'] } },
  ).real(0, [0, 1e9]),
  components: moreBase('Mixture components: Gaussians of the mixture head.').integer(
    5,
    [1, 64],
    'components',
  ),
  trees: moreBase('Trees: Trees of the forest.', { when: { key: 'base', values: ['forest'] } }).integer(
    50,
    [1, 2000, 'log'],
    'trees',
  ),
  samples: moreBase('Draws: Draws from the mixture that sampling scores compare with.', {
    source: 'L, section 2.1',
  }).integer(100, [2, 2000, 'log'], 'draws'),
  device: moreBase('Device: Where networks train and maps are solved.').choice('auto', {
    auto: 'Auto: The processor in this version.',
    cpu: 'CPU: The same numbers everywhere.',
    webgpu: 'WebGPU: The graphics card; falls back to the processor with a notice.',
  }),
};

export const config = object(fields);
export type ConformalConfig = ConfigOf<typeof fields>;

/** Columns with the role target are the targets; a lone label makes a classification. */
export function suggest(inputs: DatasetInfos): Partial<ConformalConfig> {
  const table = inputs.table;
  if (!table) return {};
  const named = table.columns.filter(({ role }) => role === 'target').map(({ name }) => name);
  if (named.length > 0) return { targets: named };
  const numbers = table.columns.filter(({ kind }) => ['number', 'integer', 'boolean'].includes(kind));
  const label = table.columns.find(({ role, kind }) => role === 'label' && kind === 'category');
  if (label) return { targets: [label.name] };
  return numbers.length === 2 ? { targets: [numbers[1]!.name] } : {};
}
