/** @file Every combination of evenly spaced values, none of them twice. */
import { isDeepStrictEqual } from 'node:util';
import { section, type Json } from '../../contract/schema';
import type { Point, Space } from '../../contract/study';
import { axesOf, type Axis } from '../space/axes';
import { isRange } from '../space/kinds';
import { inOrder, pointKey, restrict } from '../space/points';
import { defineSampler } from './define';

/** Up to here a linear axis of whole numbers or steps shows every value. */
const ALL_VALUES = 100;

const [field] = section('Grid');

/**
 * The order is that of an odometer: the space's last key changes fastest, a key whose condition does not hold is passed over.
 * A point that was handed out before, a person's included, does not come again, and after the last one there is none.
 */
export const grid = defineSampler(
  'Grid: Every combination of evenly spaced values, in a fixed order, each once.',
  {
    points: field(
      'Points per axis: Values on an axis of real numbers, both ends among them; whole numbers, steps and choices all come.',
    ).integer(5, [1, 10_000]),
  },
  ({ space }, { points }) => {
    const handedOut = new Set<string>();
    let rest = combinations(space, points);
    let next = advance();
    function advance(): Point | null {
      for (;;) {
        const { value, done } = rest.next();
        if (done) return null;
        if (!handedOut.has(pointKey(value))) return value;
      }
    }
    return {
      ask: () => (next ? { ...next } : null),
      tell(event) {
        if (event.kind === 'space') {
          rest = combinations(event.space, points);
          next = advance();
        }
        if (event.kind !== 'asked') return;
        const key = pointKey(event.point);
        handedOut.add(key);
        if (next && pointKey(next) === key) next = advance();
      },
    };
  },
);

/** Values of an axis, ascending or in the order of its choices. */
function valuesOf(axis: Axis, points: number): Json[] {
  const { dimension, cells } = axis;
  if (!axis.varies) return [axis.fromUnit(0.5)];
  if (!isRange(dimension)) return dimension.choices;
  if (cells !== null && dimension.scale === 'linear' && cells <= ALL_VALUES)
    return Array.from({ length: cells }, (_, cell) => axis.fromUnit((cell + 0.5) / cells));
  const [first, last] = [axis.toUnit(dimension.low), axis.toUnit(dimension.high)];
  const share = (k: number) => (points === 1 ? 0.5 : k / (points - 1));
  const values = Array.from({ length: points }, (_, k) => {
    const value = axis.fromUnit(first + share(k) * (last - first));
    // Twelve digits between the ends: 0.1 lies between 0.01 and 1.
    const inside = k > 0 && k < points - 1 && typeof value === 'number';
    return inside ? Number(value.toPrecision(12)) : value;
  });
  return [...new Set(values)];
}

function* combinations(space: Space, points: number): Generator<Point, undefined> {
  const axes = new Map(axesOf(space).map((axis) => [axis.key, axis]));
  const keys = inOrder(space);
  const values = new Map(keys.map((key) => [key, valuesOf(axes.get(key)!, points)]));
  yield* below(0, {});

  function* below(depth: number, point: Point): Generator<Point, undefined> {
    const key = keys[depth];
    if (key === undefined) {
      yield restrict(space, point);
      return;
    }
    const when = space[key]!.when;
    const active =
      !when ||
      (Object.hasOwn(point, when.key) && when.values.some((one) => isDeepStrictEqual(one, point[when.key])));
    if (!active) yield* below(depth + 1, point);
    else for (const value of values.get(key)!) yield* below(depth + 1, { ...point, [key]: value });
  }
}
