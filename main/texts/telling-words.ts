/** @file The words that most tell some texts from others. */
import { wordsOf } from './words';

export interface TellingWord {
  word: string;
  /** Log-odds of the texts that have it, less the same of the others, in standard errors. */
  z: number;
  /** Texts of either kind that have it. */
  texts: number;
  others: number;
}

export interface TellingOptions {
  /** Default 12. */
  count?: number;
  /** Texts that must have a word; default 3. */
  fewest?: number;
  /** How many times as large its share among the texts must be as among the others; default 4. */
  ratio?: number;
}

/** Texts' worth of both kinds together that each kind is mixed with, so that rare words do not look certain. */
const PRIOR = 10;

/**
 * The words with the largest z of the log-odds ratio with an informative Dirichlet prior (Monroe, Colaresi and Quinn 2008,
 * eq. 22), counted once a text, so that one text cannot make a word tell. Words have a letter and at least three signs.
 */
export function tellingWords(
  texts: readonly string[],
  others: readonly string[],
  { count = 12, fewest = 3, ratio = 4 }: TellingOptions = {},
): TellingWord[] {
  const [own, theirs] = [countsOf(texts), countsOf(others)];
  const [n, m] = [texts.length, others.length];
  const found: TellingWord[] = [];
  for (const [word, here] of own) {
    const there = theirs.get(word) ?? 0;
    if (here < fewest || word.length < 3 || !/\p{L}/u.test(word)) continue;
    if (here / n < (ratio * (there + 0.5)) / (m + 1)) continue;
    const prior = (PRIOR * (here + there)) / (n + m);
    const odds = (counted: number, all: number) =>
      Math.log((counted + prior) / (all - counted + PRIOR - prior));
    const error = Math.sqrt(1 / (here + prior) + 1 / (there + prior));
    found.push({ word, z: (odds(here, n) - odds(there, m)) / error, texts: here, others: there });
  }
  return found.sort((a, b) => b.z - a.z || (a.word < b.word ? -1 : 1)).slice(0, count);
}

/** Texts that have each word. */
function countsOf(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts)
    for (const word of new Set(wordsOf(text))) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}
