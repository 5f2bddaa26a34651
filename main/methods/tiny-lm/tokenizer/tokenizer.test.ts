/** @file The byte-level BPE against Hugging Face's tokenizers: the same merges from the same text, the same ids, and back. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { END_OF_TEXT, pieces } from './bytes';
import { tokenizerConfig, tokenizerJson } from './files';
import { tokenizerOf } from './tokenizer';
import { byteVocabulary, trainVocabulary } from './train';

/** Made by bench/reference/bpe.py. */
const python = JSON.parse(readFileSync('bench/reference/bpe.json', 'utf8')) as {
  lines: number;
  extra: string[];
  size: number;
  tokens: string[];
  merges: [string, string][];
  probes: { text: string; ids: number[] }[];
};
const lines = readFileSync('samples/sentences.jsonl', 'utf8').split('\n').slice(0, python.lines);
const texts = [...lines.map((line) => (JSON.parse(line) as { text: string }).text), ...python.extra];

describe('trainVocabulary', () => {
  const vocabulary = trainVocabulary(texts, python.size);

  it('learns the merges that Python learns, in its order, and gives tokens its ids', () => {
    expect(vocabulary.merges).toEqual(python.merges);
    expect(vocabulary.tokens).toEqual(python.tokens);
  });

  it('encodes as Python does, and decodes to what was encoded', () => {
    const tokenizer = tokenizerOf(vocabulary);
    for (const { text, ids } of python.probes) {
      expect(tokenizer.encode(text), text).toEqual(ids);
      expect(tokenizer.decode(ids)).toBe(text);
    }
  });

  it('counts the bytes behind the ids: those of the text in UTF-8', () => {
    const tokenizer = tokenizerOf(vocabulary);
    for (const { text, ids } of python.probes)
      expect(ids.reduce((sum, id) => sum + tokenizer.lengths[id]!, 0)).toBe(Buffer.byteLength(text));
    expect(tokenizer.lengths[tokenizer.end]).toBe(0);
  });

  it('stops where no pair occurs twice, and merges nothing where it may not', () => {
    expect(trainVocabulary(['abc'], 1000)).toEqual(byteVocabulary());
    expect(trainVocabulary(['ab ab'], 1000).merges).toEqual([['a', 'b']]);
    expect(trainVocabulary(texts, 257).merges).toEqual([]);
  });

  it('takes the pair with the smaller ids of those that are equally frequent', () => {
    expect(trainVocabulary(['yz yz ab ab'], 258).merges).toEqual([['a', 'b']]);
  });
});

describe('bytes', () => {
  it('are a vocabulary of their own: an id per byte after the one that ends a text', () => {
    const tokenizer = tokenizerOf(byteVocabulary());
    expect(tokenizer.vocabulary.tokens).toHaveLength(257);
    expect(tokenizer.encode('aé')).toHaveLength(3);
    expect(tokenizer.decode([...tokenizer.encode('aé'), tokenizer.end])).toBe('aé');
    // A name of a special token in a text is text.
    expect(tokenizer.encode(END_OF_TEXT)).toHaveLength(END_OF_TEXT.length);
  });

  it('cuts texts so that the pieces are the text', () => {
    for (const { text } of python.probes) expect(pieces(text).join('')).toBe(text);
  });
});

it('writes the files that Hugging Face reads', () => {
  const file = tokenizerJson(byteVocabulary()) as { model: { vocab: object }; added_tokens: object[] };
  expect(Object.keys(file.model.vocab)).toHaveLength(257);
  expect(file.added_tokens).toMatchObject([{ id: 0, content: END_OF_TEXT, special: true }]);
  expect(tokenizerConfig(64, true)).toMatchObject({ eos_token: END_OF_TEXT, model_max_length: 64 });
});
