/** @file The models of tokenizer.json, most by the library's classes: a piece of text to ids, with the place of each in the piece. */
import { BPE, WordPiece } from '@huggingface/tokenizers';
import { MOST_TOKENS } from './added-tokens';
import { asLetters, placesOfBytes } from './bytes';
import { broken, count, flag, list, record, short, text as textOf, unsupported, type Json } from './reading';
import { asRustReads, unigramCuts, type Cut } from './viterbi';

/** Ids of a piece; places in UTF-16 units of the piece, the end excluded. */
export interface Segments {
  ids: number[];
  starts: number[];
  ends: number[];
}

export interface Vocabulary {
  type: 'BPE' | 'Unigram' | 'WordPiece';
  ids: Map<string, number>;
  /** By id; holes where no token has it. */
  tokens: (string | undefined)[];
  unknown?: number;
  segment(piece: string): Segments;
}

/** What the library's model gives for a piece, before ids: surfaces in order; `units` is how much of the piece each takes. */
interface Surface {
  /** The token's name, or undefined where it is unknown. */
  token: string | undefined;
  units: number;
  /** Another token stands for the same part of the text and follows (single bytes). */
  shared?: boolean;
}

const MOST_REMEMBERED = 50_000;
const LONGEST_REMEMBERED = 64;

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
    const id = count(vocab[name], most, `model.vocab.${short(name)}`);
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
    const where = `model.merges.${index}`;
    if (!Array.isArray(pair) || pair.length !== 2) throw broken(where, short(merge), 'two tokens');
    const [left, right] = pair as [string, string];
    if (!loose)
      for (const token of [left, right, left + right])
        if (!Object.hasOwn(vocab, token)) throw broken(where, short(token), 'tokens of the vocabulary');
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

function unigram(model: Json): Vocabulary {
  const entries = list(model.vocab, 'model.vocab');
  if (entries.length === 0 || entries.length > MOST_TOKENS)
    throw broken('model.vocab', `${entries.length} tokens`, `1 to ${MOST_TOKENS}`);
  const vocab = entries.map((entry, index): [string, number] => {
    const [name, score] = Array.isArray(entry) ? (entry as unknown[]) : [];
    if (typeof name !== 'string' || typeof score !== 'number' || !Number.isFinite(score))
      throw broken(`model.vocab.${index}`, short(entry), 'a token and its score');
    return [name, score];
  });
  const unknown =
    model.unk_id === undefined || model.unk_id === null
      ? undefined
      : count(model.unk_id, vocab.length - 1, 'model.unk_id');
  if (unknown === undefined)
    throw unsupported('model.unk_id', 'none', 'an id for letters that are not known');
  const fallback = flag(model.byte_fallback, false, 'model.byte_fallback');
  const scored =
    model.exact === true ? vocab : vocab.map(([name, score]) => [name, asRustReads(score)] as const);
  const ids = new Map(vocab.map(([name], id) => [name, id]));
  if (ids.size !== vocab.length) throw broken('model.vocab', 'a token twice', 'tokens that differ');
  const cuts = unigramCuts(scored, unknown);
  const surfaces = (piece: string): Surface[] =>
    fused(piece, cuts(piece)).flatMap(({ token, units, text }): Surface[] => {
      const spelled = token === undefined && fallback ? byteTokens(text, ids) : undefined;
      if (spelled === undefined) return [{ token, units }];
      return spelled.map((name, index) => ({ token: name, units, shared: index < spelled.length - 1 }));
    });
  const library = { tokens_to_ids: ids, vocab: vocab.map(([name]) => name) };
  return remembering('Unigram', library, unknown, true, surfaces, false);
}

/** Neighbouring letters that are not known are one. */
function fused(piece: string, cuts: readonly Cut[]): (Cut & { text: string })[] {
  const result: (Cut & { text: string })[] = [];
  let at = 0;
  for (const { token, units } of cuts) {
    const last = result.at(-1);
    const text = piece.slice(at, (at += units));
    if (token === undefined && last !== undefined && last.token === undefined) {
      last.units += units;
      last.text += text;
    } else result.push({ token, units, text });
  }
  return result;
}

function byteTokens(text: string, ids: ReadonlyMap<string, number>): string[] | undefined {
  const names = [...new TextEncoder().encode(text)].map(
    (byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
  );
  return names.every((name) => ids.has(name)) ? names : undefined;
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

/** Ids and places of what a model found, remembered for pieces that come again. */
function remembering(
  type: Vocabulary['type'],
  library: { tokens_to_ids: Map<string, number>; vocab: string[] },
  unknown: number | undefined,
  fuse: boolean,
  surfaces: (piece: string) => Surface[],
  bytes: boolean,
): Vocabulary {
  const ids = library.tokens_to_ids;
  const remembered = new Map<string, Segments>();
  const find = (piece: string): Segments => {
    const result: Segments = { ids: [], starts: [], ends: [] };
    let at = 0;
    let previous: Surface | undefined;
    for (const surface of surfaces(bytes ? asLetters(piece) : piece)) {
      const id = surface.token === undefined ? unknown : ids.get(surface.token);
      const joins =
        fuse && surface.token === undefined && previous !== undefined && previous.token === undefined;
      if (joins) result.ends[result.ends.length - 1] = at + surface.units;
      else if (id !== undefined) {
        result.ids.push(id);
        result.starts.push(at);
        result.ends.push(at + surface.units);
      }
      if (surface.shared !== true) at += surface.units;
      previous = surface;
    }
    if (!bytes) return result;
    const places = placesOfBytes(piece);
    const { starts, ends } = result;
    return {
      ids: result.ids,
      starts: starts.map((byte) => places.starts[byte]!),
      ends: ends.map((byte) => places.ends[byte - 1]!),
    };
  };
  const segment = (piece: string): Segments => {
    if (piece.length > LONGEST_REMEMBERED) return find(piece);
    let result = remembered.get(piece);
    if (result === undefined) {
      if (remembered.size >= MOST_REMEMBERED) remembered.clear();
      remembered.set(piece, (result = find(piece)));
    }
    return result;
  };
  return { type, ids, tokens: library.vocab, unknown, segment };
}
