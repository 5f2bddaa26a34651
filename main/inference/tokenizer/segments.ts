/** @file What a model makes of a piece of text: ids and their places, remembered for pieces that come again. */
import { asLetters, placesOfBytes } from './bytes';

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
export interface Surface {
  /** The token's name, or undefined where it is unknown. */
  token: string | undefined;
  units: number;
  /** Another token stands for the same part of the text and follows (single bytes). */
  shared?: boolean;
}

const MOST_REMEMBERED = 50_000;
const LONGEST_REMEMBERED = 64;

/** Ids and places of what a model found, remembered for pieces that come again. */
export function remembering(
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
