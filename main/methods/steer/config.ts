/** @file What is steered by what, and the settings of fitting, sweeping and judging. */
import { input } from '../../contract/inputs';
import type { InputsOf } from '../../contract/opened';
import { object, section, type ConfigOf } from '../../contract/schema';
import { flowFields, flowInputs } from './flow/config';
import type { SteeringMethod, SteeringPooling, SupportName } from '../../contract/steering';
import { detectFields } from './detect/settings';
import { strengthFields } from './strength/settings';

const ofTexts = { key: 'subject', values: ['texts'] };

export const inputs = {
  model: input(
    'Model: A language model: a GGUF file, or a folder with config.json, safetensors and tokenizer.json.',
    { kind: 'model', optional: false, needs: 'language', onlyWhen: ofTexts },
  ),
  source: input(
    'Source: Texts of what the model does now: text, a table or JSON Lines with a column of text, or a JSON file of sets of texts.',
    { kind: 'dataset', optional: true, needs: 'text', onlyWhen: ofTexts, without: 'None' },
  ),
  target: input(
    'Target: Texts of what it should do; left out where From and To name two labels or sets of the source.',
    { kind: 'dataset', optional: true, needs: 'text', onlyWhen: ofTexts, without: 'The source' },
  ),
  maps: input(
    'Maps: A steering file, a control vector of llama.cpp or a direction of Probes, swept instead of maps that are fitted.',
    { kind: 'vectors', optional: true, onlyWhen: ofTexts, without: 'Fitted here' },
  ),
  neutral: input('Neutral texts: Whose perplexity under the steered model tells what else was changed.', {
    kind: 'text',
    optional: true,
    onlyWhen: ofTexts,
    without: 'Held-out source texts',
  }),
  ...flowInputs,
};

export type Inputs = InputsOf<typeof inputs>;

const methodWords = {
  'linear-act': 'Linear-AcT: The line through the sorted pairs of source and target, unit by unit.',
  'mean-act': 'Mean-AcT: Shifts every unit by the difference of the means.',
  gaussian: 'Gaussian: Means and deviations are brought to those of the target.',
  caa: 'CAA: Adds the difference of the means of last tokens at a block.',
  'act-add': 'ActAdd: Adds the difference of one pair of texts.',
  repe: 'RePE: Adds the difference of one pair of texts, as read.',
  'iti-m': 'ITI, means: Shifts the best attention heads by the difference of their means.',
  'iti-c': 'ITI, classifier: Shifts the best attention heads along the normal of a classifier.',
  aura: 'AurA: Damps the units that tell the source apart.',
  'det-0': 'Det-0: Sets the units that tell the source apart best to zero.',
  'self-cond': 'Self-conditioning: Holds experts of the target at their median.',
  east: 'EAST: Adds the mean of the target.',
  lineas: 'LinEAS: All maps together by gradients through the model.',
} as const satisfies Record<SteeringMethod, string>;

const poolingWords = {
  preset: 'As the method has it: Mean for transport, last for directions, largest for experts.',
  mean: 'Mean: Of the tokens of a text.',
  max: 'Largest: Unit by unit.',
  min: 'Smallest: Unit by unit.',
  median: 'Median: Unit by unit.',
  last: 'Last: The last token of a text.',
  all: 'All: Every token is a sample of its own.',
} as const satisfies Record<SteeringPooling | 'preset', string>;

const supportWords = {
  preset: 'As the method has it: Everything.',
  q_all: 'Everything: As the papers do where something is brought about.',
  q_0_100: '0 to 100 %: Between the extremes of the source; as the papers do where something is to go.',
  'q_0.5_99.5': '0.5 to 99.5 %: Of the source.',
  q_1_99: '1 to 99 %: Of the source.',
  q_2_98: '2 to 98 %: Of the source.',
  q_3_97: '3 to 97 %: Of the source.',
  q_5_95: '5 to 95 %: Of the source.',
  q_10_90: '10 to 90 %: Of the source.',
  q_20_80: '20 to 80 %: Of the source.',
  q_30_70: '30 to 70 %: Of the source.',
  q_40_60: '40 to 60 %: Of the source.',
} as const satisfies Record<SupportName | 'preset', string>;

const [sides] = section('Sides');
const [, moreSides] = section('Sides', ofTexts);
const [about] = section('Subject');
const [fit, moreFit] = section('Maps');
const [, moreOfTexts] = section('Maps', ofTexts);
const [lineas, moreLineas] = section('LinEAS', { key: 'method', values: ['lineas'] });
const [sweep, moreSweep] = section('Sweep');
const [judging, moreJudging] = section('Judges', ofTexts);
const [, moreReading] = section('Reading', ofTexts);

export const fields = {
  subject: about('Subject: What is steered.').choice('texts', {
    texts: 'A language model: By two sets of texts.',
    flow: 'A flow model: By two of its classes.',
  }),
  from: sides(
    'From: The label, or the set of a JSON file, whose rows are the source; empty: all rows, of one file all but those of To. Of a flow the class.',
  ).text('', 200),
  to: sides(
    'To: The label, or the set, whose rows are the target; empty: all rows, of one file all but those of From. Of a flow the class.',
  ).text('', 200),
  labels: moreSides('Labels: The column that From and To are values of; empty: the one that has them.').text(
    '',
    200,
  ),
  n: sides(
    'Number: Texts, or images, of each side that are fitted on at most; at least a third is held out.',
  ).integer(128, [1, 10_000, 'log']),
  offensive: moreSides('Offensive: Whether texts are blurred until asked for.').choice('auto', {
    auto: 'By the names: Where a label or file is called toxic, hateful or the like.',
    yes: 'Yes: They are blurred.',
    no: 'No: They are shown.',
  }),
  method: fit('Method: How maps are fitted.', { source: 'arXiv:2410.23054, table 1' }).choice(
    'linear-act',
    methodWords,
  ),
  hooks: fit(
    "Hooks: Places of the model, such as norm_attn_in:*, resid_post:8-14; empty: the method's own, of one block in the middle where it takes one.",
  ).text('', 500),
  pooling: moreOfTexts('Pooling: How the tokens of a text become one number per unit.').choice(
    'preset',
    poolingWords,
  ),
  first: moreOfTexts(
    'First token: Whether it is pooled and steered; many models keep huge values there.',
  ).boolean(true),
  support: moreFit('Support: What of the source is transported.').choice('preset', supportWords),
  supportFrom: moreOfTexts('Support from: What the support is measured on.').choice('pooled', {
    pooled: 'Pooled values: As the papers do; single tokens spread more.',
    tokens: 'Tokens: The single tokens of the source.',
  }),
  estimation: moreFit('Estimation: What later hooks are fitted on.').choice('preset', {
    preset: 'As the method has it: Causal for transport, else simultaneous.',
    causal: 'Causal: On the model with the maps before switched on.',
    simultaneous: 'Simultaneous: On the unsteered model.',
  }),
  targets: moreFit(
    'Targets: What target texts, or images, go through while maps are fitted one by one.',
  ).choice('steered', {
    steered:
      'Steered: The maps before, as the paper does; not where shifts would add up on the residual stream.',
    clean: 'Clean: The unsteered model.',
  }),
  fitTokens: moreOfTexts('Tokens: Of a text that are read for fitting; 0 is all.').integer(
    32,
    [0, 100_000],
    'tokens',
  ),
  ...flowFields,
  scale: moreFit(
    'Scale: Factors of the strength by hooks, such as norm_mlp_in:*=0.5; the last one that fits a hook counts.',
  ).texts([], 300, 100),
  steps: lineas('Steps: Of the optimiser.').integer(150, [1, 100_000, 'log']),
  rate: lineas('Learning rate: Of the optimiser.').real(0.1, [1e-6, 10]),
  optimiser: moreLineas('Optimiser: What makes the steps.').choice('sgd', {
    sgd: 'SGD: Plain steps.',
    adam: 'Adam: Steps of even size.',
  }),
  lineasBatch: moreLineas('Texts of a step: Of each side.').integer(32, [4, 1024, 'log'], 'texts'),
  initial: moreLineas('Beginning: Where the maps begin.').choice('identity', {
    identity: 'Identity: Nothing is moved.',
    'linear-act': 'Linear-AcT: Maps fitted one by one.',
  }),
  lassoUnits: moreLineas('Lasso of units: Switches single units off; 0 is none.').real(0, [0, 100]),
  lassoHooks: moreLineas('Lasso of hooks: Switches whole hooks off; 0 is none.').real(0, [0, 100]),
  lambda: sweep('λ: Strengths that are swept: from:to:step, or a list; 0 is always among them.').numbers(
    '0:1.5:0.25',
    [-100, 100],
    100,
  ),
  mainLambda: sweep('Main λ: The strength that headlines and exports are at; it is swept as well.').real(
    1,
    [-100, 100],
  ),
  prompt: sweep('Prompts: Texts to go on from.', { when: ofTexts }).texts(
    ['Once upon a time'],
    200_000,
    1000,
  ),
  copies: sweep('Copies: Continuations of each prompt, with random numbers of their own.', {
    when: ofTexts,
  }).integer(20, [1, 10_000, 'log']),
  maxTokens: sweep('Length: Tokens of a continuation at most.', { when: ofTexts }).integer(
    40,
    [1, 100_000, 'log'],
    'tokens',
  ),
  temperature: moreSweep('Temperature: 0 always takes the likeliest token.', { when: ofTexts }).real(
    1,
    [0, 10],
  ),
  topP: moreSweep('Top-p: The likeliest tokens that together have this probability; 1 is all.', {
    when: ofTexts,
  }).real(0.3, [0.001, 1]),
  repetitionPenalty: moreSweep('Repetition penalty: Divides the logits of tokens that were there before.', {
    when: ofTexts,
  }).real(1.2, [0.1, 10]),
  control: sweep('Control: Random maps of the same norm, whose effect is that of any disturbance.', {
    when: ofTexts,
  }).choice('main', {
    none: 'None: Only the fitted maps.',
    main: 'At the main λ: One point beside the fitted ones.',
    all: 'At every λ: Twice the work.',
  }),
  lexicon: judging(
    'Words: Whose presence counts, a star ending a stem (goal*); empty: those that most tell the target from the source.',
  ).texts([], 200, 1000),
  neutralTexts: moreJudging('Neutral texts: Whose perplexity is measured at most; 0 for none.').integer(
    64,
    [0, 100_000],
    'texts',
  ),
  ...strengthFields,
  ...detectFields,
  certify: moreReading(
    'Certify: Whether the hooks are held to the model itself first; one that is wrong is left out. Up to 64 hooks of models with up to 400 million parameters.',
  ).boolean(true),
  level: moreReading('Arithmetic: How the weights take part in products.').choice('fp32', {
    fp32: 'fp32: The decoded weights in single precision.',
    '4-bit-0': 'Stored 4-bit weights: With activations in fp32, where the model allows it.',
  }),
  batch: moreReading('Batch: Texts of one run.').integer(8, [1, 1024, 'log'], 'texts'),
};

export const config = object(fields);
export type SteerConfig = ConfigOf<typeof fields>;
