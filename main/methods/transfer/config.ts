/** @file What a training under a parameterisation is given, and its settings. */
import { input } from '../../contract/inputs';
import type { InputsOf } from '../../contract/opened';
import { object, section, type ConfigOf } from '../../contract/schema';

export const inputs = {
  text: input('Text: Its bytes are what the network reads and predicts.', { kind: 'text', optional: false }),
};
export type Inputs = InputsOf<typeof inputs>;

const [task] = section('Task');
const checking = { key: 'task', values: ['coordinates', 'gradients', 'epsilon'] };
const [checked, moreChecked] = section('Check', checking);
const [scale] = section('Scale');
const [base, moreBase] = section('Base');
const [rule, moreRule] = section('Parameterisation');
const [hyper, moreHyper] = section('Hyperparameters at the base');
const [, moreModules] = section('Multipliers by module');
const [, moreTraining] = section('Training');

const TABLE = 'table 1';

/** A factor on the learning rate of a kind of tensors. */
const rate = (words: `${string}: ${string}`) => moreModules(words).real(1, [1 / 64, 64, 'log']);

const fields = {
  task: task('Task: One training, or a look at how a rule behaves over scale within a few steps.').choice(
    'train',
    {
      train: 'Train: One training.',
      coordinates: 'Coordinate check: Whether activations, and how they change, are alike at every scale.',
      gradients: 'Gradient exponents: Whether raw gradients go with scale as ε is scaled.',
      epsilon: 'ε decides: The coordinate check with an ε so large that it sets every step.',
    },
  ),
  axis: checked('Axis: What is scaled; the smallest scale is the base.').choice('width', {
    width: 'Width: Beside the standard rule, which must fail.',
    depth: 'Depth: Beside µP, which must fail.',
  }),
  scales: checked('Scales: Sizes of the axis, a list with commas.').numbers('64,128,256', [1, 4096], 12),
  checkSeeds: moreChecked('Seeds: Of every rule at every scale.').integer(2, [1, 20]),
  checkSteps: moreChecked('Steps: At a constant learning rate, best two to four times the tuned one.', {
    when: { key: 'task', values: ['coordinates'] },
  }).integer(10, [1, 1000, 'log'], 'steps'),

  width: scale('Width: Units of the residual stream; heads of 16 units are added as it grows.', {
    source: 'N',
  }).integer(64, [16, 2048, 'log'], 'units'),
  depth: scale('Depth: Blocks of attention and perceptron.', { source: 'L' }).integer(
    2,
    [1, 64, 'log'],
    'blocks',
  ),
  batch: scale('Batch: Tokens of a step; whole sequences of the context.', { source: 'B' }).integer(
    1024,
    [32, 1_048_576, 'log'],
    'tokens',
  ),
  duration: scale('Duration: Tokens of the whole training; steps are duration ÷ batch.', {
    source: 'D',
  }).integer(262_144, [1024, 10_000_000_000, 'log'], 'tokens'),

  baseWidth: base('Base width: Of the network whose hyperparameters are transferred.').integer(
    64,
    [16, 2048, 'log'],
    'units',
  ),
  baseDepth: base('Base depth: Its blocks.').integer(2, [1, 64, 'log'], 'blocks'),
  baseBatch: moreBase('Base batch: Its tokens of a step.').integer(1024, [32, 1_048_576, 'log'], 'tokens'),
  baseDuration: moreBase('Base duration: Its tokens in all.').integer(
    262_144,
    [1024, 10_000_000_000, 'log'],
    'tokens',
  ),

  parameterisation: rule('Rule: How hyperparameters follow the scale.').choice('complete-d-p', {
    sp: 'Standard: Nothing but the fan-in of the start; the control.',
    mup: 'µP: Width alone (Yang et al. 2022).',
    completep: 'CompleteP: Width and depth, with a multiplier of the logits (Dey et al. 2025).',
    'complete-d-p': 'Complete(d)P: Width, depth, batch and duration.',
  }),
  alpha: rule('Depth exponent: Residual branches are multiplied by (L/L₀)^−α.', {
    source: `α, ${TABLE}`,
  }).real(1, [0.5, 1]),
  durationExponent: moreRule(
    'Duration exponent: The learning rate falls with duration to this power; ½ in the paper, 0.3 to 0.7 elsewhere.',
  ).real(0.5, [0, 1]),
  weightDecayRule: moreRule('Weight decay over width: Whether λ of matrices grows with width.', {
    source: TABLE,
  }).choice('scaled', {
    scaled: 'Scaled: × N/N₀, as in the paper.',
    unscaled: 'Unscaled: The same at every width, the other arm of Kosson et al.',
  }),
  weightDecayForm: moreRule('Weight decay form: Whether the learning rate multiplies it.').choice('coupled', {
    coupled: 'Coupled: By the learning rate, as PyTorch does.',
    independent: "Independent: By the schedule's shape alone.",
  }),
  finalNormEpsilon: moreRule("ε of the final norm: Unscaled in the paper's table, × N₀/N as derived.").choice(
    'paper',
    { paper: 'Paper: Unscaled.', derived: 'Derived: As its gradient.' },
  ),
  scaleLearningRate: moreRule('Learning rate by batch and duration: This part of the rule.').boolean(true),
  scaleBetas: moreRule('β by batch and duration: This part of the rule.').boolean(true),
  scaleWeightDecay: moreRule('λ by batch and duration: This part of the rule.').boolean(true),
  scaleEpsilon: moreRule('ε by batch and duration: This part of the rule.').boolean(true),

  learningRate: hyper('Learning rate: At the base; its peak.', { source: 'η' }).real(2 ** -7, [
    1e-6,
    4,
    'log',
  ]),
  weightDecay: hyper('Weight decay: At the base; of matrices and embeddings.', { source: 'λ' }).real(
    0.1,
    [0, 100],
  ),
  beta1: moreHyper('β₁: Memory of the gradient at the base.', { source: 'β₁' }).real(0.9, [0, 0.9999]),
  beta2: moreHyper('β₂: Memory of its square at the base.', { source: 'β₂' }).real(0.95, [0, 0.99999]),
  epsilon: moreHyper('ε: Added to the root of the square at the base.', { source: 'ε' }).real(1e-8, [
    1e-12,
    10,
    'log',
  ]),
  deviation: moreHyper('Deviation: Factor on the standard deviations at the start.', { source: 'σ' }).real(
    1,
    [1 / 64, 64, 'log'],
  ),

  embedRate: rate('Embeddings: Factor on the learning rate of tokens and positions.'),
  queryKeyRate: rate('Queries and keys: Factor on the learning rate of their maps and norms.'),
  valueOutputRate: rate('Values and outputs: Factor on the learning rate of the maps of attention.'),
  perceptronInRate: rate('Into perceptrons: Factor on the learning rate of the first maps.'),
  perceptronOutRate: rate('Out of perceptrons: Factor on the learning rate of the second maps.'),
  normRate: rate('Norms: Factor on the learning rate of gains.'),
  unembedRate: rate('Output map: Factor on its learning rate.'),
  firstRate: rate(
    'First block: Factor on the learning rates of the first block; between three places it is drawn on.',
  ),
  middleRate: rate('Middle blocks: Factor on the learning rates half-way.'),
  lastRate: rate('Last block: Factor on the learning rates of the last block.'),
  attentionBranch: rate('Attention branches: Factor on what attention adds to the stream.'),
  perceptronBranch: rate('Perceptron branches: Factor on what perceptrons add to the stream.'),

  context: moreTraining('Context: Tokens of a sequence.').integer(32, [8, 1024, 'log'], 'tokens'),
  warmup: moreTraining('Warm-up: Share of the steps over which the learning rate rises in a line.').real(
    0.1,
    [0, 0.9],
  ),
  validation: moreTraining('Validation share: The end of the text, which is never trained on.').real(
    0.1,
    [0.001, 0.5],
  ),
  looks: moreTraining('Looks: How often the validation text is measured on the way.').integer(20, [
    1,
    1000,
    'log',
  ]),
  device: moreTraining('Device: Where the network is trained.').choice('cpu', {
    cpu: 'Processor: Repeats bit for bit.',
    webgpu: 'WebGPU: The graphics processor.',
  }),
};

export const config = object(fields);
export type TransferConfig = ConfigOf<typeof fields>;
