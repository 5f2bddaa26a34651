/** @file A text that was rewritten, and where in the original each of its UTF-16 units came from. */
import { broken } from './reading';

/** Without `starts` and `ends` the text is the original's part from `base` on. */
export interface Aligned {
  text: string;
  base: number;
  starts?: Int32Array;
  ends?: Int32Array;
}

/** `text` takes the place of the units from `start` to `end`. */
export interface Edit {
  start: number;
  end: number;
  text: string;
}

export const whole = (text: string): Aligned => ({ text, base: 0 });

/** Where in the original the unit `index` begins; for the index after the last, where the last ends. */
export function startOf(aligned: Aligned, index: number): number {
  if (aligned.starts === undefined) return aligned.base + index;
  if (index < aligned.starts.length) return aligned.starts[index]!;
  return endOf(aligned, aligned.starts.length);
}

/** Where in the original the unit before `index` ends. */
export function endOf(aligned: Aligned, index: number): number {
  if (aligned.ends === undefined) return aligned.base + index;
  return index > 0 ? aligned.ends[index - 1]! : (aligned.starts![0] ?? aligned.base);
}

export function slice(aligned: Aligned, start: number, end: number): Aligned {
  if (start === 0 && end === aligned.text.length) return aligned;
  const text = aligned.text.slice(start, end);
  if (aligned.starts === undefined) return { text, base: aligned.base + start };
  const base = startOf(aligned, start);
  return {
    text,
    base,
    starts: aligned.starts.subarray(start, end),
    ends: aligned.ends!.subarray(start, end),
  };
}

/** No form of Unicode makes more than 18 letters of one; a chain of replacements can make any number. */
const MOST_PER_LETTER = 64;
const MOST_BESIDE = 65_536;

/**
 * The text with edits, which are in order and do not overlap; new text has the place of what it replaced.
 * @throws `tokenizer-broken` where it comes out far longer than the original
 */
export function rewrite(aligned: Aligned, edits: readonly Edit[]): Aligned {
  if (edits.length === 0) return aligned;
  let length = aligned.text.length;
  for (const edit of edits) length += edit.text.length - (edit.end - edit.start);
  const original = endOf(aligned, aligned.text.length) - startOf(aligned, 0);
  const most = MOST_PER_LETTER * original + MOST_BESIDE;
  if (length > most)
    throw broken('normalizer', `${length} letters of a text of ${original}`, `at most ${most}`);
  const starts = new Int32Array(length);
  const ends = new Int32Array(length);
  const parts: string[] = [];
  let from = 0;
  let to = 0;
  const keep = (until: number): void => {
    parts.push(aligned.text.slice(from, until));
    for (; from < until; from++, to++) {
      starts[to] = startOf(aligned, from);
      ends[to] = endOf(aligned, from + 1);
    }
  };
  for (const edit of edits) {
    keep(edit.start);
    const start = startOf(aligned, edit.start);
    const end = edit.end > edit.start ? endOf(aligned, edit.end) : start;
    starts.fill(start, to, to + edit.text.length);
    ends.fill(end, to, to + edit.text.length);
    parts.push(edit.text);
    to += edit.text.length;
    from = edit.end;
  }
  keep(aligned.text.length);
  return { text: parts.join(''), base: aligned.base, starts, ends };
}
