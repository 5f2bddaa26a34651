/** @file The settings of detection against control. */
import { section } from '../../../contract/schema';

const ofTexts = { key: 'subject', values: ['texts'] };
const [detect] = section('Detect against control', ofTexts);
const [, asked] = section('Detect against control', ofTexts, {
  key: 'detect',
  values: [true],
});

export const detectFields = {
  detect: detect(
    'Detect and steer: Whether every block is read by a probe and then steered alone; a sweep of as many points as there are blocks.',
  ).boolean(false),
  detectRole: asked('Place: The role that is read and steered in every block.', {
    source: 'Where probes are read, and where one map alone reaches everything after it',
  }).text('resid_post', 100),
  detectFirst: asked(
    'First token: Whether it is pooled and steered where blocks are compared; on the residual stream many models keep huge values there, beside which a concept does not show.',
  ).boolean(false),
  detectCopies: asked('Copies: Continuations of each prompt by each block.').integer(32, [2, 10_000, 'log']),
  detectTokens: asked('Length: Tokens of such a continuation at most.').integer(
    24,
    [1, 10_000, 'log'],
    'tokens',
  ),
};
