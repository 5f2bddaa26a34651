/** @file A space beside the settings of a method: what may be varied at all, and the point of the settings' own values. */
import type { FieldDescription, Json } from '../../contract/schema';
import type { Point, Space } from '../../contract/study';
import { MongeError } from '../../../native-models/error';
import { isRange, type RangeDimension } from './kinds';
import { canonical, holds } from './read';
import { restrict } from './points';

/**
 * Checks that every varied key is a setting of the method, of a kind that the dimension fits, and that no value lies outside
 * what the setting allows.
 * @throws `space-setting` with the key
 */
export function checkSettings(space: Space, fields: readonly FieldDescription[]): void {
  for (const [key, dimension] of Object.entries(space)) {
    const field = fields.find((one) => one.key === key);
    if (!field)
      throw refused(key, 'this method has no such setting', key, fields.map((one) => one.key).join(', '));
    if (isRange(dimension)) checkRange(key, dimension, field);
    else for (const choice of dimension.choices) checkValue(key, choice, field);
  }
}

function checkRange(key: string, dimension: RangeDimension, field: FieldDescription): void {
  const fits = field.kind === 'real' || (field.kind === 'integer' && wholeValues(dimension));
  if (!fits) throw refused(key, 'a range does not fit the kind of the setting', dimension.type, field.kind);
  for (const end of [dimension.low, dimension.high]) checkValue(key, end, field);
}

function wholeValues({ type, low, step }: RangeDimension): boolean {
  return type === 'int' || (Number.isInteger(low) && step !== undefined && Number.isInteger(step));
}

function checkValue(key: string, value: Json, field: FieldDescription): void {
  const expected = expectedBy(field, value);
  if (expected !== null)
    throw refused(key, 'a value is not one that the setting allows', canonical(value), expected);
}

/** What the field would rather have; null where the value is right. */
function expectedBy(field: FieldDescription, value: Json): string | null {
  const { kind, minimum = -Infinity, maximum = Infinity } = field;
  const known = field.choices?.map((choice) => choice.value) ?? [];
  const isTexts = Array.isArray(value) && value.every((one) => typeof one === 'string');
  switch (kind) {
    case 'integer':
    case 'real': {
      const right = typeof value === 'number' && value >= minimum && value <= maximum;
      const whole = kind === 'real' || Number.isInteger(value);
      return right && whole
        ? null
        : `${kind === 'real' ? 'a number' : 'a whole number'} from ${minimum} to ${maximum}`;
    }
    case 'choice':
      return known.some((one) => one === value) ? null : `one of ${known.join(', ')}`;
    case 'boolean':
      return typeof value === 'boolean' ? null : 'true or false';
    case 'text':
      return typeof value === 'string' ? null : 'text';
    case 'choices':
      return isTexts && value.every((one) => known.some((choice) => choice === one))
        ? null
        : `a list of ${known.join(', ')}`;
    case 'texts':
    case 'columns':
      return isTexts ? null : 'a list of texts';
  }
}

/** The point that given settings stand for, the defaults for those that are not given; null where it lies outside the space. */
export function pointOf(
  space: Space,
  settings: Readonly<Record<string, Json>>,
  fields: readonly FieldDescription[],
): Point | null {
  const whole: Point = {};
  for (const key of Object.keys(space)) {
    const value = Object.hasOwn(settings, key)
      ? settings[key]
      : fields.find((one) => one.key === key)?.default;
    if (value === undefined) return null;
    whole[key] = value;
  }
  const point = restrict(space, whole);
  return Object.entries(point).every(([key, value]) => holds(space[key]!, value)) ? point : null;
}

function refused(key: string, what: string, got: string, expected: string): MongeError {
  return new MongeError({ code: 'space-setting', blame: 'input', what, where: { key }, got, expected });
}
