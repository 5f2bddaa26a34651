/** @file A space as a file or a form gives it: every dimension checked, and conditions that can be followed. */
import { isDeepStrictEqual } from 'node:util';
import type { FieldCondition, Json } from '../../contract/schema';
import type { Dimension, Space } from '../../contract/study';
import { MongeError } from '../../../native-models/error';
import { isRange } from './kinds';

/** Keys that a dimension of a kind may have, besides `type` and `when`. */
const KEYS: Readonly<Record<Dimension['type'], readonly string[]>> = {
  float: ['low', 'high', 'scale', 'log', 'step'],
  int: ['low', 'high', 'scale', 'log', 'step'],
  categorical: ['choices'],
  ordinal: ['choices'],
};
const SCALES: Readonly<Record<'float' | 'int', readonly string[]>> = {
  float: ['linear', 'log', 'logit'],
  int: ['linear', 'log'],
};
const MOST_AXES = 256;
const MOST_CHOICES = 10_000;

/**
 * The space that a value of unknown origin describes, in the order of its keys. `log: true` is short for `scale: 'log'`, and
 * without either the scale is linear.
 * @throws `space-invalid` with the key for a wrong type, range, scale, step or list of choices, `space-condition` for a
 * condition on what is not varied, on values that it cannot take, or on itself by a circle.
 */
export function readSpace(given: unknown): Space {
  if (!isRecord(given))
    throw invalid(
      'space',
      'a space is no object',
      given,
      'an object with a dimension for every varied setting',
    );
  const entries = Object.entries(given);
  if (entries.length === 0 || entries.length > MOST_AXES)
    throw invalid('space', 'nothing or too much is varied', entries.length, `1 to ${MOST_AXES} settings`);
  const space: Space = Object.create(null) as Space;
  for (const [key, dimension] of entries) space[key] = readDimension(key, dimension);
  for (const [key, { when }] of Object.entries(space)) if (when) checkCondition(key, when, space);
  checkCircles(space);
  return { ...space };
}

function readDimension(key: string, given: unknown): Dimension {
  if (!isRecord(given)) throw invalid(key, 'a dimension is no object', given, 'such as {"type": "float", …}');
  const type = (['float', 'int', 'categorical', 'ordinal'] as const).find((one) => one === given.type);
  if (!type)
    throw invalid(key, 'a dimension has no such type', given.type, 'float, int, categorical or ordinal');
  const known = ['type', 'when', ...KEYS[type]];
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw invalid(key, `a dimension of type ${type} has no such key`, unknown, known.join(', '));
  const dimension =
    type === 'float' || type === 'int' ? readRange(key, type, given) : readChoices(key, type, given);
  return given.when === undefined ? dimension : { ...dimension, when: readCondition(key, given.when) };
}

function readRange(key: string, type: 'float' | 'int', given: Record<string, unknown>): Dimension {
  const whole = type === 'int';
  const number = (name: 'low' | 'high' | 'step') => {
    const value = given[name];
    if (typeof value === 'number' && Number.isFinite(value) && (!whole || Number.isSafeInteger(value)))
      return value;
    throw invalid(
      key,
      `${name} of a range is no number`,
      value,
      whole ? 'a whole number' : 'a finite number',
    );
  };
  const [low, high] = [number('low'), number('high')];
  if (low > high || !Number.isFinite(high - low))
    throw invalid(key, 'a range is empty', `${low} to ${high}`, 'low at most high');
  const scale = readScale(key, type, given);
  if (scale === 'log' && !(whole ? low >= 1 : low > 0))
    throw invalid(key, 'a range on a log scale', low, `a low of ${whole ? 'at least 1' : 'more than 0'}`);
  if (scale === 'logit' && !(low > 0 && high < 1))
    throw invalid(key, 'a range on a logit scale', `${low} to ${high}`, 'both ends between 0 and 1');
  const step = given.step === undefined || given.step === null ? undefined : number('step');
  if (step !== undefined && !(step > 0)) throw invalid(key, 'a step', step, 'more than 0');
  if (step !== undefined && scale !== 'linear' && !(whole && step === 1))
    throw invalid(key, 'a step on a scale that is not linear', step, 'no step, or a linear scale');
  const shape = { low, high, ...(step !== undefined && !(whole && step === 1) && { step }) };
  if (type === 'float') return { type, ...shape, scale };
  return { type, ...shape, scale: scale === 'log' ? 'log' : 'linear' };
}

function readScale(
  key: string,
  type: 'float' | 'int',
  given: Record<string, unknown>,
): 'linear' | 'log' | 'logit' {
  const { log, scale } = given;
  if (log !== undefined && typeof log !== 'boolean')
    throw invalid(key, 'log of a range', log, 'true or false');
  if (scale === undefined) return log === true ? 'log' : 'linear';
  const found = (['linear', 'log', 'logit'] as const).find((one) => one === scale);
  if (!found || !SCALES[type].includes(found))
    throw invalid(key, 'a range has no such scale', scale, SCALES[type].join(' or '));
  if (log !== undefined && log !== (found === 'log'))
    throw invalid(key, 'log and scale of a range say different things', found, 'one of the two');
  return found;
}

function readChoices(
  key: string,
  type: 'categorical' | 'ordinal',
  given: Record<string, unknown>,
): Dimension {
  const { choices } = given;
  if (
    !Array.isArray(choices) ||
    choices.length === 0 ||
    choices.length > MOST_CHOICES ||
    !choices.every(isJson)
  )
    throw invalid(key, 'choices of a dimension', choices, `a list of 1 to ${MOST_CHOICES} values`);
  const seen = new Set<string>();
  for (const choice of choices) {
    const text = canonical(choice);
    if (seen.has(text)) throw invalid(key, 'a choice is listed twice', text, 'every choice once');
    seen.add(text);
  }
  return { type, choices };
}

function readCondition(key: string, given: unknown): FieldCondition {
  const fits =
    isRecord(given) &&
    typeof given.key === 'string' &&
    Array.isArray(given.values) &&
    given.values.length > 0 &&
    given.values.every(isJson) &&
    Object.keys(given).length === 2;
  if (!fits)
    throw invalid(key, 'when of a dimension', given, '{"key": another setting, "values": [its values]}');
  return { key: given.key as string, values: given.values as Json[] };
}

function checkCondition(key: string, when: FieldCondition, space: Space): void {
  const parent = Object.hasOwn({ ...space }, when.key) ? space[when.key] : undefined;
  if (!parent)
    throw condition(
      key,
      'a condition names a setting that is not varied',
      when.key,
      Object.keys(space).join(', '),
    );
  const impossible = when.values.find((value) => !holds(parent, value));
  if (impossible !== undefined)
    throw condition(
      key,
      `a condition asks for a value that ${when.key} never has`,
      canonical(impossible),
      described(parent),
    );
}

function checkCircles(space: Space): void {
  for (const key of Object.keys(space)) {
    const path = [key];
    for (let at = space[key]?.when?.key; at !== undefined; at = space[at]?.when?.key) {
      if (path.includes(at))
        throw condition(
          key,
          'conditions go round in a circle',
          [...path, at].join(' → '),
          'a chain with an end',
        );
      path.push(at);
    }
  }
}

/** Whether a value is one that the dimension can take; steps are met up to rounding. */
export function holds(dimension: Dimension, value: Json): boolean {
  if (!isRange(dimension)) return dimension.choices.some((choice) => isDeepStrictEqual(choice, value));
  if (typeof value !== 'number' || !Number.isFinite(value) || value < dimension.low || value > dimension.high)
    return false;
  if (dimension.type === 'int' && !Number.isInteger(value)) return false;
  const steps = dimension.step === undefined ? 0 : (value - dimension.low) / dimension.step;
  return Math.abs(steps - Math.round(steps)) <= 1e-9 * Math.max(1, Math.abs(steps));
}

/** JSON with the keys of objects in order, so that equal values give equal texts. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(Object.is(value, -0) ? 0 : value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key]!)}`).join(',')}}`;
}

/** The values of a dimension in words. */
export function described(dimension: Dimension): string {
  if (!isRange(dimension)) return `one of ${dimension.choices.map(canonical).join(', ')}`;
  const { type, low, high, step } = dimension;
  const kind = type === 'int' ? 'a whole number' : 'a number';
  return `${kind} from ${low} to ${high}${step === undefined ? '' : ` in steps of ${step}`}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isJson(value: unknown): value is Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  return Array.isArray(value) ? value.every(isJson) : isRecord(value) && Object.values(value).every(isJson);
}

function invalid(key: string, what: string, got: unknown, expected: string): MongeError {
  const text = typeof got === 'string' ? got : (JSON.stringify(got) ?? 'nothing');
  return new MongeError({
    ...{ code: 'space-invalid', blame: 'input', what, where: { key }, expected },
    got: text.length > 200 ? `${text.slice(0, 200)}…` : text,
  });
}

function condition(key: string, what: string, got: string, expected: string): MongeError {
  return new MongeError({ code: 'space-condition', blame: 'input', what, where: { key }, got, expected });
}
