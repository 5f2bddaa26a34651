/** @file Text from ids that come one by one, never with half a character. */
import type { StreamDecoder } from './tokenizer';

/** Ids that are held back at most while a character seems incomplete: a character has four bytes, a grapheme more. */
const MOST_HELD = 16;

/**
 * Decodes a window of ids: those whose text was given last, and those since. The text of the former is taken off, so that
 * what a decoder does to the first token of a text is done once.
 */
export function streamDecoder(
  decode: (ids: readonly number[]) => string,
  isLeftOut: (id: number) => boolean,
): StreamDecoder {
  let given: number[] = [];
  let held: number[] = [];
  let givenText = '';
  const settle = (): string => {
    const text = decode([...given, ...held]);
    const fresh = text.slice(givenText.length);
    given = held;
    held = [];
    givenText = decode(given);
    return fresh;
  };
  return {
    push(id) {
      if (isLeftOut(id)) return '';
      held.push(id);
      const text = decode([...given, ...held]);
      const waits = text.endsWith('\ufffd') || text.length <= givenText.length;
      if (waits && held.length < MOST_HELD) return '';
      return settle();
    },
    end: () => (held.length === 0 ? '' : settle()),
  };
}
