/** @file Whether words of a list stand in a text, and where: the plainest judge of what a text is about. */
import { MongeError } from '../../native-models/error';

const LETTER = '[\\p{L}\\p{M}\\p{N}_]';

/** Words to look for: whole ones, whatever their case. `goal*` is any word that begins so; words may hold spaces. */
export class Lexicon {
  readonly words: readonly string[];
  readonly #pattern: RegExp | null;

  /** Without words it finds nothing. @throws `lexicon-word` for a word without a letter, or a star elsewhere than at its end */
  constructor(words: readonly string[]) {
    this.words = [...new Set(words.map((word) => word.trim().toLowerCase().replaceAll(/\s+/g, ' ')))];
    const wrong = this.words.find((word) => !/[\p{L}\p{N}]/u.test(word) || word.slice(0, -1).includes('*'));
    if (wrong !== undefined)
      throw new MongeError({
        code: 'lexicon-word',
        blame: 'input',
        what: 'this is no word to look for',
        where: { key: 'lexicon' },
        got: JSON.stringify(wrong),
        expected: 'words such as goal or world cup, a star only at the end: goal*',
      });
    // Longer ones first: of goal and goal* the star would lose.
    const parts = [...this.words].sort((a, b) => b.length - a.length || (a < b ? -1 : 1)).map(patternOf);
    this.#pattern =
      parts.length > 0 ? new RegExp(`(?<!${LETTER})(?:${parts.join('|')})(?!${LETTER})`, 'giu') : null;
  }

  /** Places [start, end) in UTF-16 units, in order, none in another. */
  hits(text: string): [number, number][] {
    if (!this.#pattern) return [];
    return Array.from(text.matchAll(this.#pattern), ({ index, 0: found }) => [index, index + found.length]);
  }
}

function patternOf(word: string): string {
  const open = word.endsWith('*');
  const stem = open ? word.slice(0, -1) : word;
  const plain = stem.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&').replaceAll(' ', '\\s+');
  return open ? `${plain}${LETTER}*` : plain;
}
