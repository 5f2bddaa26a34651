/** @file The models of tokenizer.json, most by the library's classes: a piece of text to ids, with the place of each in the piece. */
import { BPE, WordPiece } from '@huggingface/tokenizers';
import { MOST_TOKENS } from './added-tokens';
import { broken, count, flag, list, record, short, text as textOf, unsupported, type Json } from './reading';
import { remembering, type Surface, type Vocabulary } from './segments';
import { unigram } from './unigram';

/** @throws `tokenizer-broken`, `tokenizer-unsupported` */
export function vocabulary(config: unknown, bytes: boolean): Vocabulary {
  const model = record(config, 'model');
  const type = model.type ?? guess(model);
  if (type === 'BPE') return bpe(model, bytes);
  if (type === 'Unigram') return unigram(model);
  if (type === 'WordPiece') return wordPiece(model);
  throw unsupported('model.type', short(type), 'BPE, Unigram or WordPiece');
}

/** Old files name no type. */
function guess(model: Json): string | undefined {
  if (Array.isArray(model.vocab)) return 'Unigram';
  return model.merges === undefined ? 'WordPiece' : 'BPE';
}

function checkedVocabulary(value: unknown): Record<string, number> {
  const vocab = record(value, 'model.vocab');
  const names = Object.keys(vocab);
  if (names.length > MOST_TOKENS)
    throw broken('model.vocab', `${names.length} tokens`, `${MOST_TOKENS} or fewer`);
  const seen = new Set<number>();
  // Ids may have holes, but none so wide that a small file fills the memory.
  const most = Math.min(MOST_TOKENS, names.length * 8 + 65_536);
  for (const name of names) {
    const id = vocab[name] as number;
    if (!(Number.isInteger(id) && id >= 0 && id <= most)) count(id, most, `model.vocab.${short(name)}`);
    if (seen.has(id))
      throw broken('model.vocab', `id ${id} twice, again for ${short(name)}`, 'an id for each token');
    seen.add(id);
  }
  return vocab as Record<string, number>;
}

function bpe(model: Json, bytes: boolean): Vocabulary {
  if (typeof model.dropout === 'number' && model.dropout > 0)
    throw unsupported('model.dropout', String(model.dropout), 'no dropout: it makes ids a matter of chance');
  for (const key of ['continuing_subword_prefix', 'end_of_word_suffix'] as const)
    if (model[key] !== undefined && model[key] !== null && model[key] !== '')
      throw unsupported(`model.${key}`, short(model[key]), 'none');
  const vocab = checkedVocabulary(model.vocab);
  const merges = checkedMerges(model, vocab);
  const library = new BPE({
    ...{ type: 'BPE', vocab, merges, unk_token: (model.unk_token ?? null) as string },
    byte_fallback: flag(model.byte_fallback, false, 'model.byte_fallback'),
    ignore_merges: flag(model.ignore_merges, false, 'model.ignore_merges'),
  } as unknown as ConstructorParameters<typeof BPE>[0]);
  if (Array.isArray(model.ranks))
    merges.forEach((pair, index) =>
      library.bpe_ranks.set(JSON.stringify(pair), (model.ranks as number[])[index]!),
    );
  const unknown = unknownId(model.unk_token, library.tokens_to_ids);
  // A blank's mark only at the start of tokens: nothing merges across it, and shorter pieces are remembered.
  const words = bytes || Object.keys(vocab).some((name) => /[^▁]▁/.test(name)) ? undefined : /[^▁]+|▁+[^▁]*/g;
  const surfaces = (piece: string): Surface[] => {
    const tokens = library.encode(words === undefined ? [piece] : (piece.match(words) ?? []));
    return fromTokens(tokens, piece, model.unk_token as string | undefined, library.tokens_to_ids);
  };
  return remembering('BPE', library, unknown, flag(model.fuse_unk, false, 'model.fuse_unk'), surfaces, bytes);
}

function checkedMerges(model: Json, vocab: Record<string, number>): [string, string][] {
  const loose = model.ranks !== undefined;
  const merges = list(model.merges, 'model.merges');
  if (merges.length > 4 * MOST_TOKENS) throw broken('model.merges', `${merges.length} merges`, 'fewer');
  return merges.map((merge, index) => {
    const pair = typeof merge === 'string' ? merge.split(' ') : merge;
    const where = (): string => `model.merges.${index}`;
    if (!Array.isArray(pair) || pair.length !== 2) throw broken(where(), short(merge), 'two tokens');
    const [left, right] = pair as [string, string];
    if (!loose)
      for (const token of [left, right, left + right])
        if (!Object.hasOwn(vocab, token)) throw broken(where(), short(token), 'tokens of the vocabulary');
    return [left, right];
  });
}

function unknownId(name: unknown, ids: ReadonlyMap<string, number>): number | undefined {
  if (name === undefined || name === null) return undefined;
  const id = ids.get(textOf(name, 'model.unk_token'));
  if (id === undefined) throw broken('model.unk_token', short(name), 'a token of the vocabulary');
  return id;
}

/** Finds how much of the piece each of the library's tokens took: its own letters, a byte's character, or an unknown letter. */
function fromTokens(
  tokens: readonly string[],
  piece: string,
  unknown: string | undefined,
  ids: ReadonlyMap<string, number>,
): Surface[] {
  const surfaces: Surface[] = [];
  let at = 0;
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index]!;
    const code = piece.codePointAt(at)!;
    const lost = token === unknown && !ids.has(String.fromCodePoint(code));
    if (!lost && piece.startsWith(token, at)) {
      surfaces.push({ token, units: token.length });
      at += token.length;
      continue;
    }
    const units = code > 0xffff ? 2 : 1;
    const bytes = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (token !== unknown && ids.has(token)) {
      for (let byte = 0; byte < bytes; byte++)
        surfaces.push({ token: tokens[index + byte]!, units, shared: byte < bytes - 1 });
      index += bytes - 1;
    } else surfaces.push({ token: undefined, units });
    at += units;
  }
  return surfaces;
}

function wordPiece(model: Json): Vocabulary {
  const vocab = checkedVocabulary(model.vocab);
  const prefix = textOf(model.continuing_subword_prefix ?? '##', 'model.continuing_subword_prefix');
  const unknownToken = textOf(model.unk_token ?? '[UNK]', 'model.unk_token');
  const longest = count(model.max_input_chars_per_word ?? 100, 10_000, 'model.max_input_chars_per_word');
  const library = new WordPiece({
    ...{ type: 'WordPiece', vocab, unk_token: unknownToken, continuing_subword_prefix: prefix },
    max_input_chars_per_word: longest,
  } as unknown as ConstructorParameters<typeof WordPiece>[0]);
  const unknown = unknownId(unknownToken, library.tokens_to_ids);
  const surfaces = (piece: string): Surface[] => {
    const tokens = library.encode([piece]);
    const alone = tokens.length === 1 && tokens[0] === unknownToken;
    if (alone) return [{ token: undefined, units: piece.length }];
    return tokens.map((token, index) => ({ token, units: token.length - (index === 0 ? 0 : prefix.length) }));
  };
  return remembering('WordPiece', library, unknown, false, surfaces, false);
}
