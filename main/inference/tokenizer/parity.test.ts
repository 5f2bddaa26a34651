/** @file Every kind of tokenizer against Python's library: ids, decoded texts, places, cutting and filling up. */
import { describe, expect, it } from 'vitest';
import { openTokenizer } from './open';
import { kinds, reference } from './testing/references';

/** Their normalisers change letters, where Python's places are those of its own alignment. */
const rewrites = new Set<string>(['qwen2', 'llama2', 't5', 'xlm', 'bert']);

describe.each(kinds)('a tokenizer of the kind %s', (kind) => {
  const { tokenizer: json, lines, cut, declared } = reference(kind);
  const tokenizer = openTokenizer({ kind: 'json', tokenizer: json });

  it('gives the ids of Python, with and without the special tokens of its template', () => {
    for (const { text, ids, plain } of lines) {
      expect([text, tokenizer.ids(text)]).toEqual([text, ids]);
      expect([text, tokenizer.ids(text, { special: false })]).toEqual([text, plain]);
      expect(tokenizer.encode(text).map(({ id }) => id)).toEqual(ids);
    }
  });

  it('decodes as Python does, also an id at a time', () => {
    for (const { ids, decoded, skipped } of lines) {
      expect(tokenizer.decode(ids)).toBe(decoded);
      expect(tokenizer.decode(ids, { skipSpecial: true })).toBe(skipped);
      const stream = tokenizer.decoder({ skipSpecial: true });
      const parts = ids.map((id) => stream.push(id));
      expect(parts.join('') + stream.end()).toBe(skipped);
    }
    expect(tokenizer.decode([])).toBe('');
  });

  it('cuts and fills up from either side as Python does', () => {
    const texts = lines.map(({ text }) => text);
    for (const side of ['left', 'right'] as const) {
      const options = { truncation: { length: 8, side }, padding: side, padId: 0 };
      const { ids, length, rows } = tokenizer.encodeBatch(texts, options);
      const found = Array.from({ length: rows }, (_, row) =>
        [...ids.subarray(row * length, (row + 1) * length)].map(Number),
      );
      expect(found).toEqual(cut[side]);
    }
    const cutting = openTokenizer({
      kind: 'json',
      tokenizer: JSON.stringify({ ...JSON.parse(json), ...declared }),
    });
    expect(cutting.declared).toEqual({
      truncation: { length: 8, side: 'right' },
      padding: { padding: 'right', padId: 0 },
    });
  });

  it('tells where in the text each token stands', () => {
    for (const { text, offsets } of lines) {
      const letters = [...text];
      // Python counts letters, we count UTF-16 units.
      const units = (count: number): number => letters.slice(0, count).join('').length;
      const found = tokenizer.encode(text, { special: false }).map(({ start, end }) => [start, end] as const);
      if (rewrites.has(kind)) expect(found.every(([start, end]) => 0 <= start && start <= end)).toBe(true);
      else expect([text, found]).toEqual([text, offsets.map(([start, end]) => [units(start), units(end)])]);
    }
  });
});

it('tells the place of what was rewritten: a mark and its letter are one, a mark of a blank that was put in is nowhere', () => {
  const places = (kind: (typeof kinds)[number], text: string): string[] =>
    openTokenizer({ kind: 'json', tokenizer: reference(kind).tokenizer })
      .encode(text, { special: false })
      .map(({ start, end }) => text.slice(start, end));
  expect(places('llama2', 'ﬁ')).toEqual(['', 'ﬁ', 'ﬁ', 'ﬁ']);
  expect(places('qwen2', 'cafe\u0301!')).toEqual(['cafe\u0301', '!']);
  expect(places('t5', 'a\u3000ｂ')).toEqual(['', 'a', '', 'ｂ']);
  expect(places('bert', 'CAFE\u0301 the')).toEqual(['CAFE', 'the']);
});
