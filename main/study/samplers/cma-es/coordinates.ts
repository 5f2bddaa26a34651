/** @file The coordinates of CMA-ES: one for every axis with an order, one for every choice of an axis without. */
import type { Point, Space } from '../../../contract/study';
import { axesOf, type Axis } from '../../space/axes';
import { restrict } from '../../space/points';

export interface Coordinates {
  count: number;
  /** The point that coordinates stand for; of the choices of an axis the one with the largest coordinate. */
  pointAt(x: ArrayLike<number>): Point;
  /** By coordinate: its axis where values are cells in an order, else null. */
  stepped: (Axis | null)[];
}

export function coordinatesOf(space: Space): Coordinates {
  const axes = axesOf(space);
  const places = new Map<string, number>();
  const stepped: (Axis | null)[] = [];
  for (const axis of axes) {
    if (!axis.varies) continue;
    places.set(axis.key, stepped.length);
    if (axis.dimension.type !== 'categorical') stepped.push(axis.cells === null ? null : axis);
    else for (let choice = 0; choice < axis.cells!; choice++) stepped.push(null);
  }
  return {
    count: stepped.length,
    stepped,
    pointAt: (x) =>
      restrict(space, Object.fromEntries(axes.map((axis) => [axis.key, axis.fromUnit(placeOf(axis, x))]))),
  };

  function placeOf(axis: Axis, x: ArrayLike<number>): number {
    const at = places.get(axis.key);
    if (at === undefined) return 0.5;
    if (axis.dimension.type !== 'categorical') return x[at]!;
    let largest = 0;
    for (let choice = 1; choice < axis.cells!; choice++)
      if (x[at + choice]! > x[at + largest]!) largest = choice;
    return (largest + 0.5) / axis.cells!;
  }
}
