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
  /**
   * `choices`: several of the listed values; `columns`: names of columns of the data set, or `last:K`; `texts`: any texts.
   * All three are lists of text.
   */
  kind: 'integer' | 'real' | 'choice' | 'boolean' | 'text' | 'texts' | 'choices' | 'columns';
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

/** A title, a colon and one sentence, such as 'Layers: Hidden layers of the networks.' */
export type Words = `${string}: ${string}`;

/** Title and sentence apart. */
export function titled(words: Words): { title: string; help: string } {
  const colon = words.indexOf(': ');
  return { title: words.slice(0, colon), help: words.slice(colon + 2) };
}

/** A field that knows how to check a value; `T` is the type after checking. */
export interface Field<T extends Json> {
  readonly description: Omit<FieldDescription, 'key'>;
  check(key: string, value: unknown): T;
}

/** Least and largest value; `log` for a scale on which factors are equally far apart. */
type Range = readonly [minimum: number, maximum: number, scale?: 'log'];
/** What every value means. */
type Choices<V extends string> = Readonly<Record<V, Words>>;
type About = Pick<FieldDescription, 'title' | 'help' | 'source' | 'group' | 'advanced' | 'onlyWhen'>;

/**
 * Two makers of fields under one heading of the form, asked only when all conditions hold: those shown at once, and those
 * folded under "more". A field is its words, where they come from and what else must hold, then its kind with its default:
 * `const [network, moreNetwork] = section('Network')`, `network('Layers: Hidden layers.').integer(2, [1, 16], 'layers')`.
 */
export function section(group: string, ...conditions: FieldCondition[]) {
  const maker =
    (advanced: boolean) =>
    (words: Words, { source, when }: { source?: string; when?: FieldCondition } = {}) => {
      const [first, ...others] = when ? [...conditions, when] : conditions;
      return kindsOf({
        ...titled(words),
        ...(source && { source }),
        ...(first && { onlyWhen: others.length > 0 ? [first, ...others] : first }),
        ...{ group, advanced },
      });
    };
  return [maker(false), maker(true)] as const;
}

/** The kinds that a field may have. */
function kindsOf(about: About) {
  return {
    integer: (initial: number, range: Range, unit?: string) =>
      numeric('integer', about, initial, range, unit),

    real: (initial: number, range: Range, unit?: string) => numeric('real', about, initial, range, unit),

    boolean: (initial: boolean): Field<boolean> => ({
      description: { ...about, kind: 'boolean', default: initial },
      check(key, value) {
        if (value === true || value === 'true') return true;
        if (value === false || value === 'false') return false;
        throw invalid(key, value, 'true or false');
      },
    }),

    text: (initial: string, longest: number, unit?: string): Field<string> => ({
      description: { ...about, kind: 'text', ...(unit && { unit }), default: initial },
      check(key, value) {
        if (typeof value === 'string' && value.length <= longest) return value;
        throw invalid(key, value, `text of at most ${longest} characters`);
      },
    }),

    /**
     * Texts as they are, commas and lines and all, in order. On the command line one text, or a JSON list of them; a prompt has
     * a flag of its own, which may be repeated.
     */
    texts: (initial: readonly string[], longest: number, most: number): Field<string[]> => ({
      description: { ...about, kind: 'texts', default: [...initial] },
      check(key, value) {
        const list = listOf(value) ?? (typeof value === 'string' ? [value] : value);
        if (isTexts(list) && list.length <= most && list.every((text) => text.length <= longest)) return list;
        throw invalid(key, value, `at most ${most} texts of at most ${longest} characters`);
      },
    }),

    /** Numbers as a text: a list with commas, `from:to:step`, or several such parts. Read with `numbersIn`. */
    numbers: (initial: string, [minimum, maximum]: Range, most: number): Field<string> => ({
      description: { ...about, kind: 'text', default: initial },
      check(key, value) {
        const list = listOf(value) ?? value;
        const text = Array.isArray(list) ? list.map(String).join(',') : String(list);
        const numbers = numbersIn(text, most);
        if (numbers && numbers.every((number) => number >= minimum && number <= maximum)) return text;
        const expected = `at most ${most} numbers from ${minimum} to ${maximum}: from:to:step, or a list such as 0,0.5,1`;
        throw invalid(key, value, expected, 'a setting is no list of numbers');
      },
    }),

    choice<V extends string>(initial: NoInfer<V>, choices: Choices<V>): Field<V> {
      const values = valuesOf(choices);
      return {
        description: { ...about, kind: 'choice', default: initial, choices: explained(choices) },
        check(key, value) {
          const found = values.find((one) => one === value);
          if (found === undefined) throw invalid(key, value, `one of ${values.join(', ')}`);
          return found;
        },
      };
    },

    /** Several of the values, in their order here; `all` stands for every one. On the command line: separated by commas. */
    choices<V extends string>(initial: readonly NoInfer<V>[], choices: Choices<V>): Field<V[]> {
      const values = valuesOf(choices);
      const expected = `one or more of ${values.join(', ')}, or all`;
      return {
        description: { ...about, kind: 'choices', default: [...initial], choices: explained(choices) },
        check(key, value) {
          const wanted = wordsOf(key, value, expected);
          if (wanted.length === 1 && wanted[0] === 'all') return [...values];
          const unknown = wanted.find((word) => !Object.hasOwn(choices, word));
          if (unknown !== undefined || wanted.length === 0) throw invalid(key, unknown ?? '', expected);
          return values.filter((one) => wanted.includes(one));
        },
      };
    },

    /**
     * Names of columns of the data set, in order, without repetition; `last:K` stands for the last K columns. Whether they
     * exist is seen when the data is read. On the command line: separated by commas, or a JSON list where names hold commas.
     */
    columns: (initial: readonly string[]): Field<string[]> => ({
      description: { ...about, kind: 'columns', default: [...initial] },
      check: (key, value) => [...new Set(wordsOf(key, value, 'names of columns, or last:K'))],
    }),
  };
}

/**
 * The numbers of a text such as `0:1:0.25, 2`: parts with commas, `from:to:step` with both ends where a step ends there,
 * ascending and each once. Null where a part is none, nothing is left, or there are more than `most`.
 */
export function numbersIn(text: string, most = 10_000): number[] | null {
  const numbers: number[] = [];
  for (const part of text.split(',')) {
    const parts = part.split(':').map((word) => (word.trim() === '' ? NaN : Number(word)));
    const [from, to, step] = parts;
    if (!parts.every(Number.isFinite) || (parts.length !== 1 && parts.length !== 3)) return null;
    if (parts.length === 1) numbers.push(from!);
    else {
      // An end that is off by rounding counts.
      const steps = Math.floor((to! - from!) / step! + 1e-9);
      if (!(steps >= 0 && steps < most)) return null;
      // Twelve digits: 0.1 · 3 is 0.3.
      for (let k = 0; k <= steps; k++) numbers.push(Number((from! + k * step!).toPrecision(12)));
    }
  }
  const kept = [...new Set(numbers)].sort((a, b) => a - b);
  return kept.length > 0 && kept.length <= most ? kept : null;
}

function valuesOf<V extends string>(choices: Choices<V>): V[] {
  return Object.keys(choices) as V[];
}

function explained<V extends string>(choices: Choices<V>): FieldDescription['choices'] {
  return valuesOf(choices).map((value) => ({ value, ...titled(choices[value]) }));
}

/** What a text holds that is a JSON list; null where it is none. */
function listOf(value: unknown): unknown {
  if (typeof value !== 'string' || !value.trimStart().startsWith('[')) return null;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return null;
  }
}

function isTexts(list: unknown): list is string[] {
  return Array.isArray(list) && list.every((text) => typeof text === 'string');
}

/** A list of text from a list, a JSON list, or words separated by commas. */
function wordsOf(key: string, value: unknown, expected: string): string[] {
  if (typeof value !== 'string' || value.trimStart().startsWith('[')) {
    const list = typeof value === 'string' ? listOf(value) : value;
    if (isTexts(list) && list.length <= 10_000) return list;
    throw invalid(key, value, expected);
  }
  return value
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
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
  about: About,
  initial: number,
  [minimum, maximum, scale]: Range,
  unit?: string,
): Field<number> {
  const whole = kind === 'integer';
  const expected = `${whole ? 'a whole number' : 'a number'} from ${minimum} to ${maximum}`;
  return {
    description: {
      ...about,
      ...{ kind, minimum, maximum, default: initial },
      ...(unit && { unit }),
      ...(scale && { scale }),
    },
    check(key, value) {
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      if (typeof number !== 'number' || !Number.isFinite(number) || (whole && !Number.isInteger(number)))
        throw invalid(key, value, expected, `a setting is no ${whole ? 'whole ' : ''}number`);
      if (number < minimum || number > maximum) throw invalid(key, value, expected);
      return number;
    },
  };
}

function invalid(
  key: string,
  value: unknown,
  expected: string,
  what = 'a setting is out of range',
): MongeError {
  const got = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return new MongeError({
    code: 'config-invalid',
    blame: 'input',
    what,
    where: { key },
    got,
    expected,
  });
}
