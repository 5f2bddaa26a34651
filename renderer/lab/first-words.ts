/** @file What is looked at before anything is typed: words that the model knows. */
import type { Direction, LanguageFacts } from '../../main/rpc/contract';

export interface FirstWords {
  text: string;
  /** What differences are taken to. */
  otherText: string;
  /** What cosines are taken to. */
  direction: Direction & { kind: 'token' };
  /** Texts of a direction between texts, and those held against them. */
  of: readonly string[];
  rest: readonly string[];
  /** What generation goes on from. */
  prompt: string;
}

const large: FirstWords = {
  text: 'The Eiffel Tower is in Paris, and the Colosseum is in Rome.',
  otherText: 'The Eiffel Tower is in Rome, and the Colosseum is in Paris.',
  direction: { kind: 'token', text: ' Rome', name: '“ Rome”' },
  of: ['Paris', 'Rome', 'Oslo'],
  rest: ['green', 'water', 'run'],
  prompt: 'The capital of Italy is',
};

/** The world of the shipped sentences, which small models are trained on here. */
const small: FirstWords = {
  text: 'The road to Velmora follows the river Tane in autumn.',
  otherText: 'The road to Sorrin follows the river Tane in spring.',
  direction: { kind: 'token', text: ' Velmora', name: '“ Velmora”' },
  of: ['Velmora', 'Sorrin', 'Pellan'],
  rest: ['garlic', 'chess', 'atoms'],
  prompt: 'The road to',
};

/** Ids in place of words, of a model that came without a tokenizer. */
const numbers: FirstWords = {
  text: '1 2 3 4 5 6 7 8',
  otherText: '1 2 3 4 5 6 7 9',
  direction: { kind: 'token', text: '5', name: '“5”' },
  of: ['1', '2'],
  rest: ['3', '4'],
  prompt: '1 2 3',
};

/** Whether a model knows no more than one small text: its vocabulary was made for that. */
export function isSmall({ vocabulary }: Pick<LanguageFacts, 'vocabulary'>): boolean {
  return vocabulary <= 4096;
}

/** The first words for a model: of the shipped sentences where it is small, of the wide world elsewhere, ids without a tokenizer. */
export function firstWords(
  facts: Pick<LanguageFacts, 'vocabulary'> & Partial<Pick<LanguageFacts, 'tokenizer'>>,
): FirstWords {
  if (facts.tokenizer?.kind === 'ids') return numbers;
  return isSmall(facts) ? small : large;
}
