/** @file Config fields: one declaration gives validation, the form, the command-line flags and the docs. */
import { MongeError } from '../../native-models/error';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Whether another field has one of these values. */
export interface FieldCondition {
  key: string;
  values: Json[];
}

/** A field as plain data: what the form, the command line's help and the docs page are made from. */
export interface FieldDescription {
  key: string;
  /** `choices`: several of the listed values; `columns`: names of columns of the data set, or `last:K`. Both are lists of text. */
  kind: 'integer' | 'real' | 'choice' | 'boolean' | 'text' | 'choices' | 'columns';
  title: string;
  /** One sentence in a researcher's words: what it is and why it matters. */
  help: string;
  unit?: string;
  /** The paper's symbol and section, for example "ε, section 3.2". */
  source?: string;
  minimum?: number;
  maximum?: number;
  scale?: 'linear' | 'log';
  choices?: { value: string; title: string; help: string }[];
  default: Json;
  /** Heading in the form. */
  group: string;
  /** Folded under "more". */
  advanced: boolean;
  /** The field is asked only when another field has one of these values; of several conditions, when all hold. */
  onlyWhen?: FieldCondition | FieldCondition[];
}

/** What a field says of itself, whatever its kind. */
type Words = Omit<
  FieldDescription,
  'key' | 'kind' | 'default' | 'minimum' | 'maximum' | 'scale' | 'choices' | 'advanced' | 'group'
> & { advanced?: boolean };
type Common = Words & Pick<FieldDescription, 'group'>;
/** Least and largest value; `log` for a scale on which factors are equally far apart. */
type Range = { range: readonly [minimum: number, maximum: number, scale?: 'log']; default: number };
type Choices<V extends string> = { choices: readonly { value: V; title: string; help: string }[] };

/** A field that knows how to check a value; `T` is the type after checking. */
export interface Field<T extends Json> {
  readonly description: Omit<FieldDescription, 'key'>;
  check(key: string, value: unknown): T;
}

export function integer(options: Common & Range): Field<number> {
  return numeric('integer', options);
}

export function real(options: Common & Range): Field<number> {
  return numeric('real', options);
}

export function choice<const V extends string>(options: Common & Choices<V> & { default: V }): Field<V> {
  const values = options.choices.map((c) => c.value);
  return {
    description: {
      ...options,
      kind: 'choice',
      choices: [...options.choices],
      advanced: options.advanced ?? false,
    },
    check(key, value) {
      const found = values.find((v) => v === value);
      if (found === undefined) throw invalid(key, value, `one of ${values.join(', ')}`);
      return found;
    },
  };
}

export function boolean(options: Common & { default: boolean }): Field<boolean> {
  return {
    description: { ...options, kind: 'boolean', advanced: options.advanced ?? false },
    check(key, value) {
      if (value === true || value === 'true') return true;
      if (value === false || value === 'false') return false;
      throw invalid(key, value, 'true or false');
    },
  };
}

function text(options: Common & { default: string; maximumLength?: number }): Field<string> {
  const limit = options.maximumLength ?? 1000;
  return {
    description: { ...options, kind: 'text', advanced: options.advanced ?? false },
    check(key, value) {
      if (typeof value !== 'string' || value.length > limit)
        throw invalid(key, value, `text of at most ${limit} characters`);
      return value;
    },
  };
}

/** Several of the listed values, in their listed order; `all` stands for every one. On the command line: separated by commas. */
export function choices<const V extends string>(
  options: Common & Choices<V> & { default: readonly V[] },
): Field<V[]> {
  const values = options.choices.map((c) => c.value);
  const expected = `one or more of ${values.join(', ')}, or all`;
  return {
    description: {
      ...options,
      kind: 'choices',
      choices: [...options.choices],
      default: [...options.default],
      advanced: options.advanced ?? false,
    },
    check(key, value) {
      const wanted = wordsOf(key, value, expected);
      if (wanted.length === 1 && wanted[0] === 'all') return [...values];
      const unknown = wanted.find((word) => !(values as readonly string[]).includes(word));
      if (unknown !== undefined || wanted.length === 0) throw invalid(key, unknown ?? '', expected);
      return values.filter((one) => wanted.includes(one));
    },
  };
}

/**
 * Names of columns of the data set, in order, without repetition; `last:K` stands for the last K columns. Whether they
 * exist is seen when the data is read. On the command line: separated by commas, or a JSON list where names hold commas.
 */
export function columns(options: Common & { default: readonly string[] }): Field<string[]> {
  return {
    description: {
      ...options,
      kind: 'columns',
      default: [...options.default],
      advanced: options.advanced ?? false,
    },
    check: (key, value) => [...new Set(wordsOf(key, value, 'names of columns, or last:K'))],
  };
}

/** The makers of fields that have a heading in common, and perhaps a place under "more" and when they are asked. */
export function fieldsWith(shared: Pick<Common, 'group' | 'advanced' | 'onlyWhen'>) {
  return {
    integer: (options: Words & Range) => integer({ ...shared, ...options }),
    real: (options: Words & Range) => real({ ...shared, ...options }),
    choice: <const V extends string>(options: Words & Choices<V> & { default: V }) =>
      choice<V>({ ...shared, ...options }),
    boolean: (options: Words & { default: boolean }) => boolean({ ...shared, ...options }),
    text: (options: Words & { default: string; maximumLength?: number }) => text({ ...shared, ...options }),
    choices: <const V extends string>(options: Words & Choices<V> & { default: readonly V[] }) =>
      choices<V>({ ...shared, ...options }),
    columns: (options: Words & { default: readonly string[] }) => columns({ ...shared, ...options }),
  };
}

/** A list of text from a list, a JSON list, or words separated by commas. */
function wordsOf(key: string, value: unknown, expected: string): string[] {
  let list = value;
  if (typeof value === 'string' && value.trimStart().startsWith('[')) {
    try {
      list = JSON.parse(value) as unknown;
    } catch {
      throw invalid(key, value, expected);
    }
  } else if (typeof value === 'string')
    list = value
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '');
  if (!Array.isArray(list) || list.length > 10_000 || !list.every((word) => typeof word === 'string'))
    throw invalid(key, value, expected);
  return list;
}

type Fields = Record<string, Field<Json>>;
export type ConfigOf<F extends Fields> = { [K in keyof F]: F[K] extends Field<infer T> ? T : never };

export interface ConfigSchema<C> {
  describe(): FieldDescription[];
  /** The full config: given values checked, the rest from `suggested`, then from the defaults. Strings are read as the command line gives them. Throws `config-unknown-key` and `config-invalid`. */
  parse(given: Readonly<Record<string, unknown>>, suggested?: Readonly<Record<string, unknown>>): C;
}

export function object<F extends Fields>(fields: F): ConfigSchema<ConfigOf<F>> {
  const keys = Object.keys(fields);
  return {
    describe: () => keys.map((key) => ({ key, ...fields[key]!.description })),
    parse(given, suggested = {}) {
      for (const key of Object.keys(given)) {
        if (!Object.hasOwn(fields, key)) {
          throw new MongeError({
            code: 'config-unknown-key',
            what: 'this method has no such setting',
            where: { key },
            expected: `one of ${keys.join(', ')}`,
          });
        }
      }
      const entries = keys.map((key) => {
        const field = fields[key]!;
        const value = Object.hasOwn(given, key)
          ? given[key]
          : Object.hasOwn(suggested, key)
            ? suggested[key]
            : field.description.default;
        return [key, field.check(key, value)] as const;
      });
      return Object.fromEntries(entries) as ConfigOf<F>;
    },
  };
}

function numeric(
  kind: 'integer' | 'real',
  { range: [minimum, maximum, scale], ...options }: Common & Range,
): Field<number> {
  const expected = `${kind === 'integer' ? 'a whole number' : 'a number'} from ${minimum} to ${maximum}`;
  return {
    description: {
      ...options,
      kind,
      minimum,
      maximum,
      ...(scale && { scale }),
      advanced: options.advanced ?? false,
    },
    check(key, value) {
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      if (typeof number !== 'number' || !Number.isFinite(number)) throw invalid(key, value, expected);
      if (kind === 'integer' && !Number.isInteger(number)) throw invalid(key, value, expected);
      if (number < minimum || number > maximum) throw invalid(key, value, expected);
      return number;
    },
  };
}

function invalid(key: string, value: unknown, expected: string): MongeError {
  const got = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return new MongeError({
    code: 'config-invalid',
    blame: 'input',
    what: 'a setting is out of range',
    where: { key },
    got,
    expected,
  });
}
