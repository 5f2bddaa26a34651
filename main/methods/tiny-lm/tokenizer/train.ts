/** @file Learns a byte-level BPE vocabulary (Sennrich et al. 2016): the most frequent pair of neighbours is merged, again and again. */
import { END_OF_TEXT, letters, pieces, spelled } from './bytes';

/** What a tokenizer is: tokens in the order of their ids, and merges in the order in which they are applied. */
export interface Vocabulary {
  readonly tokens: readonly string[];
  readonly merges: readonly (readonly [string, string])[];
}

/** A pair in fewer places than this is not worth a token. */
const FEWEST = 2;

/** The end of a text and the 256 bytes, by code point of their letters. */
export function byteVocabulary(): Vocabulary {
  return { tokens: [END_OF_TEXT, ...[...letters].sort()], merges: [] };
}

/**
 * A vocabulary of at most `size` tokens, fewer where no pair occurs twice any more. Of pairs that are equally frequent
 * the one with the smaller first id is merged, then the one with the smaller second id; so the same text always gives the
 * same vocabulary. Two ways to the same letters give one token.
 */
export function trainVocabulary(texts: Iterable<string>, size: number): Vocabulary {
  const { tokens, merges } = byteVocabulary();
  const names = [...tokens];
  const ids = new Map(names.map((token, id) => [token, id]));
  const learned = [...merges];
  const pairs = new Pairs(wordsOf(texts, ids));
  const done = new Set<number>();
  while (names.length < size) {
    const best = pairs.best(done);
    if (!best || best.count < FEWEST) break;
    const [left, right] = [names[best.left]!, names[best.right]!];
    const token = left + right;
    let id = ids.get(token);
    if (id === undefined) {
      id = names.length;
      names.push(token);
      ids.set(token, id);
    }
    learned.push([left, right]);
    done.add(best.pair);
    pairs.merge(best, id);
  }
  return { tokens: names, merges: learned };
}

interface Word {
  ids: number[];
  count: number;
}

/** The different pieces of the texts, in the order in which they come, with how often. */
function wordsOf(texts: Iterable<string>, ids: ReadonlyMap<string, number>): Word[] {
  const counts = new Map<string, number>();
  for (const text of texts) for (const piece of pieces(text)) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  return Array.from(counts, ([piece, count]) => ({
    ids: spelled(piece).map((letter) => ids.get(letter)!),
    count,
  }));
}

interface Found {
  pair: number;
  left: number;
  right: number;
  count: number;
}

/** How often every pair of neighbours occurs, and in which words; kept up to date by what is merged. */
class Pairs {
  readonly #words: Word[];
  /** Pairs by `left · 2²⁴ + right`, in the order in which they were met. */
  readonly #places = new Map<number, number>();
  readonly #keys: number[] = [];
  readonly #counts: number[] = [];
  readonly #within: Set<Word>[] = [];

  constructor(words: Word[]) {
    this.#words = words;
    for (const word of this.#words) this.#count(word, 1);
  }

  best(done: ReadonlySet<number>): Found | null {
    let found = -1;
    const counts = this.#counts;
    for (let place = 0; place < counts.length; place++) {
      const count = counts[place]!;
      if (count === 0 || (found >= 0 && count < counts[found]!)) continue;
      if (found >= 0 && count === counts[found]! && this.#keys[place]! > this.#keys[found]!) continue;
      if (!done.has(this.#keys[place]!)) found = place;
    }
    if (found < 0) return null;
    const pair = this.#keys[found]!;
    return { pair, left: Math.floor(pair / 2 ** 24), right: pair % 2 ** 24, count: counts[found]! };
  }

  /** Writes the pair as one token wherever it stands, from the left. */
  merge({ pair, left, right }: Found, id: number): void {
    const words = this.#within[this.#places.get(pair)!]!;
    for (const word of [...words]) {
      this.#count(word, -1);
      const merged: number[] = [];
      for (let at = 0; at < word.ids.length; at++) {
        const meets = word.ids[at] === left && word.ids[at + 1] === right;
        merged.push(meets ? id : word.ids[at]!);
        if (meets) at++;
      }
      word.ids = merged;
      this.#count(word, 1);
    }
  }

  #count(word: Word, sign: 1 | -1): void {
    for (let at = 0; at + 1 < word.ids.length; at++) {
      const key = word.ids[at]! * 2 ** 24 + word.ids[at + 1]!;
      let place = this.#places.get(key);
      if (place === undefined) {
        place = this.#keys.length;
        this.#places.set(key, place);
        this.#keys.push(key);
        this.#counts.push(0);
        this.#within.push(new Set());
      }
      this.#counts[place]! += sign * word.count;
      if (sign > 0) this.#within[place]!.add(word);
      else this.#within[place]!.delete(word);
    }
  }
}
