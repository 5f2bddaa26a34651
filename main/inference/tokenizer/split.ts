/** @file The pre-tokenizers of tokenizer.json: where a text is cut before the model sees its parts. */
import { rewrite, slice, type Aligned } from './aligned';
import { GPT2 } from './known-patterns';
import { compilePattern, own, type Pattern } from './pattern';
import { count, flag, list, record, short, text as textOf, unsupported, type Json } from './reading';

export type Splitter = (piece: Aligned) => Aligned[];

export interface PreTokenizer {
  split: Splitter;
  /** Pieces become UTF-8, each byte a letter of GPT-2's table. */
  bytes: boolean;
}

type Behaviour = 'Removed' | 'Isolated' | 'MergedWithPrevious' | 'MergedWithNext' | 'Contiguous';
const BEHAVIOURS = ['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'];

const WORD = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u200c\\u200d';
const PUNCTUATION = '[\\p{P}!-/:-@\\[-`{-~]';
const blank = own(/\p{White_Space}+/gu);

/** @throws `tokenizer-unsupported`, `tokenizer-broken` */
export function preTokenizer(config: unknown, where = 'pre_tokenizer'): PreTokenizer {
  if (config === null || config === undefined) return { split: (piece) => [piece], bytes: false };
  const step = record(config, where);
  if (step.type === 'Sequence') {
    const steps = list(step.pretokenizers, where).map((part, index) =>
      preTokenizer(part, `${where}.${index}`),
    );
    if (steps.slice(0, -1).some(({ bytes }) => bytes))
      throw unsupported(where, 'steps after ByteLevel', 'ByteLevel as the last step');
    return {
      split: (piece) => steps.reduce((pieces, { split }) => pieces.flatMap(split), [piece]),
      bytes: steps.at(-1)?.bytes ?? false,
    };
  }
  return { split: splitter(step, where), bytes: step.type === 'ByteLevel' };
}

function splitter(step: Json, where: string): Splitter {
  switch (step.type) {
    case 'ByteLevel':
      return byteLevel(flag(step.add_prefix_space, true, where), flag(step.use_regex, true, where));
    case 'Split': {
      const matches = compilePattern(step.pattern, where);
      return cut(matches, behaviour(step.behavior, where), flag(step.invert, false, where));
    }
    case 'Digits': {
      // All numbers of Unicode, where JavaScript's \d knows ASCII's alone.
      const single = flag(step.individual_digits, false, where);
      return cut(own(single ? /\p{N}/gu : /\p{N}+/gu), 'Isolated');
    }
    case 'Punctuation':
      return cut(own(new RegExp(PUNCTUATION, 'gu')), behaviour(step.behavior ?? 'Isolated', where));
    case 'Whitespace':
      return cut(own(new RegExp(`[${WORD}]+|[^${WORD}\\p{White_Space}]+`, 'gu')), 'Removed', true);
    case 'WhitespaceSplit':
      return cut(blank, 'Removed');
    case 'BertPreTokenizer': {
      const words = cut(blank, 'Removed');
      const marks = cut(own(new RegExp(PUNCTUATION, 'gu')), 'Isolated');
      return (piece) => words(piece).flatMap(marks);
    }
    case 'CharDelimiterSplit':
      return cut(compilePattern({ String: textOf(step.delimiter, where) }, where), 'Removed');
    case 'FixedLength':
      return cut(own(new RegExp(`[^]{1,${Math.max(1, count(step.length, 1000, where))}}`, 'gu')), 'Isolated');
    case 'Metaspace':
      return metaspace(step, where);
    default:
      throw unsupported(where, short(step.type), 'a pre-tokenizer that is known here');
  }
}

/** Old files write behaviours with small letters. */
function behaviour(value: unknown, where: string): Behaviour {
  const name = textOf(value, where).toLowerCase();
  const found = BEHAVIOURS.find((known) => known.toLowerCase() === name);
  if (found === undefined) throw unsupported(where, name, `one of ${BEHAVIOURS.join(', ')}`);
  return found as Behaviour;
}

function byteLevel(prefix: boolean, useRegex: boolean): Splitter {
  const words = useRegex ? cut(compilePattern({ Regex: GPT2 }, 'ByteLevel'), 'Isolated') : undefined;
  return (piece) => {
    const start = prefix && !piece.text.startsWith(' ') ? prepend(piece, ' ') : piece;
    return words === undefined ? [start] : words(start);
  };
}

const prepend = (piece: Aligned, text: string): Aligned => rewrite(piece, [{ start: 0, end: 0, text }]);

function metaspace(step: Json, where: string): Splitter {
  const mark = textOf(step.replacement ?? '▁', where);
  // Files of before `prepend_scheme` said it with a flag.
  const scheme = step.prepend_scheme ?? (flag(step.add_prefix_space, true, where) ? 'always' : 'never');
  if (scheme !== 'always' && scheme !== 'first' && scheme !== 'never')
    throw unsupported(where, short(scheme), 'always, first or never');
  const blanks = compilePattern({ String: ' ' }, where);
  const words = cut(compilePattern({ String: mark }, where), 'MergedWithNext');
  const split = flag(step.split, true, where);
  return (piece) => {
    const edits = blanks.matches(piece.text).map(([start, end]) => ({ start, end, text: mark }));
    let marked = rewrite(piece, edits);
    const here = scheme === 'always' || (scheme === 'first' && piece.base === 0);
    if (here && !marked.text.startsWith(mark)) marked = prepend(marked, mark);
    return split ? words(marked) : [marked];
  };
}

/** Cuts at the matches; `invert` takes what lies between them for the matches. Empty parts are left out. */
function cut(pattern: Pattern, what: Behaviour, invert = false): Splitter {
  return (piece) => {
    const matches = pattern.matches(piece.text);
    if (matches.length === 0 && !invert) return [piece];
    const parts: { start: number; end: number; match: boolean }[] = [];
    let at = 0;
    const add = (start: number, end: number, match: boolean): void => {
      if (end > start) parts.push({ start, end, match: match !== invert });
    };
    for (const [start, end] of matches) {
      add(at, start, false);
      add(start, end, true);
      at = end;
    }
    add(at, piece.text.length, false);
    return joined(parts, what).map(({ start, end }) => slice(piece, start, end));
  };
}

function joined<Part extends { start: number; end: number; match: boolean }>(
  parts: Part[],
  what: Behaviour,
): Part[] {
  if (what === 'Isolated') return parts;
  if (what === 'Removed') return parts.filter(({ match }) => !match);
  const result: Part[] = [];
  let previous = false;
  if (what === 'MergedWithNext') parts = [...parts].reverse();
  for (const part of parts) {
    const last = result.at(-1);
    const joins = what === 'Contiguous' ? part.match === previous : part.match && !previous;
    if (last !== undefined && joins) {
      last.start = Math.min(last.start, part.start);
      last.end = Math.max(last.end, part.end);
    } else result.push(part);
    previous = part.match;
  }
  return what === 'MergedWithNext' ? result.reverse() : result;
}
