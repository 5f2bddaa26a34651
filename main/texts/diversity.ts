/** @file How alike texts are: Self-BLEU, and the share of different words. */
import { tokensOf } from './words';

/** Words in a row that are compared, from 1. */
const MOST_WORDS = 4;
/** What stands for no match at all (Chen and Cherry 2014, smoothing 1). */
const NO_MATCH = 0.1;

/**
 * Mean BLEU-4 of every text with all others as its references (arXiv 1802.01886), 0 to 1, higher where texts are more alike;
 * NaN of fewer than two texts. BLEU of a sentence as NLTK has it: counts clipped by the reference that has most, the length
 * of the closest reference (of two the shorter), smoothing 1, 0 where not a single word is shared or the text is empty.
 * Words and signs in lower case.
 */
export function selfBleu(texts: readonly string[]): number {
  if (texts.length < 2) return NaN;
  const tokens = texts.map(tokensOf);
  const counts = tokens.map((words) => Array.from({ length: MOST_WORDS }, (_, k) => rowsOf(words, k + 1)));
  const most = Array.from({ length: MOST_WORDS }, (_, k) => twoLargest(counts.map((one) => one[k]!)));
  let sum = 0;
  for (const [at, words] of tokens.entries()) {
    const closest = closestLength(
      words.length,
      tokens.filter((_, k) => k !== at).map(({ length }) => length),
    );
    sum += bleu(at, words.length, closest, counts[at]!, most);
  }
  return sum / texts.length;
}

/** Different rows of `size` words of all texts ÷ all of them (distinct-n, arXiv 1510.03055); NaN where there is none. */
export function distinctShare(texts: readonly string[], size: number): number {
  const seen = new Set<string>();
  let all = 0;
  for (const text of texts)
    for (const [row, count] of rowsOf(tokensOf(text), size)) {
      seen.add(row);
      all += count;
    }
  return all > 0 ? seen.size / all : NaN;
}

function bleu(
  at: number,
  length: number,
  closest: number,
  counts: readonly ReadonlyMap<string, number>[],
  most: readonly ReadonlyMap<string, Largest>[],
): number {
  let logarithm = 0;
  for (let k = 0; k < MOST_WORDS; k++) {
    let matches = 0;
    for (const [row, count] of counts[k]!) {
      const { by, largest, next } = most[k]!.get(row)!;
      matches += Math.min(count, by === at ? next : largest);
    }
    if (k === 0 && matches === 0) return 0;
    const all = Math.max(1, length - k);
    logarithm += Math.log((matches === 0 ? NO_MATCH : matches) / all) / MOST_WORDS;
  }
  const brevity = length > closest ? 0 : 1 - closest / length;
  return Math.exp(brevity + logarithm);
}

/** How often every row of `size` words stands in a text. */
function rowsOf(words: readonly string[], size: number): Map<string, number> {
  const rows = new Map<string, number>();
  for (let from = 0; from + size <= words.length; from++) {
    const row = words.slice(from, from + size).join(' ');
    rows.set(row, (rows.get(row) ?? 0) + 1);
  }
  return rows;
}

interface Largest {
  /** The text that has a row most often, how often, and how often any other has it at most. */
  by: number;
  largest: number;
  next: number;
}

function twoLargest(all: readonly ReadonlyMap<string, number>[]): Map<string, Largest> {
  const found = new Map<string, Largest>();
  for (const [by, rows] of all.entries())
    for (const [row, count] of rows) {
      const known = found.get(row);
      if (!known) found.set(row, { by, largest: count, next: 0 });
      else if (count > known.largest) found.set(row, { by, largest: count, next: known.largest });
      else known.next = Math.max(known.next, count);
    }
  return found;
}

function closestLength(length: number, others: readonly number[]): number {
  return others.reduce((best, other) => {
    const [near, far] = [Math.abs(other - length), Math.abs(best - length)];
    return near < far || (near === far && other < best) ? other : best;
  });
}
