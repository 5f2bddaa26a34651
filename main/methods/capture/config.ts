/** @file What a capture is made from, and its settings. */
import { input } from '../../contract/inputs';
import type { Pooling } from '../../contract/language';
import type { InputsOf } from '../../contract/opened';
import { object, section, type ConfigOf } from '../../contract/schema';

export const inputs = {
  model: input(
    'Model: A language model: a GGUF file, or a folder with config.json, safetensors and tokenizer.json.',
    { kind: 'model', optional: false, needs: 'language' },
  ),
  data: input(
    'Texts: A table or JSON Lines with a column of text, or a text file, whose lines are the rows.',
    {
      kind: 'dataset',
      optional: false,
      needs: 'text',
    },
  ),
};

export type Inputs = InputsOf<typeof inputs>;

const [place] = section('Hooks');
const [reading, moreReading] = section('Reading');
const [columns] = section('Columns');
const [, moreChecks] = section('Checks');

const fields = {
  hooks: place(
    'Hooks: Where in the model: role:*, role:3, role:8-14, several with commas, or a regular expression between slashes. Roles are embed, resid_pre, attn_out, resid_mid, mlp_act, mlp_out, resid_post and others.',
  ).text('resid_post:*', 500),
  pool: place('Pooling: How the tokens of a text become one vector, inside the graph.').choice('mean', {
    mean: 'Mean: Of the tokens that count.',
    max: 'Maximum: The largest of each unit.',
    last: 'Last token: Which has seen all others.',
    position: 'One position: The same in every text.',
    none: 'None: Every token is a row of its own.',
  }),
  position: place('Position: From 0 for the first token that counts; -1 is the last.', {
    when: { key: 'pool', values: ['position'] },
  }).integer(0, [-100_000, 100_000]),
  firstToken: place(
    'First token: Whether it counts. In most decoders it is an outlier that tells nothing of the text.',
  ).boolean(false),
  level: moreReading('Arithmetic: How the weights take part in products.').choice('fp32', {
    fp32: 'fp32: The decoded weights in single precision.',
    '4-bit-0': 'Stored 4-bit weights: With activations in fp32, where the model allows it.',
  }),
  batch: reading('Batch: Texts of one run.').integer(8, [1, 1024, 'log'], 'texts'),
  maxTokens: reading(
    'Longest: Texts with more tokens are cut at their end; 0 for as many as the model reads.',
  ).integer(512, [0, 1_000_000], 'tokens'),
  format: reading('Files: One file per hook with one row per text, in the order of the data.').choice('npy', {
    npy: 'NPY: As NumPy writes arrays.',
    safetensors: 'safetensors: The array is named by its hook.',
    both: 'Both: The same rows twice.',
  }),
  text: columns('Text: The column that is read; empty: the one whose role is text.').columns([]),
  label: columns(
    'Label: A column of classes that goes with the rows; empty: the label, else the only column of few words.',
  ).columns([]),
  certify: moreChecks(
    'Certify: Whether the hooks are held to the model itself first; one that is wrong is left out. Up to 64 hooks of models with up to 400 million parameters.',
  ).boolean(true),
};

export const config = object(fields);
export type CaptureConfig = ConfigOf<typeof fields>;

/** The pooling that the settings stand for. */
export function poolingOf({ pool, position }: Pick<CaptureConfig, 'pool' | 'position'>): Pooling {
  return pool === 'position' ? { kind: 'position', position } : { kind: pool };
}
