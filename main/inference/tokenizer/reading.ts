/** @file Reading the loose objects of tokenizer files: narrow, with coded errors that name the place. */
import { MongeError } from '../../../native-models/error';

export type Json = Record<string, unknown>;

/** A tokenizer.json as an object, with what tokenizer_config.json and chat_template.jinja add. */
export interface Definition {
  tokenizer: Json;
  config: Json;
  chatTemplate?: string;
}

/** What the tokenizer asks for and this build does not do; it is refused, never left out in silence. */
export function unsupported(where: string, got: string, expected: string): MongeError {
  return new MongeError({
    code: 'tokenizer-unsupported',
    blame: 'input',
    what: 'The tokenizer asks for something that is not known here, and leaving it out would give other ids.',
    where: { key: where },
    got,
    expected,
  });
}

export function broken(where: string, got: string, expected: string): MongeError {
  const what = 'The tokenizer is broken or contradicts itself.';
  return new MongeError({
    code: 'tokenizer-broken',
    blame: 'input',
    what,
    where: { key: where },
    got,
    expected,
  });
}

export const short = (value: unknown): string => {
  const text = value === undefined ? 'nothing' : (JSON.stringify(value) ?? typeof value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
};

export function record(value: unknown, where: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw broken(where, short(value), 'an object');
}

export function list(value: unknown, where: string): unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  throw broken(where, short(value), 'a list');
}

export function text(value: unknown, where: string): string {
  if (typeof value === 'string') return value;
  throw broken(where, short(value), 'a text');
}

export function flag(value: unknown, otherwise: boolean, where: string): boolean {
  if (value === undefined || value === null) return otherwise;
  if (typeof value === 'boolean') return value;
  throw broken(where, short(value), 'true or false');
}

/** A whole number of 0 to `most`. */
export function count(value: unknown, most: number, where: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw broken(where, short(value), `a whole number of 0 to ${most}`);
}

export function parse(json: string, where: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw broken(where, (cause as Error).message, 'JSON');
  }
  return record(value, where);
}
