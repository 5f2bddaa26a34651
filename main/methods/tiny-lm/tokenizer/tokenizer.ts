/** @file Text to ids and back with a byte-level BPE vocabulary, as Hugging Face's tokenizers do it. */
import { bytesOf, END_OF_TEXT, pieces, spelled } from './bytes';
import type { Vocabulary } from './train';

export interface TextTokenizer {
  readonly vocabulary: Vocabulary;
  /** The id that ends a text. */
  readonly end: number;
  /** Bytes of UTF-8 behind every id; the end of a text stands for none. */
  readonly lengths: Int32Array;
  /** Ids of a text. Names of special tokens in it are text as any other. */
  encode(text: string): number[];
  /** The text of ids, without ends of texts; bytes that are no UTF-8 become U+FFFD. */
  decode(ids: Iterable<number>): string;
}

/** The tokenizer of a vocabulary. */
export function tokenizerOf(vocabulary: Vocabulary): TextTokenizer {
  const { tokens, merges } = vocabulary;
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const ranks = new Map(merges.map(([left, right], rank) => [`${left} ${right}`, rank]));
  const end = ids.get(END_OF_TEXT)!;
  const known = new Map<string, readonly number[]>();
  const bytes = tokens.map((token, id) => (id === end ? new Uint8Array() : bytesOf(token)));

  function encodePiece(piece: string): readonly number[] {
    let found = known.get(piece);
    if (!found) {
      found = merged(spelled(piece), ranks).map((token) => ids.get(token)!);
      known.set(piece, found);
    }
    return found;
  }

  return {
    vocabulary,
    end,
    lengths: Int32Array.from(bytes, (one) => one.length),
    encode: (text) => pieces(text).flatMap(encodePiece),
    decode: (given) =>
      new TextDecoder('utf-8', { ignoreBOM: true }).decode(joined(Array.from(given, (id) => bytes[id]!))),
  };
}

/** The earliest merge that applies is made, at its leftmost place, until none applies. */
function merged(spelling: readonly string[], ranks: ReadonlyMap<string, number>): string[] {
  const tokens = [...spelling];
  for (;;) {
    let [best, place] = [Infinity, -1];
    for (let at = 0; at + 1 < tokens.length; at++) {
      const rank = ranks.get(`${tokens[at]!} ${tokens[at + 1]!}`) ?? Infinity;
      if (rank < best) [best, place] = [rank, at];
    }
    if (place < 0) return tokens;
    tokens.splice(place, 2, tokens[place]! + tokens[place + 1]!);
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
