/** @file What probes are trained on, and the settings of the protocol. */
import { input } from '../../contract/inputs';
import type { InputsOf } from '../../contract/opened';
import { probePositions, type ProbeFamily, type ProbePosition, type Removed } from '../../contract/probes';
import { object, section, type ConfigOf } from '../../contract/schema';

export const inputs = {
  model: input(
    'Model: A language model: a GGUF file, or a folder with config.json, safetensors and tokenizer.json.',
    { kind: 'model', optional: false, needs: 'language' },
  ),
  tasks: input(
    'Tasks: Tables with the columns statement and label (0 or 1), or prompt and answer; two or more show what transfers.',
    { kind: 'dataset', optional: false, needs: 'text', several: true },
  ),
};

export type Inputs = InputsOf<typeof inputs>;

const familyWords = {
  'lr-l2': 'LR-L2: Logistic regression with a squared penalty, chosen on validation items.',
  'lr-l1': 'LR-L1: Sparse logistic regression along a path of penalties.',
  'mass-mean': 'Mass-mean: The difference of the class means.',
  lda: 'LDA: Linear discriminant analysis with shrinkage.',
  ridge: 'Ridge: Least squares on the labels.',
} as const satisfies Partial<Record<ProbeFamily, string>>;

const moreFamilyWords = {
  ...familyWords,
  ccs: 'CCS: Contrast-consistent search on statements and their negations, without labels; tasks without such pairs are left out.',
} as const satisfies Partial<Record<ProbeFamily, string>>;

const positionWords = {
  first: 'First token: Where little is known yet.',
  '-6': 'Sixth from the end: A token of the statement.',
  '-5': 'Fifth from the end: A token of the statement.',
  '-4': 'Fourth from the end: A token of the statement.',
  '-3': 'Third from the end: A token of the statement.',
  '-2': 'Last but one: The last word of a statement.',
  last: 'Last: The full stop of a statement, the last token of an answer.',
  mean: 'Mean: Of the tokens after the first, or of those of the answer.',
  prompt: 'Before the answer: The last token of the prompt; of answers only.',
  'answer-end': 'End of the answer: The token that ends what was graded; of answers only.',
} as const satisfies Record<ProbePosition, string>;

const [tasks, moreTasks] = section('Tasks');
const [place] = section('Place');
const [probe, moreProbe] = section('Probe');
const [answers] = section('Answers', { key: 'mode', values: ['answer'] });
const [protocol, moreProtocol] = section('Protocol');
const [remove] = section('Regressed out');
const [, moreReading] = section('Reading');

const fields = {
  names: moreTasks('Names: Of the tasks, in their order; empty: those of the files.').texts([], 200, 100),
  mode: tasks('Mode: Where truth comes from.').choice('statement', {
    statement: 'Statements: Each row is a text with a label.',
    answer: 'Answers: The model answers each prompt greedily, and its answer is graded.',
  }),
  items: tasks('Items: Of a task at most, whole groups.').integer(1000, [20, 20_000, 'log'], 'items'),
  group: moreTasks(
    'Groups: The column whose equal values stay on one side of the split; empty: the one that pairs true and false best, else what a statement quotes.',
  ).text('', 200),
  form: moreTasks(
    'Form: How a row becomes a text, with its columns in braces, such as {Body} {Question}; empty: the column of text as it is.',
  ).text('', 1000),
  truth: moreTasks(
    'True label: Which word of the label column is true, where neither 1, true, yes and the like nor “Not …” says it.',
  ).text('', 200),
  balance: moreTasks('Balance: Whether as many true as false items are used.').boolean(true),
  fewest: moreTasks('Fewest: Items of either label below which a task is refused.').integer(100, [
    4,
    100_000,
    'log',
  ]),
  hooks: place('Hooks: A role in every block, or in some: resid_post:*, resid_post:8-14.').text(
    'resid_post:*',
    500,
  ),
  positions: place('Positions: Tokens whose activations are stored.').choices(
    ['-2', 'last', 'mean'],
    positionWords,
  ),
  position: place('Position: The token whose matrices are computed in every block.').choice(
    'last',
    positionWords,
  ),
  block: place('Block: Whose matrix is reported; -1 for the best one by validation.').integer(
    -1,
    [-1, 10_000],
  ),
  family: probe('Probe: The family that blocks and positions are compared by.').choice('lr-l2', familyWords),
  families: moreProbe('Other probes: Families whose matrices are computed in every block as well.').choices(
    ['lr-l2', 'mass-mean'],
    moreFamilyWords,
  ),
  perceptron: moreProbe(
    'Perceptron: Whether a network with a hidden layer is trained at the reported block, as the ceiling of what a probe could read.',
  ).boolean(true),
  grader: answers('Grader: How answers are compared with the accepted ones.').choice('auto', {
    auto: 'By the answers: Numbers where all accepted answers are numbers.',
    match: 'Exact match: Without case, punctuation and articles.',
    numeric: 'Number: The last number of the answer.',
    choice: 'Choice: The likeliest of the options of the column choices.',
  }),
  maxTokens: answers('Length: Tokens of an answer at most; it also ends with its line.').integer(
    24,
    [1, 1000, 'log'],
    'tokens',
  ),
  scores: protocol('Scores: How a probe is carried to another task.').choice('raw', {
    raw: 'Source statistics: Means and deviations of the task it was trained on.',
    recentred: "Recentred: The other task's mean is taken off, without its labels.",
  }),
  bootstrap: protocol('Bootstrap: Resamples of the test items behind each interval.').integer(1000, [
    10,
    10_000,
    'log',
  ]),
  permutations: moreProtocol('Permutations: Of the test labels behind each null.').integer(200, [
    10,
    10_000,
    'log',
  ]),
  controls: moreProtocol(
    'Controls: Whether log-probability and confidence are read; it takes a pass over the test items.',
  ).boolean(true),
  randomWeights: moreProtocol(
    'Random weights: Whether the reported probe is trained on the same model with random weights too; it takes another capture, of one block. Of models that are built here, not of exported graphs.',
  ).boolean(false),
  removeLength: remove('Length: Words and letters of the text.').boolean(false),
  removeFormat: remove(
    'Format: Counts of words, digits, quotes, commas, capitals and negations, and of the options of a choice.',
  ).boolean(false),
  removeSource: remove('Source: Which task the text is of.').boolean(false),
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
export type ProbesConfig = ConfigOf<typeof fields>;

/** What is taken out of the activations. */
export function removedOf(
  config: Pick<ProbesConfig, 'removeLength' | 'removeFormat' | 'removeSource'>,
): Removed[] {
  return [
    ...(config.removeLength ? (['length'] as const) : []),
    ...(config.removeFormat ? (['format'] as const) : []),
    ...(config.removeSource ? (['source'] as const) : []),
  ];
}

/** Positions of answers only. */
const OF_ANSWERS: readonly ProbePosition[] = ['prompt', 'answer-end'];
/** Those of statements only. */
const OF_STATEMENTS: readonly ProbePosition[] = ['first', '-6', '-5', '-4', '-3'];

/** Stored positions: those that were chosen and the main one, as far as the mode has them, in the order of the text. */
export function positionsOf({
  positions,
  position,
  mode,
}: Pick<ProbesConfig, 'positions' | 'position' | 'mode'>): ProbePosition[] {
  const not = mode === 'answer' ? OF_STATEMENTS : OF_ANSWERS;
  return probePositions.filter((one) => (positions.includes(one) || one === position) && !not.includes(one));
}

/** All families whose matrices are computed, the compared one first. */
export function familiesOf({ family, families }: Pick<ProbesConfig, 'family' | 'families'>) {
  return [family, ...families.filter((one) => one !== family)];
}
