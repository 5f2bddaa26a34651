/** @file Regular expressions of tokenizers (Oniguruma's dialect) as JavaScript's, and searching that cannot hang. */
import { SplitPreTokenizer } from '@huggingface/tokenizers';
import { MongeError } from '../../../native-models/error';
import { withinTime } from '../time-limit';
import { harmless } from './known-patterns';
import type { Json } from './reading';
import { unsupported } from './reading';

const LONGEST_PATTERN = 4096;
const MILLISECONDS = 2000;

export interface Pattern {
  /** Matches in order, start and end in UTF-16 units; empty ones left out. @throws `tokenizer-pattern` */
  matches(text: string): [number, number][];
}

/** English contractions in either case; the library folds ASCII alone, Oniguruma takes the long ſ for an s. */
const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const FOLDED = "(?:'(?:[sSſtTmMdD]|[rR][eE]|[vV][eE]|[lL][lL]))";

/**
 * The pattern of a tokenizer.json step: `{ String }` or `{ Regex }`. White space, digits and letters are Unicode's, as in
 * Python's tokenizers: the library rewrites `\s` and its like, which are narrower in JavaScript.
 * @throws `tokenizer-unsupported` where the dialect cannot be translated
 */
export function compilePattern(pattern: unknown, where: string): Pattern {
  const { String: literal, Regex: source } = (pattern ?? {}) as Json;
  if (typeof literal === 'string') return exactly(literal);
  if (typeof source !== 'string')
    throw unsupported(where, JSON.stringify(pattern), 'a pattern String or Regex');
  if (source.length > LONGEST_PATTERN)
    throw unsupported(where, `${source.length} characters`, 'a shorter regular expression');
  let expression: RegExp | null;
  try {
    expression = new SplitPreTokenizer({
      ...{ type: 'Split', pattern: { Regex: source.replaceAll(CONTRACTIONS, FOLDED) } },
      ...{ behavior: 'Isolated', invert: false },
    } as unknown as ConstructorParameters<typeof SplitPreTokenizer>[0]).pattern;
  } catch (cause) {
    throw unsupported(
      where,
      `${source} (${(cause as Error).message})`,
      'a regular expression that can be read',
    );
  }
  if (expression === null) throw unsupported(where, source, 'a regular expression');
  return searching(expression, harmless(source) ? undefined : source);
}

/** A pattern of our own, which needs no guard. */
export const own = (expression: RegExp): Pattern => searching(expression, undefined);

function exactly(literal: string): Pattern {
  const matches = (text: string): [number, number][] => {
    const found: [number, number][] = [];
    if (literal === '') return found;
    for (let at = text.indexOf(literal); at >= 0; at = text.indexOf(literal, at + literal.length))
      found.push([at, at + literal.length]);
    return found;
  };
  return { matches };
}

function searching(expression: RegExp, guarded: string | undefined): Pattern {
  const search = (text: string): [number, number][] => {
    const found: [number, number][] = [];
    expression.lastIndex = 0;
    for (let match = expression.exec(text); match !== null; match = expression.exec(text)) {
      if (match[0] === '') expression.lastIndex += text.codePointAt(expression.lastIndex)! > 0xffff ? 2 : 1;
      else found.push([match.index, match.index + match[0].length]);
    }
    return found;
  };
  if (guarded === undefined) return { matches: search };
  const tooLong = {
    code: 'tokenizer-pattern',
    what: 'The regular expression of the tokenizer found no end on a text.',
    where: { key: guarded },
    help: 'A pattern that tries the same letters in many ways takes for ever on some texts; such a tokenizer cannot be used.',
  };
  return { matches: (text) => withinTime(MILLISECONDS, tooLong, () => search(text)) };
}

/** Whether a text is one that could be encoded. @throws `tokenizer-input` */
export function checkText(text: unknown): asserts text is string {
  if (typeof text === 'string') return;
  throw new MongeError({
    code: 'tokenizer-input',
    blame: 'input',
    what: 'Only texts can be encoded.',
    got: typeof text,
    expected: 'a text',
  });
}
