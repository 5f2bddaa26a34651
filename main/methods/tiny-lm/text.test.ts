/** @file From rows to ids and batches: what is set aside is never trained on, and what is too short is refused. */
import { describe, expect, it } from 'vitest';
import { config } from './config';
import { stretchStarts } from './evaluate';
import { learningScene } from './figures';
import { fillBatch, tinyNetwork } from './network';
import { byteReferences } from './references';
import { encodeRows, promptIds } from './text';

const CONTEXT = 8;
const settings = (more: Record<string, unknown> = {}) =>
  config.parse({ tokenizer: 'bytes', context: CONTEXT, validation: 0.2, ...more });
const rows = Array.from({ length: 100 }, (_, k) => `row ${k}`);

describe('encodeRows', () => {
  it('sets the last rows aside where rows are texts, each between ends', () => {
    const { tokenizer, training, validation, begin } = encodeRows(rows, settings({ rows: 'texts' }));
    expect(tokenizer.decode(training.ids)).toBe(rows.slice(0, 80).join(''));
    expect(tokenizer.decode(validation.ids)).toBe(rows.slice(80).join(''));
    expect(training.ids.filter((id) => id === tokenizer.end)).toHaveLength(81);
    expect(begin).toEqual([tokenizer.end]);
    // An end counts as the line break that it replaces: all but the first and the last are between two rows.
    expect(validation.bytes).toHaveLength(validation.ids.length - 2);
  });

  it('cuts one text at a line where one is near, and anywhere else between two characters', () => {
    const lines = encodeRows(rows, settings());
    const decoded = [lines.training, lines.validation].map(({ ids }) => lines.tokenizer.decode(ids));
    expect(decoded.join('')).toBe(rows.join('\n'));
    expect(decoded[1]).toMatch(/^\nrow 8/);
    const signs = encodeRows(['🙂'.repeat(100)], settings({ validation: 0.205 }));
    expect(signs.tokenizer.decode(signs.validation.ids)).toMatch(/^🙂+$/u);
  });

  it('learns its tokens from the training part alone', () => {
    const aside = [...rows, ...rows.map(() => 'qqqqqqqq')];
    const { tokenizer } = encodeRows(aside, settings({ tokenizer: 'bpe', rows: 'texts', validation: 0.5 }));
    expect(tokenizer.vocabulary.tokens.some((token) => token.includes('ow'))).toBe(true);
    expect(tokenizer.vocabulary.tokens.some((token) => token.includes('qq'))).toBe(false);
  });

  it.each([
    ['no rows', [], {}],
    ['an empty text', [''], { rows: 'texts' }],
    ['a text as long as the context', ['12345678'], {}],
    ['a validation part that is too short', ['a'.repeat(100)], { validation: 0.05 }],
  ])('refuses %s', (_, given, more) => {
    expect(() => encodeRows(given, settings(more), 'text.txt')).toThrow('too-few-tokens');
  });

  it('begins a sample with a new text, or a new line, and goes on from a prompt', () => {
    const texts = encodeRows(rows, settings({ rows: 'texts' }));
    expect(texts.tokenizer.decode(promptIds(texts, 'row', true))).toBe('row');
    expect(promptIds(texts, 'row', true)[0]).toBe(texts.tokenizer.end);
    const lines = encodeRows(rows, settings());
    expect(lines.tokenizer.decode(promptIds(lines, '', false))).toBe('\n');
  });
});

describe('batches', () => {
  it('are stretches of the training text and the ids after them, the same for a seed and a step', () => {
    const text = Int32Array.from({ length: 21 }, (_, at) => at);
    const batch = (step: number, seed = 1) => {
      const into = { ids: new Int32Array(64 * 5), targets: new Int32Array(64 * 5) };
      fillBatch(text, 5, { seed, step }, into);
      return into;
    };
    const { ids, targets } = batch(3);
    expect(targets).toEqual(ids.map((id) => id + 1));
    for (let row = 0; row < 64; row++) expect(ids[5 * row + 4]).toBe(ids[5 * row]! + 4);
    expect(Math.min(...ids)).toBe(0);
    // The last id of the text is met as a target, and nothing beyond it.
    expect(Math.max(...targets)).toBe(20);
    expect(batch(3)).toEqual({ ids, targets });
    expect(batch(4)).not.toEqual({ ids, targets });
    expect(batch(3, 2)).not.toEqual({ ids, targets });
  });

  it('of the validation text lie side by side, evenly spread where there are many', () => {
    expect(stretchStarts(21, 5, 100)).toEqual([0, 5, 10, 15]);
    expect(stretchStarts(20, 5, 100)).toEqual([0, 5, 10]);
    expect(stretchStarts(21, 5, 2)).toEqual([0, 10]);
  });
});

describe('byteReferences', () => {
  it('are the entropies of what is counted', () => {
    const text = new TextEncoder().encode('ab'.repeat(5000));
    const { unigram, bigram, deflate } = byteReferences(text, text);
    expect(unigram).toBeCloseTo(1, 1);
    expect(bigram).toBeLessThan(0.01);
    expect(deflate).toBeLessThan(0.05);
  });
});

it('refuses heads that do not fit the width', () => {
  const sizes = { layers: 1, width: 24, heads: 4, kvHeads: 2, hidden: 32, context: 8, tied: true };
  expect(tinyNetwork(sizes, 300).options.vocabulary).toBe(300);
  for (const wrong of [{ heads: 5 }, { heads: 8 }, { kvHeads: 3 }])
    expect(() => tinyNetwork({ ...sizes, ...wrong }, 300)).toThrow('heads-invalid');
});

it('draws the curve against its references, with what was written at a step', () => {
  const references = { unigram: 4, bigram: 3, deflate: 2 };
  const looks = [10, 20].map((step) => ({ step, bitsPerByte: 50 / step, references, texts: [`at ${step}`] }));
  expect(learningScene([], 0)).toBeNull();
  expect(learningScene(looks, 0)!.notes).toEqual(['step 20', 'at 20']);
  expect(learningScene(looks, 19)!.notes).toEqual(['step 10', 'at 10']);
  expect(learningScene(looks, 0)!.marks.map(({ label }) => label)).toContain('byte frequencies');
});
