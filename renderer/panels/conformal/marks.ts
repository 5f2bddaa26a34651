/** @file Marks that several tabs draw: upright and level lines, bars with bands, points. */
import type { ColorToken, LineMark, Mark, PointsMark, Stroke } from '../../../figures/scene';

interface Look {
  color: ColorToken;
  stroke?: Stroke;
  opacity?: number;
}

export function lineMark(
  id: string,
  label: string,
  x: readonly number[],
  y: readonly number[],
  { color, stroke = 'solid', opacity = 1 }: Look,
): LineMark {
  return {
    kind: 'line',
    id,
    label,
    x: Float64Array.from(x),
    y: Float64Array.from(y),
    stroke,
    color,
    opacity,
  };
}

/** A level through the whole width, as of what was asked for. */
export function levelMark(
  id: string,
  label: string,
  at: number,
  [left, right]: [number, number],
  look: Look,
): LineMark {
  return lineMark(id, label, [left, right], [at, at], look);
}

/** An upright line through the whole height, as of a threshold. */
export function uprightMark(
  id: string,
  label: string,
  at: number,
  [low, high]: [number, number],
  look: Look,
): LineMark {
  return lineMark(id, label, [at, at], [low, high], look);
}

/** Points from pairs. */
export function pointsMark(
  id: string,
  label: string,
  pairs: readonly (readonly [number, number])[],
  { color, opacity = 1, radius = 3 }: Look & { radius?: number },
): PointsMark {
  return { kind: 'points', id, label, points: Float32Array.from(pairs.flat()), radius, color, opacity };
}

/** Intervals as upright strokes, one at each x. */
export function intervalMarks(
  id: string,
  label: string,
  intervals: readonly { x: number; low: number; high: number }[],
  { color, opacity = 1 }: Look,
): Mark {
  return {
    kind: 'segments',
    id,
    label,
    from: Float32Array.from(intervals.flatMap(({ x, low }) => [x, low])),
    to: Float32Array.from(intervals.flatMap(({ x, high }) => [x, high])),
    color,
    opacity,
  };
}

/** Shares of a distribution, so that rows of different numbers compare; null sums stay as they are. */
export function shares(counts: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(counts);
  const sum = values.reduce((total, value) => total + value, 0);
  return sum > 0 ? values.map((value) => (100 * value) / sum) : values;
}
