/** @file What a word is, for everything here that counts words. */

/** Of two or more letters or digits, as in scikit-learn's `(?u)\b\w\w+\b`. */
const WORD = /[\p{L}\p{M}\p{N}_]{2,}/gu;
/** Words of any length, and every other sign that is no space by itself. */
const TOKEN = /[\p{L}\p{M}\p{N}_]+|[^\s\p{L}\p{M}\p{N}_]/gu;

/** Lower-case words of two or more letters or digits, in order. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(WORD) ?? [];
}

/** Lower-case words and signs, in order: what neighbouring pairs are made of. */
export function tokensOf(text: string): string[] {
  return text.toLowerCase().match(TOKEN) ?? [];
}
