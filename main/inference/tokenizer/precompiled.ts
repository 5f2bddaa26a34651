/** @file SentencePiece's table of replacements (`precompiled_charsmap`): a double-array trie of UTF-8 texts and what they become. */
import type { Edit } from './aligned';
import { broken } from './reading';

const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' });
const encoder = new TextEncoder();
const MOST_BYTES = 64 * 2 ** 20;

/**
 * The edits of a text by the table. As in Python's library, a grapheme of fewer than six bytes is looked up whole, and what
 * is not found is looked up a character at a time.
 * @throws `tokenizer-broken` where the table is cut short
 */
export function precompiledEdits(base64: string, where: string): (text: string) => Edit[] {
  const lookUp = table(base64, where);
  const remembered = new Map<string, string | undefined>();
  const found = (part: string): string | undefined => {
    if (remembered.has(part)) return remembered.get(part);
    const to = lookUp(encoder.encode(part));
    if (remembered.size < 100_000) remembered.set(part, to);
    return to;
  };
  const ascii = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)).filter((letter) => {
    const to = found(letter);
    return to !== undefined && to !== letter;
  });
  // Where no letter of ASCII changes by itself, only stretches with others are looked into: most texts have none.
  const changing = ascii.map((letter) => `\\u{${letter.charCodeAt(0).toString(16)}}`).join('');
  const stretches = new RegExp(
    `\\r\\n|[\\0-\\x7f]?[^\\0-\\x7f]+${changing === '' ? '' : `|[${changing}]`}`,
    'gu',
  );
  return (text) => {
    const edits: Edit[] = [];
    const edit = (start: number, part: string, to: string | undefined): boolean => {
      if (to !== undefined && to !== part) edits.push({ start, end: start + part.length, text: to });
      return to !== undefined;
    };
    for (const part of text.matchAll(stretches)) {
      for (const { segment, index } of segmenter.segment(part[0])) {
        let at = part.index + index;
        if (encoder.encode(segment).length < 6 && edit(at, segment, found(segment))) continue;
        for (const character of segment) {
          edit(at, character, found(character));
          at += character.length;
        }
      }
    }
    return edits;
  };
}

/** darts-clone's units: 32 bits with a label, a leaf flag (bit 8), and an offset with its own scale (bit 9). */
function table(base64: string, where: string): (key: Uint8Array) => string | undefined {
  if (base64.length > MOST_BYTES) throw broken(where, `${base64.length} characters`, 'a smaller table');
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length === 0) return () => undefined;
  const size = bytes.length >= 4 ? bytes.readUInt32LE(0) : -1;
  if (size < 4 || size % 4 !== 0 || size + 4 > bytes.length)
    throw broken(where, `${bytes.length} bytes`, 'a whole table');
  const units = new Uint32Array(size / 4);
  for (let index = 0; index < units.length; index++) units[index] = bytes.readUInt32LE(4 + index * 4);
  const texts = bytes.subarray(4 + size);
  const offsetOf = (unit: number): number => (unit >>> 10) << ((unit & 512) >>> 6);
  const textAt = (start: number): string | undefined => {
    const end = texts.indexOf(0, start);
    if (start >= texts.length || end < 0) throw broken(where, `a text at ${start}`, 'one inside the table');
    return texts.toString('utf8', start, end);
  };
  return (key) => {
    let node = offsetOf(units[0]!);
    for (const byte of key) {
      // The trie holds no key with a zero byte; zero is the label of a leaf's value.
      if (byte === 0) return undefined;
      node ^= byte;
      const unit = units[node];
      if (unit === undefined || (unit & 0x800000ff) >>> 0 !== byte) return undefined;
      node ^= offsetOf(unit);
      // The shortest key that is found is taken, as Python's library takes the first of all prefixes.
      if ((unit >>> 8) & 1) {
        const leaf = units[node];
        if (leaf === undefined) throw broken(where, `a leaf at ${node}`, 'one inside the table');
        return textAt(leaf & 0x7fffffff);
      }
    }
    return undefined;
  };
}
