/** @file Sets of texts in one JSON object, name by name, alone or under `sentences`: rows of a text and the set it is of. */
import { MongeError } from '../../../native-models/error';
import { categoryColumn, textColumn } from '../column';
import { MAXIMUM_CATEGORIES } from '../limits';
import { headText, looksBinary } from '../utf8';
import { extensionOf, type Reader } from './reader';

/** Where a concept's file has its sets; what else stands beside it tells of the file. */
const INSIDE = 'sentences';

export const jsonSetsReader: Reader = {
  format: 'json',
  extensions: [],
  match(head, name, source) {
    if (looksBinary(head) || extensionOf(name) !== 'json') return false;
    const text = headText(head, source.short).trimStart();
    if (!text.startsWith('{')) return false;
    // One object a line is JSON Lines, whatever the file is called; where the first line is no object, one goes on.
    const end = text.indexOf('\n');
    const first = parsed(end < 0 ? text : text.slice(0, end));
    return first === undefined || (setsOf(first) !== null && (end < 0 || text.slice(end).trim() === ''));
  },
  async open(source) {
    const text = new TextDecoder().decode(await source.readAll());
    const value = parsed(text);
    const sets = setsOf(value);
    if (!sets || sets.size > MAXIMUM_CATEGORIES)
      throw new MongeError({
        code: value === undefined ? 'malformed-json' : 'no-text-sets',
        blame: 'input',
        what: value === undefined ? 'the file is no JSON' : 'the object holds no sets of texts',
        where: { file: source.name },
        ...(sets && { got: `${sets.size} sets` }),
        expected: `lists of texts by name, at most ${MAXIMUM_CATEGORIES}, such as {"football": ["…"], "none": ["…"]}, alone or under ${INSIDE}`,
        help: 'rows of a table are written as JSON Lines: one object on every line',
      });
    const texts: string[] = [];
    const codes: number[] = [];
    [...sets.values()].forEach((list, code) => {
      for (const one of list) {
        texts.push(one);
        codes.push(code);
      }
    });
    return {
      format: 'json',
      columns: [textColumn('text', texts), categoryColumn('label', Int32Array.from(codes), [...sets.keys()])],
      warnings: [],
    };
  },
};

/** Undefined where the text is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, '')) as unknown;
  } catch {
    return undefined;
  }
}

/** A map, so that no name is taken for something inherited; null where the value holds no sets. */
function setsOf(value: unknown): ReadonlyMap<string, readonly string[]> | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const entries: [string, unknown][] = Object.entries(value);
  const inside = entries.find(([name]) => name === INSIDE)?.[1];
  if (inside !== undefined && !Array.isArray(inside)) return setsOf(inside);
  const isSet = ([, list]: [string, unknown]) =>
    Array.isArray(list) && list.every((one) => typeof one === 'string');
  return entries.length > 0 && entries.every(isSet) ? new Map(entries as [string, string[]][]) : null;
}
