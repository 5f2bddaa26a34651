/** @file A scene from marks with channels: axes, identities and looks that are not given follow from what the marks hold. */
import { channelRange } from './channels';
import type { Axis, ColorToken, Mark, Scene, Stroke } from './scene';

export interface AxisOptions {
  label: string;
  /** Linear when left out. */
  scale?: Axis['scale'];
  /** Ends of the axis; an end that is null, or left out, follows from the marks. */
  domain?: readonly [number | null, number | null];
  /** Room beyond the marks at an end that is not given, as a share of what they span. */
  room?: number;
  /** What a single value spans; its own size when left out. */
  flat?: number;
  /** The factor that a logarithmic axis has at least as room. */
  least?: number;
  /** Values that are on the axis though no mark has them. */
  include?: readonly number[];
  ticks?: readonly number[];
}

type Numbers = ArrayLike<number>;
/** [n, 2] in a row, or pairs. */
type Places = Float32Array | readonly (readonly [number, number])[];

interface Base {
  label: string;
  /** The label when left out. */
  id?: string;
  color?: ColorToken;
  tone?: number;
  category?: number;
  /** 1 when left out. */
  opacity?: number;
}
type Of<K extends Mark['kind']> = K extends unknown
  ? Omit<Extract<Mark, { kind: K }>, 'id' | 'color' | 'opacity'> & Base
  : never;

/** A mark as it is declared: what is left out has a default, and marks that span an axis get its ends. */
export type MarkOptions =
  | (Omit<Of<'points'>, 'points' | 'radius'> & { points: Places; radius?: number })
  | Of<'segments' | 'paths' | 'arrows' | 'cells'>
  | (Omit<Of<'polygons'>, 'fill' | 'stroke'> & { fill?: number; stroke?: Stroke })
  /** With `dots` also a point of that radius at each value. */
  | (Base & { kind: 'line'; x: Numbers; y: Numbers; stroke?: Stroke; dots?: number })
  | (Base & { kind: 'band'; x: Numbers; low: Numbers; high: Numbers })
  | (Base & { kind: 'bins'; edges: Numbers; heights: Numbers; outline?: boolean })
  /** Bars of one width from `from[i]` on, with gaps between them. */
  | (Base & { kind: 'bars'; from: readonly number[]; width: number; heights: readonly number[] })
  /** Upright strokes from low to high. */
  | (Base & { kind: 'intervals'; at: readonly { x: number; low: number; high: number }[] })
  /** A line through the whole height at `x`, or through the whole width at `y`. */
  | (Base & { kind: 'rule'; stroke?: Stroke } & ({ x: number } | { y: number }))
  /** All between two values of one axis, through the whole of the other. */
  | (Base & { kind: 'zone' } & ({ x: readonly [number, number] } | { y: readonly [number, number] }));

export interface PlotOptions {
  title: string;
  subtitle?: string;
  /** Axes by their label, or with what is known of them. */
  x: string | AxisOptions;
  y: string | AxisOptions;
  equalAspect?: boolean;
  /** What is false or null is not there. */
  marks: readonly (MarkOptions | null | false | undefined)[];
  notes?: readonly string[];
}

/** The scene of these marks; whatever is given wins over what would follow from them. */
export function plot({ title, subtitle = '', equalAspect = false, notes, ...options }: PlotOptions): Scene {
  const given = options.marks.filter((mark) => mark !== null && mark !== false && mark !== undefined);
  const x = axisOf('x', options.x, given);
  const y = axisOf('y', options.y, given);
  const marks = given.flatMap((mark) => markOf(mark, x.domain, y.domain));
  return { title, subtitle, x, y, equalAspect, marks, ...(notes && { notes }) };
}

function axisOf(side: 'x' | 'y', options: string | AxisOptions, marks: readonly MarkOptions[]): Axis {
  const {
    label,
    scale = 'linear',
    domain = [null, null],
    ticks,
    ...room
  } = typeof options === 'string' ? { label: options } : options;
  return { label, scale, domain: domainOf(side, scale, domain, room, marks), ...(ticks && { ticks }) };
}

function domainOf(
  side: 'x' | 'y',
  scale: Axis['scale'],
  [start, end]: readonly [number | null, number | null],
  { include = [], ...room }: Pick<AxisOptions, 'room' | 'flat' | 'least' | 'include'>,
  marks: readonly MarkOptions[],
): [number, number] {
  if (start !== null && end !== null) return [start, end];
  const values = marks.flatMap((mark) => rangeOf(side, mark, scale));
  return padded([...values, ...include], { scale, ...room, start, end });
}

/** The range of values with room at the ends that are not given; on a log scale only positive ones count. */
export function padded(
  values: Iterable<number>,
  {
    scale = 'linear',
    room = 0.05,
    flat,
    least = 1.15,
    start = null,
    end = null,
  }: Pick<AxisOptions, 'scale' | 'room' | 'flat' | 'least'> & {
    start?: number | null;
    end?: number | null;
  } = {},
): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value) || (scale === 'log' && value <= 0)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) [low, high] = scale === 'log' ? [0.1, 1] : [start ?? 0, end ?? (start ?? 0) + 1];
  low = start ?? low;
  high = end ?? high;
  if (scale === 'log') {
    const grow = Math.max(least, (high / low) ** room);
    return [start ?? low / grow, end ?? high * grow];
  }
  const grow = (high - low || (flat ?? (Math.abs(high) || 1))) * room;
  return [start ?? low - grow, end ?? high + grow];
}

/** Smallest and largest value that a declared mark puts on an axis. */
function rangeOf(side: 'x' | 'y', mark: MarkOptions, scale: Axis['scale']): number[] {
  switch (mark.kind) {
    case 'rule':
    case 'zone': {
      const value: unknown = side in mark ? mark[side as keyof typeof mark] : [];
      return [value].flat().filter((one) => typeof one === 'number');
    }
    default:
      return markOf(mark, [0, 1], [0, 1]).flatMap((one) => channelRange(one, side, scale));
  }
}

/** Completes a mark; shorthands become the marks that are drawn. */
function markOf(mark: MarkOptions, xDomain: [number, number], yDomain: [number, number]): Mark[] {
  const { label, id = label, color = 'series-1', opacity = 1, tone, category } = mark;
  const base = {
    id,
    label,
    color,
    opacity,
    ...(tone !== undefined && { tone }),
    ...(category !== undefined && { category }),
  };
  switch (mark.kind) {
    case 'line': {
      const { x, y, dots, stroke = 'solid' } = mark;
      const line = { kind: 'line', ...base, x: doubles(x), y: doubles(y), stroke } as const;
      if (dots === undefined) return [line];
      const points = floats(Array.from(x, (value, k): [number, number] => [value, y[k]!]));
      return [
        { ...line, id: `${id} line` },
        { kind: 'points', ...base, points, radius: dots },
      ];
    }
    case 'rule': {
      const upright = 'x' in mark;
      const [x, y] = upright ? [[mark.x, mark.x], yDomain] : [xDomain, [mark.y, mark.y]];
      return [{ kind: 'line', ...base, x: doubles(x), y: doubles(y), stroke: mark.stroke ?? 'solid' }];
    }
    case 'zone': {
      const [x, [low, high]] = 'x' in mark ? [mark.x, yDomain] : [xDomain, mark.y];
      const clipped = [Math.max(xDomain[0], x[0]), Math.min(xDomain[1], x[1])];
      return [
        { kind: 'band', ...base, x: doubles(clipped), low: doubles([low, low]), high: doubles([high, high]) },
      ];
    }
    case 'band': {
      const { x, low, high } = mark;
      return [{ kind: 'band', ...base, x: doubles(x), low: doubles(low), high: doubles(high) }];
    }
    case 'bins': {
      const { edges, heights, outline = false } = mark;
      return [{ kind: 'bins', ...base, edges: doubles(edges), heights: doubles(heights), outline }];
    }
    case 'bars': {
      const { from, width, heights } = mark;
      // Every second bin is the gap to the next bar.
      const edges = doubles(from.flatMap((left) => [left, left + width]));
      const tall = doubles(heights.flatMap((height) => [height, 0]).slice(0, -1));
      return [{ kind: 'bins', ...base, edges, heights: tall, outline: false }];
    }
    case 'intervals':
      return [
        {
          kind: 'segments',
          ...base,
          from: floats(mark.at.map(({ x, low }) => [x, low])),
          to: floats(mark.at.map(({ x, high }) => [x, high])),
        },
      ];
    case 'points':
      return [{ radius: 3, ...mark, ...base, points: floats(mark.points) }];
    case 'polygons':
      return [{ fill: 0, ...mark, ...base, stroke: mark.stroke ?? 'solid' }];
    default:
      return [{ ...mark, ...base }];
  }
}

function doubles(values: Numbers): Float64Array {
  return values instanceof Float64Array ? values : Float64Array.from(values);
}

function floats(places: Places): Float32Array {
  return places instanceof Float32Array ? places : Float32Array.from(places.flat());
}
