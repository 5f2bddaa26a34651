/** @file Optuna's distributions as dimensions and back. Its floats and whole numbers are kept as they are, choices as places. */
import type { Json } from '../../contract/schema';
import type { Dimension } from '../../contract/study';
import { decodeNumber } from '../../disk/metrics';
import { isRange } from '../space/kinds';
import { canonical } from '../space/read';
import { parseTolerant } from './parse';

/** The dimension of a distribution; null for what is none. Names before Optuna 3 are read too. */
export function readDistribution(text: Json | undefined): Dimension | null {
  let given: unknown;
  try {
    given = typeof text === 'string' ? parseTolerant(text) : text;
  } catch {
    return null;
  }
  const { name, attributes } = (given ?? {}) as { name?: string; attributes?: Record<string, Json> };
  if (typeof name !== 'string' || typeof attributes !== 'object' || attributes === null) return null;
  if (name === 'CategoricalDistribution') {
    const { choices } = attributes;
    return Array.isArray(choices) && choices.length > 0 ? { type: 'categorical', choices } : null;
  }
  const [low, high] = [decodeNumber(attributes.low), decodeNumber(attributes.high)];
  if (low === undefined || high === undefined || !(high >= low)) return null;
  const log = attributes.log === true || name.startsWith('Log') || name.startsWith('IntLog');
  const scale = log ? 'log' : 'linear';
  const step = decodeNumber(attributes.step ?? attributes.q);
  const stepped = step !== undefined && !log;
  if (/^Int/.test(name)) return { type: 'int', low, high, scale, ...(stepped && step !== 1 && { step }) };
  if (/Float|Uniform/.test(name)) return { type: 'float', low, high, scale, ...(stepped && { step }) };
  return null;
}

/** The text of a dimension's distribution. A logit scale is a linear one there, and lists and objects are texts. */
export function writeDistribution(dimension: Dimension): string {
  const [name, attributes] = isRange(dimension)
    ? [
        dimension.type === 'int' ? 'IntDistribution' : 'FloatDistribution',
        {
          step: dimension.step ?? (dimension.type === 'int' ? 1 : null),
          ...{ low: dimension.low, high: dimension.high, log: dimension.scale === 'log' },
        },
      ]
    : ['CategoricalDistribution', { choices: dimension.choices.map(plain) }];
  return JSON.stringify({ name, attributes });
}

const plain = (choice: Json): Json =>
  typeof choice === 'object' && choice !== null ? canonical(choice) : choice;

/** The value that an internal number stands for; undefined where it is none. */
export function fromInternal(dimension: Dimension, given: Json | undefined): Json | undefined {
  const value = decodeNumber(given);
  if (value === undefined || !Number.isFinite(value)) return undefined;
  if (isRange(dimension)) return dimension.type === 'int' ? Math.round(value) : value;
  return dimension.choices[value];
}

/** The internal number of a value; undefined for a choice that the dimension lacks. */
export function toInternal(dimension: Dimension, value: Json): number | undefined {
  if (isRange(dimension)) return typeof value === 'number' ? value : undefined;
  const place = dimension.choices.findIndex((choice) => canonical(choice) === canonical(value));
  return place < 0 ? undefined : place;
}

/** The dimension that holds all of two; null where they are of different kinds. */
export function union(one: Dimension, other: Dimension): Dimension | null {
  if (isRange(one) && isRange(other)) {
    if (one.type !== other.type) return null;
    const [low, high] = [Math.min(one.low, other.low), Math.max(one.high, other.high)];
    const same = one.step === other.step && Math.abs((one.low - other.low) % (one.step ?? 1)) < 1e-9;
    const { step: _, ...rest } = one;
    return { ...(same ? one : rest), low, high };
  }
  if (isRange(one) || isRange(other)) return null;
  const known = new Set(one.choices.map(canonical));
  return { ...one, choices: [...one.choices, ...other.choices.filter((own) => !known.has(canonical(own)))] };
}
