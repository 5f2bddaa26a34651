/** @file The texts of a side as batches of tokens that are run together, of alike length, each text with its place in them. */
import { MongeError } from '../../../../native-models/error';
import type { HostTensor } from '../../../contract/compute';
import type { LanguageToken } from '../../../contract/language';
import { tokenFeeds } from '../../insides/runs';

/** A text in a batch: its tokens are `rows` of the batch's [texts × tokens] rows. */
export interface PlacedText {
  /** Number of the text in its side. */
  text: number;
  /** From its first token to after its last one, padding outside. */
  start: number;
  end: number;
}

export interface SideBatch {
  feeds: Readonly<Record<string, HostTensor>>;
  /** [texts, tokens] */
  ids: readonly (readonly number[])[];
  mask: readonly (readonly number[])[];
  texts: readonly PlacedText[];
  /** [texts · tokens] 1 where a token must not be steered: the first of a text, where that is left out. */
  unsteered: Uint8Array | null;
}

export interface Side {
  texts: number;
  batches: readonly SideBatch[];
  /** Whether single tokens are wanted beside pooled values. */
  tokens: boolean;
}

export interface SideOptions {
  /** Texts of one run. */
  batch: number;
  /** Whether the first token of a text is steered and pooled. */
  first: boolean;
  tokens: boolean;
  /** On which side the shorter texts of a batch are filled up; default right. */
  padding?: 'left' | 'right';
}

/** Batches of texts of alike length, the longest first. Which texts are together changes no number. */
export function sideOf(ids: readonly (readonly number[])[], options: SideOptions): Side {
  const { batch, first, tokens, padding = 'right' } = options;
  const order = [...ids.keys()].sort((a, b) => ids[b]!.length - ids[a]!.length || a - b);
  const batches: SideBatch[] = [];
  for (let from = 0; from < order.length; from += batch) {
    const part = order.slice(from, from + batch);
    const width = ids[part[0]!]!.length;
    const filled = (row: readonly number[]) => {
      const rest = Array<number>(width - row.length).fill(0);
      return padding === 'right' ? [...row, ...rest] : [...rest, ...row];
    };
    const padded = part.map((text) => filled(ids[text]!));
    const mask = part.map((text) => filled(ids[text]!.map(() => 1)));
    const texts = part.map((text, row): PlacedText => {
      const start = row * width + (padding === 'right' ? 0 : width - ids[text]!.length);
      return { text, start, end: start + ids[text]!.length };
    });
    const unsteered = first ? null : new Uint8Array(part.length * width);
    if (unsteered) for (const { start } of texts) unsteered[start] = 1;
    batches.push({ feeds: tokenFeeds(padded, mask), ids: padded, mask, texts, unsteered });
  }
  return { texts: ids.length, batches, tokens };
}

export interface ReadSide {
  /** By text, cut. */
  ids: number[][];
  /** Texts that were cut. */
  cut: number;
  /** Texts that were left out: nothing of them would be pooled. */
  bare: number;
}

/**
 * Tokens of the texts of a side. A text of nothing but a first token is left out where first tokens are not pooled.
 * @throws `text-empty` naming side and row, `steering-samples` where nothing is left
 */
export async function readSide(
  name: 'source' | 'target',
  texts: readonly string[],
  tokensOf: (text: string) => Promise<LanguageToken[]>,
  { most, first }: { most: number; first: boolean },
): Promise<ReadSide> {
  const read: ReadSide = { ids: [], cut: 0, bare: 0 };
  for (const [at, text] of texts.entries()) {
    const tokens = await tokensOf(text).catch((thrown: unknown) => {
      throw atText(thrown, name, at);
    });
    if (tokens.length > most) read.cut += 1;
    const ids = tokens.slice(0, most).map(({ id }) => id);
    if (first || ids.length > 1) read.ids.push(ids);
    else read.bare += 1;
  }
  if (read.ids.length > 0) return read;
  throw new MongeError({
    code: 'steering-samples',
    blame: 'input',
    what: 'a map cannot be fitted without texts',
    where: { key: name },
    got: `${texts.length} texts`,
    expected: first ? 'at least one' : 'at least one with a second token, as first ones are left out',
  });
}

/** The error with the text that it is about. */
function atText(thrown: unknown, side: string, at: number): unknown {
  if (!(thrown instanceof MongeError) || thrown.detail.code !== 'text-empty') return thrown;
  const where = { ...thrown.detail.where, key: side, row: at + 1 };
  return new MongeError({ ...thrown.detail, where }, { cause: thrown });
}
