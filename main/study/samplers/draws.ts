/** @file Random numbers of samplers: all of a trial's come from its own stream, whatever was drawn for others. */
import { stream } from '../../../native-models';
import type { Point, Space } from '../../contract/study';
import type { Axis } from '../space/axes';
import { restrict } from '../space/points';

/** [count] numbers on the open interval (0, 1) with 53 random bits. */
export function uniforms(seed: number, label: string, trial: number, count: number): Float64Array {
  const words = stream(seed, label, trial).uint32(new Uint32Array(2 * count));
  return Float64Array.from(
    { length: count },
    (_, k) => ((words[2 * k]! >>> 5) * 2 ** 26 + (words[2 * k + 1]! >>> 6) + 0.5) * 2 ** -53,
  );
}

/** The point at a place of the unit cube, with the settings that its own values make it have. */
export function pointAt(space: Space, axes: readonly Axis[], places: ArrayLike<number>): Point {
  return restrict(space, Object.fromEntries(axes.map((axis, k) => [axis.key, axis.fromUnit(places[k]!)])));
}

/** A point of the space drawn evenly over its axes. */
export function randomPoint(
  space: Space,
  axes: readonly Axis[],
  { seed, label, trial }: { seed: number; label: string; trial: number },
): Point {
  return pointAt(space, axes, uniforms(seed, label, trial, axes.length));
}
