/** @file Vocabularies inside GGUF files: by name of the split pattern against Python, by scores against SentencePiece. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openTokenizer } from './open';
import type { Json } from './reading';
import { reference } from './testing/references';

/** A trained tokenizer.json as the metadata of a GGUF file would say it. */
function asMetadata(kind: 'gpt2' | 'smollm' | 'llama3' | 'bert', more: Json): Json {
  const file = JSON.parse(reference(kind).tokenizer) as {
    model: { vocab: Record<string, number>; merges?: [string, string][] };
    added_tokens: { id: number; content: string; special: boolean }[];
  };
  const tokens = Object.keys(file.model.vocab).sort(
    (one, other) => file.model.vocab[one]! - file.model.vocab[other]!,
  );
  const types = tokens.map(() => 1);
  for (const { id, content, special } of file.added_tokens)
    [tokens[id], types[id]] = [content, special ? 3 : 4];
  return {
    'tokenizer.ggml.tokens': tokens,
    'tokenizer.ggml.token_type': Int32Array.from(types),
    ...(file.model.merges && { 'tokenizer.ggml.merges': file.model.merges.map((pair) => pair.join(' ')) }),
    ...Object.fromEntries(Object.entries(more).map(([key, value]) => [`tokenizer.ggml.${key}`, value])),
  };
}

describe('a vocabulary with merges', () => {
  it.each([
    ['gpt2', { model: 'gpt2', pre: 'gpt-2' }],
    ['smollm', { model: 'gpt2', pre: 'smollm', add_bos_token: false }],
    ['llama3', { model: 'gpt2', pre: 'llama-bpe', add_bos_token: true, bos_token_id: 1403 }],
  ] as const)('%s splits by the name of its pattern', (kind, more) => {
    const tokenizer = openTokenizer({
      kind: 'gguf',
      metadata: new Map(Object.entries(asMetadata(kind, more))),
    });
    // What blanks an added word takes is not said in a GGUF file.
    for (const { text, ids } of reference(kind).lines.filter(({ text }) => !/<(keep|left|right)>/.test(text)))
      expect([text, tokenizer.ids(text)]).toEqual([text, ids]);
  });

  it('refuses a pattern whose name is not known', () => {
    const metadata = asMetadata('gpt2', { model: 'gpt2', pre: 'made-up' });
    expect(() => openTokenizer({ kind: 'gguf', metadata })).toThrow(
      expect.objectContaining({ code: 'tokenizer-unsupported' }),
    );
  });
});

describe('a vocabulary with scores', () => {
  interface Scored {
    tokens: string[];
    scores: number[];
    types: number[];
    lines: [string, number[]][];
  }
  const scored = (kind: string): Scored =>
    JSON.parse(
      gunzipSync(readFileSync(new URL(`testing/sentencepiece-${kind}.json.gz`, import.meta.url))).toString(),
    ) as Scored;
  const open = ({ tokens, scores, types }: Scored, more: Json) =>
    openTokenizer({
      kind: 'gguf',
      metadata: {
        'tokenizer.ggml.tokens': tokens,
        'tokenizer.ggml.scores': Float32Array.from(scores),
        'tokenizer.ggml.token_type': Int32Array.from(types),
        'tokenizer.ggml.bos_token_id': 1,
        'tokenizer.ggml.eos_token_id': 2,
        ...more,
      },
    });

  it('of the kind llama gives the ids of SentencePiece, bytes for letters it does not know', () => {
    const vocabulary = scored('bpe');
    const tokenizer = open(vocabulary, { 'tokenizer.ggml.model': 'llama' });
    for (const [text, ids] of vocabulary.lines) {
      const found = tokenizer.ids(text, { special: false, readSpecial: false });
      expect([text, found.map((id) => tokenizer.tokenText(id))]).toEqual([
        text,
        ids.map((id) => tokenizer.tokenText(id)),
      ]);
      expect(tokenizer.decode(found)).toBe(text.replaceAll('▁', ' '));
    }
    expect(tokenizer.ids('a')[0]).toBe(1);
  });

  it('of the kind t5 gives the ids of SentencePiece', () => {
    const vocabulary = scored('unigram');
    const tokenizer = open(vocabulary, {
      'tokenizer.ggml.model': 't5',
      'tokenizer.ggml.remove_extra_whitespaces': true,
    });
    // SentencePiece adds scores in single precision, llama.cpp in double: among equally good ways they may differ.
    const ties = /bbbb/;
    for (const [text, ids] of vocabulary.lines.filter(([line]) => !ties.test(line))) {
      const found = tokenizer.ids(text, { special: false, readSpecial: false });
      expect([text, found.map((id) => tokenizer.tokenText(id))]).toEqual([
        text,
        ids.map((id) => tokenizer.tokenText(id)),
      ]);
    }
  });
});

it('reads words of BERT, which GGUF marks at their beginning', () => {
  const metadata = asMetadata('bert', {
    model: 'bert',
    cls_token_id: 2,
    seperator_token_id: 3,
    unknown_token_id: 1,
  });
  const types = metadata['tokenizer.ggml.token_type'] as Int32Array;
  metadata['tokenizer.ggml.tokens'] = (metadata['tokenizer.ggml.tokens'] as string[]).map((token, id) => {
    if (types[id] !== 1) return token;
    return token.startsWith('##') ? token.slice(2) : `▁${token}`;
  });
  const tokenizer = openTokenizer({ kind: 'gguf', metadata });
  for (const { text, ids } of reference('bert').lines)
    expect([text, tokenizer.ids(text)]).toEqual([text, ids]);
});
