/** @file JSON of requests with the text of every number and the order of every key, which templates print. */
import { MongeError } from '../../../native-models/error';

/** A number as it was written: 2.0 stays 2.0, and whole numbers have all their digits. */
export class ExactNumber {
  constructor(readonly text: string) {}

  get isWhole(): boolean {
    return !/[.eE]/.test(this.text);
  }
}

/** Objects are Maps: keys like "10" keep their place, which those of a JavaScript object do not. */
export type ExactJson = null | boolean | string | ExactNumber | ExactJson[] | Map<string, ExactJson>;

const DEEPEST = 200;
const TOKEN =
  /[\s]*(?:([{}[\],:])|("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null))/y;

/** @throws `chat-request` where the text is no JSON */
export function parseExactJson(text: string): ExactJson {
  try {
    // The engine's own parser decides what is JSON; afterwards every piece is where it should be.
    JSON.parse(text);
  } catch (cause) {
    throw new MongeError({
      ...{
        code: 'chat-request',
        blame: 'input',
        what: 'The request is no JSON.',
        got: (cause as Error).message,
      },
    });
  }
  TOKEN.lastIndex = 0;
  return value(text, next(text), 0);
}

function next(text: string): string {
  const match = TOKEN.exec(text);
  if (match === null)
    throw new MongeError({
      code: 'internal',
      blame: 'machine',
      what: 'JSON that was parsed cannot be read.',
    });
  return match[0].trim();
}

function value(text: string, token: string, depth: number): ExactJson {
  if (depth > DEEPEST)
    throw new MongeError({
      ...{ code: 'chat-request', blame: 'input', what: 'The request is nested too deep.' },
      expected: `${DEEPEST} levels or fewer`,
    });
  if (token === '[') {
    const items: ExactJson[] = [];
    for (let part = next(text); part !== ']'; part = next(text))
      if (part !== ',') items.push(value(text, part, depth + 1));
    return items;
  }
  if (token === '{') {
    const entries = new Map<string, ExactJson>();
    for (let part = next(text); part !== '}'; part = next(text)) {
      if (part === ',') continue;
      next(text);
      entries.set(JSON.parse(part) as string, value(text, next(text), depth + 1));
    }
    return entries;
  }
  return /^[-\d]/.test(token) ? new ExactNumber(token) : (JSON.parse(token) as ExactJson);
}
