/** @file Command-line arguments, read strictly: an unknown or repeated flag is an error, never a silent default. */
import { parseArgs } from 'node:util';
import type { ArgsDef } from 'citty';
import { MongeError } from '../../native-models/error';

/** One command as citty describes it for `--help`, plus what its own reader needs. */
export interface Flags {
  args: ArgsDef;
  /** Flags that may be given several times. */
  repeated?: readonly string[];
  /** Most words after the flags; the first ones are the declared positional arguments. */
  maximumWords?: number;
}

export interface Parsed {
  words: string[];
  text(name: string): string | undefined;
  texts(name: string): string[];
  flag(name: string): boolean;
  /** A whole number of the given range. */
  whole(name: string, minimum: number, maximum: number): number | undefined;
}

/** A flag with a text, one that is there or not, and an argument without a name. */
export const text = (description: string) => ({ type: 'string', description }) as const;
export const flag = (description: string) => ({ type: 'boolean', description }) as const;
export const word = (description: string, required = true) =>
  ({ type: 'positional', required, description }) as const;

/** Throws `bad-usage` naming the argument. */
export function parseFlags(flags: Flags, given: readonly string[]): Parsed {
  const repeated = new Set(flags.repeated);
  const named = Object.entries(flags.args).filter(([, definition]) => definition.type !== 'positional');
  const options = Object.fromEntries(
    named.map(([name, { type }]) => [
      name,
      { type: type === 'boolean' ? ('boolean' as const) : ('string' as const), multiple: true },
    ]),
  );
  let values: Record<string, (string | boolean)[] | undefined>;
  let words: string[];
  try {
    const parsed = parseArgs({ args: [...given], options, allowPositionals: true, strict: true });
    values = parsed.values as typeof values;
    words = parsed.positionals;
  } catch (thrown) {
    throw usage(thrown instanceof Error ? thrown.message : String(thrown));
  }
  for (const [name, list] of Object.entries(values))
    if (list && list.length > 1 && !repeated.has(name) && flags.args[name]?.type !== 'boolean')
      throw usage('a flag is given twice', `--${name}`);
  const positional = Object.entries(flags.args).filter(([, { type }]) => type === 'positional');
  const needed = positional.filter(([, { required }]) => required !== false);
  const missing = needed[words.length];
  if (missing) throw usage('an argument is missing', missing[0]);
  const most = flags.maximumWords ?? positional.length;
  if (words.length > most)
    throw usage('there is an argument too many', undefined, JSON.stringify(words[most]));
  const text = (name: string): string | undefined => {
    const value = values[name]?.[0];
    return typeof value === 'string' ? value : undefined;
  };
  return {
    words,
    text,
    texts: (name) => (values[name] ?? []).filter((value) => typeof value === 'string'),
    flag: (name) => values[name]?.at(-1) === true,
    whole(name, minimum, maximum) {
      const value = text(name);
      if (value === undefined) return undefined;
      const number = value.trim() === '' ? NaN : Number(value);
      if (!Number.isInteger(number) || number < minimum || number > maximum)
        throw usage(
          Number.isInteger(number) ? 'a flag is out of range' : 'a flag is no whole number',
          `--${name}`,
          JSON.stringify(value),
          `a whole number from ${minimum} to ${maximum}`,
        );
      return number;
    },
  };
}

/** `name=value` pairs; the value may hold further `=` signs. */
export function parsePairs(flag: string, given: readonly string[]): Record<string, string> {
  // A map first: assignment would drop a pair named `__proto__` without a word.
  const pairs = new Map<string, string>();
  for (const text of given) {
    const at = text.indexOf('=');
    if (at <= 0) throw usage('a pair is malformed', `--${flag}`, JSON.stringify(text), 'name=value');
    const name = text.slice(0, at);
    if (pairs.has(name)) throw usage('a name is given twice', `--${flag} ${name}`);
    pairs.set(name, text.slice(at + 1));
  }
  return Object.fromEntries(pairs);
}

/**
 * `a=1,b=2` as the pairs a=1 and b=2. A comma separates only where one of the known names and an equals sign follow, so
 * that values may hold commas themselves.
 */
export function splitPairs(text: string, names: readonly string[]): string[] {
  const parts: string[] = [];
  for (const part of text.split(',')) {
    const at = part.indexOf('=');
    if (parts.length === 0 || (at > 0 && names.includes(part.slice(0, at)))) parts.push(part);
    else parts[parts.length - 1] += `,${part}`;
  }
  return parts;
}

export function usage(what: string, key?: string, got?: string, expected?: string): MongeError {
  return new MongeError({
    code: 'bad-usage',
    what,
    ...(key === undefined ? {} : { where: { key } }),
    ...(got === undefined ? {} : { got }),
    ...(expected === undefined ? {} : { expected }),
    help: 'monge <command> --help lists the arguments.',
  });
}
