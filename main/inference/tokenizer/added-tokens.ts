/** @file Tokens that are looked for in the text before the model sees it: names of special tokens and words added later. */
import { slice, whole, type Aligned } from './aligned';
import type { Normaliser } from './normalise';
import { count, flag, list, record, text as textOf } from './reading';

export interface AddedToken {
  id: number;
  content: string;
  /** Only where no letter, digit or mark stands beside it. */
  singleWord: boolean;
  /** White space on this side belongs to the token. */
  leftStrip: boolean;
  rightStrip: boolean;
  /** Looked for in the normalised text. */
  normalised: boolean;
  special: boolean;
}

/** A part of a text: one token, or text for the model. */
export type Section = { piece: Aligned; id?: undefined } | { piece: Aligned; id: number };

export const MOST_TOKENS = 2 ** 22;

/** @throws `tokenizer-broken` */
export function readAddedTokens(value: unknown): AddedToken[] {
  if (value === undefined || value === null) return [];
  return list(value, 'added_tokens').map((entry, index) => {
    const where = `added_tokens.${index}`;
    const token = record(entry, where);
    const special = flag(token.special, false, where);
    return {
      id: count(token.id, MOST_TOKENS, where),
      content: textOf(token.content, where),
      singleWord: flag(token.single_word, false, where),
      leftStrip: flag(token.lstrip, false, where),
      rightStrip: flag(token.rstrip, false, where),
      normalised: flag(token.normalized, !special, where),
      special,
    };
  });
}

/** Cuts a text at added tokens and normalises what lies between them. */
export function sectioner(
  tokens: readonly AddedToken[],
  normalise: Normaliser,
): (text: string, readSpecial: boolean) => Section[] {
  const before = finder(
    tokens.filter(({ normalised }) => !normalised).map((token) => [token.content, token]),
  );
  const after = finder(
    tokens
      .filter(({ normalised }) => normalised)
      .map((token) => [normalise(whole(token.content)).text, token]),
  );
  return (text, readSpecial) =>
    before(whole(text), readSpecial).flatMap((section) =>
      section.id === undefined ? after(normalise(section.piece), readSpecial) : [section],
    );
}

const WORD = '[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u200c\\u200d]';
const endsInWord = new RegExp(`${WORD}$`, 'u');
const startsWithWord = new RegExp(`^${WORD}`, 'u');
const isBlank = /^\p{White_Space}$/u;

type Finder = (piece: Aligned, readSpecial: boolean) => Section[];

function finder(entries: [string, AddedToken][]): Finder {
  const tokens = new Map(entries.filter(([content]) => content !== ''));
  if (tokens.size === 0) return (piece) => (piece.text === '' ? [] : [{ piece }]);
  // The leftmost match, the longest of those that begin there.
  const names = [...tokens.keys()].sort((one, other) => other.length - one.length);
  const pattern = new RegExp(
    names.map((name) => name.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')).join('|'),
    'g',
  );
  return (piece, readSpecial) => {
    const { text } = piece;
    const sections: Section[] = [];
    let from = 0;
    for (const match of text.matchAll(pattern)) {
      const token = tokens.get(match[0])!;
      let start = match.index;
      let end = start + match[0].length;
      if (token.special && !readSpecial) continue;
      if (
        token.singleWord &&
        (endsInWord.test(text.slice(Math.max(0, start - 2), start)) ||
          startsWithWord.test(text.slice(end, end + 2)))
      )
        continue;
      if (token.leftStrip) while (start > from && isBlank.test(text[start - 1]!)) start--;
      if (token.rightStrip) while (end < text.length && isBlank.test(text[end]!)) end++;
      start = Math.max(start, from);
      if (start > from) sections.push({ piece: slice(piece, from, start) });
      sections.push({ piece: slice(piece, start, end), id: token.id });
      from = end;
    }
    if (from < text.length) sections.push({ piece: slice(piece, from, text.length) });
    return sections;
  };
}
