/** @file The settings of the safe strength: how sure, on how many prompts, and what counts as too much. */
import { section } from '../../../contract/schema';

const ofTexts = { key: 'subject', values: ['texts'] };
const [strength] = section('Safe strength', ofTexts);
const [, asked] = section('Safe strength', ofTexts);

export const strengthFields = {
  strengthPrompts: strength(
    'Calibration prompts: Beginnings of held-out texts on which side effects are measured; 0 for no safe strength.',
  ).integer(128, [0, 10_000], 'prompts'),
  strengthLevel: strength(
    'Level: The chance that side effects on a further prompt stay within all limits.',
  ).real(0.9, [0.5, 0.999]),
  limitDivergence: asked('KL: To the unsteered model per token at most.').real(
    0.5,
    [0.0001, 100, 'log'],
    'nats',
  ),
  limitPerplexity: asked(
    "Perplexity: Of a prompt and the model's own continuation at most, as a multiple of the unsteered model's.",
  ).real(2, [1, 1000, 'log'], '×'),
  limitTraits: asked(
    'Off-target traits: Change of the share of digits, capital letters, negations and ends of sentences at most, in units of the unsteered share, which counts as 1 % at least.',
  ).real(1, [0.001, 1000, 'log']),
  strengthWords: asked('Words: Of a text that make a prompt.').integer(8, [1, 200], 'words'),
  strengthTokens: asked('Continuation: Tokens that the unsteered model adds to a prompt.').integer(
    10,
    [1, 1000, 'log'],
    'tokens',
  ),
};
