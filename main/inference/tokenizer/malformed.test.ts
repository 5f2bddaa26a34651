/** @file Tokenizers that are missing, broken, contradictory or would hang: each a coded error, and none is opened with parts left out. */
import { describe, expect, it } from 'vitest';
import { openTokenizer } from './open';
import { LLAMA3 } from './known-patterns';
import type { Json } from './reading';
import { reference } from './testing/references';

type Model = Json & { vocab: Record<string, number>; merges: unknown[] };
const gpt2 = JSON.parse(reference('gpt2').tokenizer) as Json & { model: Model; added_tokens: Json[] };
const opened = (change: Json) =>
  openTokenizer({ kind: 'json', tokenizer: JSON.stringify({ ...gpt2, ...change }) });
const model = (change: Json): Json => ({ model: { ...gpt2.model, ...change } });
const added = (change: Json): Json => ({ added_tokens: [{ ...gpt2.added_tokens[0], ...change }] });

describe('a tokenizer.json', () => {
  it.each<[string, Json, string]>([
    ['without a model', { model: null }, 'tokenizer-broken'],
    ['of a kind that is not known', model({ type: 'Telepathy' }), 'tokenizer-unsupported'],
    ['with an id twice', model({ vocab: { ...gpt2.model.vocab, extra: 3 } }), 'tokenizer-broken'],
    ['with an absurd id', model({ vocab: { ...gpt2.model.vocab, extra: 4e6 } }), 'tokenizer-broken'],
    ['with a negative id', model({ vocab: { ...gpt2.model.vocab, extra: -1 } }), 'tokenizer-broken'],
    ['with a merge of tokens that it lacks', model({ merges: [['qq', 'zz']] }), 'tokenizer-broken'],
    ['with a merge of three', model({ merges: [['a', 'b', 'c']] }), 'tokenizer-broken'],
    ['with dropout', model({ dropout: 0.1 }), 'tokenizer-unsupported'],
    ['with suffixes of words', model({ end_of_word_suffix: '</w>' }), 'tokenizer-unsupported'],
    ['with another id for a token', added({ content: 'a' }), 'tokenizer-broken'],
    ['with the id of another token', added({ id: 5, content: 'new' }), 'tokenizer-broken'],
    ['with an unknown normaliser', { normalizer: { type: 'Rot13' } }, 'tokenizer-unsupported'],
    ['with an unknown split', { pre_tokenizer: { type: 'UnicodeScripts' } }, 'tokenizer-unsupported'],
    ['with an unknown decoder', { decoder: { type: 'CTC' } }, 'tokenizer-unsupported'],
    ['with an unknown template', { post_processor: { type: 'Mirror' } }, 'tokenizer-unsupported'],
    [
      'with a template that names a token it lacks',
      { post_processor: { type: 'BertProcessing', cls: ['[CLS]', 99_999], sep: ['[SEP]', 1] } },
      'tokenizer-broken',
    ],
    ['with an expression that is none', split('(unclosed'), 'tokenizer-unsupported'],
  ])('%s is refused', (_, change, code) => {
    expect(() => opened(change)).toThrow(expect.objectContaining({ code }));
  });

  it('that is no JSON is refused', () => {
    const open = () => openTokenizer({ kind: 'json', tokenizer: '{"model":' });
    expect(open).toThrow(expect.objectContaining({ code: 'tokenizer-broken' }));
  });

  it('whose parts lie too deep in one another is refused', () => {
    const deep = `{"model":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    const open = () => openTokenizer({ kind: 'json', tokenizer: deep });
    expect(open).toThrow(expect.objectContaining({ code: 'tokenizer-broken' }));
  });

  it('whose normaliser or decoder doubles a text again and again is stopped, before the memory is full', () => {
    const twice = { type: 'Replace', pattern: { String: 'a' }, content: 'aa' };
    const growing = opened({ normalizer: { type: 'Sequence', normalizers: Array(60).fill(twice) } });
    expect(() => growing.ids('a banana')).toThrow(expect.objectContaining({ code: 'tokenizer-broken' }));
    expect(growing.ids('none').length).toBeGreaterThan(0);
    const decoding = opened({ decoder: { type: 'Sequence', decoders: Array(60).fill(twice) } });
    expect(() => decoding.decode(decoding.ids('a banana'))).toThrow(
      expect.objectContaining({ code: 'tokenizer-broken' }),
    );
  });

  it('with an expression that would take for ever is cut, and what was open before still works', () => {
    const slow = opened(split('(a+)+b'));
    expect(() => slow.ids('a'.repeat(50))).toThrow(expect.objectContaining({ code: 'tokenizer-pattern' }));
    expect(slow.ids('aab').length).toBeGreaterThan(0);
    expect(opened(split(LLAMA3)).decode([])).toBe('');
  });
});

it('takes texts alone, cuts no shorter than its template, fills up only with a token that is named', () => {
  const bert = openTokenizer({ kind: 'json', tokenizer: reference('bert').tokenizer });
  const input = expect.objectContaining({ code: 'tokenizer-input' }) as Error;
  expect(() => bert.ids(7 as unknown as string)).toThrow(input);
  expect(() => bert.ids('text', { truncation: { length: 1 } })).toThrow(input);
  expect(() => bert.decode([1.5])).toThrow(input);
  expect(() => bert.tokenText(99_999)).toThrow(input);
  expect(() => bert.encodeBatch(['a b c'], { length: 2 })).toThrow(input);
  expect(() => bert.encodeBatch(['a', 'b c'])).toThrow(expect.objectContaining({ code: 'tokenizer-no-pad' }));
});

it('reads names of special tokens in a text as letters where it is told to', () => {
  const tokenizer = opened({});
  const end = tokenizer.idOf('<|endoftext|>')!;
  expect(tokenizer.ids('a<|endoftext|>')).toContain(end);
  const plain = tokenizer.ids('a<|endoftext|>', { readSpecial: false });
  expect(plain).not.toContain(end);
  expect(tokenizer.decode(plain)).toBe('a<|endoftext|>');
});

describe('a GGUF file', () => {
  const tokens = ['<unk>', '<s>', 'a', 'b', 'ab'];
  const complete: Json = {
    'tokenizer.ggml.model': 'llama',
    'tokenizer.ggml.tokens': tokens,
    'tokenizer.ggml.scores': [0, 0, -1, -2, -3],
    'tokenizer.ggml.token_type': [2, 3, 1, 1, 1],
  };
  it.each<[string, Json, string]>([
    ['without a tokenizer', { 'tokenizer.ggml.model': undefined }, 'tokenizer-missing'],
    ['of a kind that is not known', { 'tokenizer.ggml.model': 'rwkv' }, 'tokenizer-unsupported'],
    ['without tokens', { 'tokenizer.ggml.tokens': undefined }, 'tokenizer-broken'],
    ['with a token twice', { 'tokenizer.ggml.tokens': ['a', 'b', 'a', 'c', 'd'] }, 'tokenizer-broken'],
    ['with too few scores', { 'tokenizer.ggml.scores': [0] }, 'tokenizer-broken'],
    ['with an end beyond its tokens', { 'tokenizer.ggml.eos_token_id': 5 }, 'tokenizer-broken'],
    ['without the merges it needs', { 'tokenizer.ggml.model': 'gpt2' }, 'tokenizer-broken'],
  ])('%s is refused', (_, change, code) => {
    const metadata = { ...complete, ...change };
    expect(() => openTokenizer({ kind: 'gguf', metadata })).toThrow(expect.objectContaining({ code }));
  });

  it('with all of it is opened', () => {
    const tokenizer = openTokenizer({ kind: 'gguf', metadata: complete });
    expect(tokenizer.ids('ab', { special: false }).map((id) => tokenizer.tokenText(id))).toEqual([
      '<unk>',
      'ab',
    ]);
  });
});

function split(Regex: string): Json {
  return {
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false },
        { type: 'ByteLevel', add_prefix_space: false, use_regex: false },
      ],
    },
  };
}
