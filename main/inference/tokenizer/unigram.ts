/** @file The unigram model of tokenizer.json: tokens with scores. */
import { MOST_TOKENS } from './added-tokens';
import { broken, count, flag, list, short, unsupported, type Json } from './reading';
import { remembering, type Surface, type Vocabulary } from './segments';
import { asRustReads, unigramCuts, type Cut } from './viterbi';

/** @throws `tokenizer-broken`, `tokenizer-unsupported` */
export function unigram(model: Json): Vocabulary {
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
  const unmatched = new Set((model.unmatched ?? []) as number[]);
  const ids = new Map(vocab.map(([name], id) => [name, id]));
  if (ids.size !== vocab.length) throw broken('model.vocab', 'a token twice', 'tokens that differ');
  const cuts = unigramCuts(
    scored.filter((_, id) => !unmatched.has(id)),
    vocab[unknown]![0],
  );
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
