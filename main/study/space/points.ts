/** @file Points of a space: which of its settings one has, whether two are the same, and whether one lies in it. */
import { isDeepStrictEqual } from 'node:util';
import type { Point, Space } from '../../contract/study';
import { MongeError } from '../../../native-models/error';
import { canonical, described, holds } from './read';

/** Keys of the space so that every one comes after the one its condition names, else in the space's order. */
export function inOrder(space: Space): string[] {
  const order = new Set<string>();
  const place = (key: string) => {
    const parent = space[key]?.when?.key;
    if (parent !== undefined && !order.has(parent)) place(parent);
    order.add(key);
  };
  for (const key of Object.keys(space)) place(key);
  return [...order];
}

/** The part of a point that its own values make it have: settings whose conditions hold, in the space's order. */
export function restrict(space: Space, whole: Readonly<Point>): Point {
  const active = (key: string): boolean => {
    const when = space[key]!.when;
    if (!when) return true;
    return active(when.key) && when.values.some((value) => isDeepStrictEqual(value, whole[when.key]));
  };
  return Object.fromEntries(
    Object.keys(space)
      .filter((key) => Object.hasOwn(whole, key) && active(key))
      .map((key) => [key, whole[key]!]),
  );
}

/** Whether a point has just the settings that it should have, all with values of the space. */
export function lies(space: Space, point: Readonly<Point>): boolean {
  const keys = Object.keys(point);
  if (!keys.every((key) => Object.hasOwn(space, key) && holds(space[key]!, point[key]!))) return false;
  return (
    keys.length === activeKeys(space, point).size &&
    Object.keys(restrict(space, point)).length === keys.length
  );
}

/** The settings that a point should have by the values it has. */
function activeKeys(space: Space, point: Readonly<Point>): Set<string> {
  const active = new Set<string>();
  for (const key of inOrder(space)) {
    const when = space[key]!.when;
    if (
      !when ||
      (active.has(when.key) && when.values.some((value) => isDeepStrictEqual(value, point[when.key])))
    )
      active.add(key);
  }
  return active;
}

/**
 * Checks a point that a person or another program gives.
 * @throws `point-invalid` with the first key that is missing, too many or outside its range
 */
export function checkPoint(space: Space, point: Readonly<Point>): Point {
  const active = activeKeys(space, point);
  const wrong = [...active, ...Object.keys(point)].find(
    (key) => !active.has(key) || !Object.hasOwn(point, key) || !holds(space[key]!, point[key]!),
  );
  if (wrong === undefined) return restrict(space, point);
  throw new MongeError({
    ...{
      code: 'point-invalid',
      blame: 'input',
      what: 'a point is not one of the space',
      where: { key: wrong },
    },
    got: Object.hasOwn(point, wrong) ? canonical(point[wrong]!) : 'nothing',
    expected: active.has(wrong) ? described(space[wrong]!) : `only ${[...active].join(', ')}`,
  });
}

/** A text that is the same for equal points and for no others; the order of keys does not matter. */
export function pointKey(point: Readonly<Point>): string {
  return canonical({ ...point });
}
