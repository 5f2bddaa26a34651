/** @file Two continuations token by token: which tokens differ, where they first do, and what steering changed at each. */
import type { GeneratedToken, LikelyToken, SteeredText } from '../../../../main/rpc/contract';

export interface Differences {
  /** Per token of either side, whether the other side lacks it there. */
  left: boolean[];
  right: boolean[];
  /** The first place at which they differ; null where one begins as the other. */
  first: number | null;
}

/** The longest common subsequence stays; all other tokens differ. Lists of a few hundred tokens. */
export function differences(left: readonly number[], right: readonly number[]): Differences {
  const [n, m] = [left.length, right.length];
  const row = m + 1;
  // longest[i, j]: common tokens of left from i on and right from j on.
  const longest = new Uint16Array((n + 1) * row);
  for (let i = n - 1; i >= 0; i--)
    for (let j = m - 1; j >= 0; j--)
      longest[i * row + j] =
        left[i] === right[j]
          ? longest[(i + 1) * row + j + 1]! + 1
          : Math.max(longest[(i + 1) * row + j]!, longest[i * row + j + 1]!);
  const found = { left: left.map(() => true), right: right.map(() => true) };
  for (let i = 0, j = 0; i < n && j < m;) {
    if (left[i] === right[j]) {
      found.left[i++] = false;
      found.right[j++] = false;
    } else if (longest[(i + 1) * row + j]! >= longest[i * row + j + 1]!) i++;
    else j++;
  }
  const first = left.findIndex((id, place) => place < m && id !== right[place]);
  return { ...found, first: first < 0 ? null : first };
}

/** What steering does at each token of a continuation. */
export interface Shift {
  /** KL(unsteered ‖ steered) of what could stand there, nats; NaN where unknown. */
  divergence: Float32Array;
  /** Natural log-probabilities of the token itself. */
  unsteered: Float32Array;
  steered: Float32Array;
  before: LikelyToken[][];
  after: LikelyToken[][];
}

/** Lays what is known of a text, prompt and continuation, over the tokens that were generated: by where they lie in the text. */
export function shiftOf(
  prompt: string,
  tokens: readonly Pick<GeneratedToken, 'text'>[],
  text: SteeredText,
): Shift {
  const places = tokens.map(() => -1);
  let offset = prompt.length;
  let place = 0;
  tokens.forEach((token, k) => {
    while (place < text.tokens.length && (text.tokens[place]!.special || text.tokens[place]!.end <= offset))
      place++;
    if (place < text.tokens.length && token.text !== '') places[k] = place;
    offset += token.text.length;
  });
  const at = (values: Float32Array, by: number): Float32Array =>
    Float32Array.from(places, (one) => (one + by < 0 || one < 0 ? NaN : (values[one + by] ?? NaN)));
  const likely = (lists: LikelyToken[][]) => places.map((one) => (one < 1 ? [] : (lists[one - 1] ?? [])));
  return {
    // What could stand at a place is told by the token before it.
    divergence: at(text.divergence, -1),
    unsteered: at(text.unsteered, 0),
    steered: at(text.steered, 0),
    before: likely(text.before),
    after: likely(text.after),
  };
}

/** exp of the mean negative log-probability of what is known; NaN where nothing is. */
export function perplexityOf(shifts: readonly Pick<Shift, 'unsteered'>[]): number {
  const known = shifts.flatMap(({ unsteered }) => Array.from(unsteered).filter(Number.isFinite));
  return known.length === 0 ? NaN : Math.exp(-known.reduce((sum, one) => sum + one, 0) / known.length);
}

/** Finds words of a lexicon; a star ends a stem. Null where there are none. */
export function lexiconPattern(words: readonly string[]): RegExp | null {
  const kept = words.map((word) => word.trim()).filter(Boolean);
  if (kept.length === 0) return null;
  const parts = kept.map((word) => {
    const stem = word.endsWith('*');
    const plain = (stem ? word.slice(0, -1) : word).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return stem ? `${plain}[\\p{L}\\p{N}]*` : plain;
  });
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${parts.join('|')})(?![\\p{L}\\p{N}])`, 'giu');
}
