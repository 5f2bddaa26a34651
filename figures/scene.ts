/** @file A figure as plain data: marks in data coordinates. The same scene is drawn on screen, written as SVG and listed as a table. */

/** A colour by meaning; the theme says which colour that is. */
export type ColorToken =
  | 'ink'
  | 'ink-second'
  | 'ink-third'
  | 'line'
  | 'accent'
  | 'series-0'
  | 'series-1'
  | 'series-2'
  | 'series-3'
  | 'series-4'
  | 'good'
  | 'warn'
  | 'bad';

/** How a line is drawn: what is vouched for solid, what holds only in the limit in long dashes, a preview dashed, a guess dotted. */
export type Stroke = 'solid' | 'long' | 'dashed' | 'dotted';

export interface Axis {
  /** What the axis shows, with its unit in round brackets where it has one. */
  label: string;
  scale: 'linear' | 'log';
  /** Smallest and largest value; positive on a log axis. */
  domain: [number, number];
  /** Where ticks stand, where round values would be the wrong ones, as for budgets of 1, 2, 4, 8. */
  ticks?: readonly number[];
}

interface MarkBase {
  /** Unique in the scene and stable between updates, so that unchanged marks are not uploaded again. */
  id: string;
  label: string;
  color: ColorToken;
  /** A place on the sequential scale, 0 to 1, that replaces `color`: how much, not which. */
  tone?: number;
  /** A class code that replaces `color`, for more marks than the series have colours. */
  category?: number;
  /** 0 to 1. */
  opacity: number;
}

export interface PointsMark extends MarkBase {
  kind: 'points';
  /** [n, 2]. */
  points: Float32Array;
  /** Radius in CSS pixels. */
  radius: number;
  /** Class codes that replace `color`; -1 keeps it. */
  classes?: Int32Array | null;
  classNames?: string[];
  /** Data set rows behind the points; only such marks can be hovered and selected. */
  rows?: Uint32Array;
  /** For a few points that must stand out, drawn over everything else; a disc when left out. */
  shape?: 'cross' | 'ring' | 'spot' | 'diamond';
}

export interface SegmentsMark extends MarkBase {
  kind: 'segments';
  /** [n, 2] each; segment i runs from from[i] to to[i]. */
  from: Float32Array;
  to: Float32Array;
}

export interface PathsMark extends MarkBase {
  kind: 'paths';
  /** [times, count, 2]; one polyline per particle through all times. */
  positions: Float32Array;
  times: number;
  count: number;
  /** Draw every k-th particle. */
  every: number;
}

export interface ArrowsMark extends MarkBase {
  kind: 'arrows';
  /** [n, 2] tails and vectors; an arrow ends at position + scale · vector. */
  positions: Float32Array;
  vectors: Float32Array;
  scale: number;
}

export interface LineMark extends MarkBase {
  kind: 'line';
  x: Float64Array;
  y: Float64Array;
  stroke: Stroke;
}

/** Counts between edges, as filled bars or as a stepped outline. */
export interface BinsMark extends MarkBase {
  kind: 'bins';
  /** n+1 edges and n heights. */
  edges: Float64Array;
  heights: Float64Array;
  outline: boolean;
}

/** The room between two curves over the same x. */
export interface BandMark extends MarkBase {
  kind: 'band';
  x: Float64Array;
  low: Float64Array;
  high: Float64Array;
}

/** Areas with an outline; rings that lie in each other take turns between inside and outside, so that holes are holes. */
export interface PolygonsMark extends MarkBase {
  kind: 'polygons';
  /** [k, 2] each, closed by themselves. */
  rings: readonly Float32Array[];
  /** Opacity of the area; `opacity` is that of the outline. */
  fill: number;
  stroke: Stroke;
}

/** Values of a grid as coloured cells under everything else, rows from the lowest y up. */
export interface CellsMark extends MarkBase {
  kind: 'cells';
  grid: number;
  /** [left, right, bottom, top] of the whole grid. */
  extent: readonly [number, number, number, number];
  /** [grid·grid]; coloured blue below 0 and orange above, full at ±limit. */
  values: Float32Array;
  limit: number;
}

export type Mark =
  | PointsMark
  | SegmentsMark
  | PathsMark
  | ArrowsMark
  | LineMark
  | BinsMark
  | BandMark
  | PolygonsMark
  | CellsMark;

/**
 * Where a mark is drawn when the picture moves: the cloud changes many times a second and is drawn by the graphics card,
 * the ground lies under it and the signs over it.
 */
export function layerOf(mark: Mark): 'ground' | 'cloud' | 'signs' {
  switch (mark.kind) {
    case 'points':
      return mark.shape ? 'signs' : 'cloud';
    case 'segments':
    case 'paths':
    case 'arrows':
      return 'cloud';
    default:
      return 'ground';
  }
}

export interface Scene {
  /** Name of the figure in exports. */
  title: string;
  subtitle: string;
  x: Axis;
  y: Axis;
  /** One data unit has the same length on both axes. */
  equalAspect: boolean;
  marks: Mark[];
  /** What no mark can show, in words in the upper left corner of the plot. */
  notes?: readonly string[];
}

/** Smallest box around [n, 2] point arrays, grown by `padding` of its size; a unit box when there is no finite point. */
export function extentOf(arrays: readonly Float32Array[], padding = 0.04): [number, number, number, number] {
  let left = Infinity;
  let right = -Infinity;
  let bottom = Infinity;
  let top = -Infinity;
  for (const points of arrays) {
    for (let i = 0; i + 1 < points.length; i += 2) {
      const x = points[i]!;
      const y = points[i + 1]!;
      if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < bottom) bottom = y;
      if (y > top) top = y;
    }
  }
  if (left > right) return [-1, 1, -1, 1];
  const growX = (right - left || 1) * padding;
  const growY = (top - bottom || 1) * padding;
  return [left - growX, right + growX, bottom - growY, top + growY];
}

const segmentCache = new WeakMap<object, { key: string; segments: Float32Array }>();

/** Straight pieces [m, 4] = (x₀, y₀, x₁, y₁) of a mark that is made of lines; kept until its positions change. */
export function segmentsOf(mark: SegmentsMark | PathsMark | ArrowsMark): Float32Array {
  const owner = mark.kind === 'segments' ? mark.to : mark.kind === 'arrows' ? mark.vectors : mark.positions;
  const key =
    mark.kind === 'paths'
      ? `${mark.times},${mark.count},${mark.every}`
      : mark.kind === 'arrows'
        ? `${mark.scale}`
        : '';
  const found = segmentCache.get(owner);
  if (found?.key === key) return found.segments;
  const segments =
    mark.kind === 'segments'
      ? pairSegments(mark)
      : mark.kind === 'paths'
        ? pathSegments(mark)
        : arrowSegments(mark);
  segmentCache.set(owner, { key, segments });
  return segments;
}

function pairSegments(mark: SegmentsMark): Float32Array {
  const count = Math.min(mark.from.length, mark.to.length) >> 1;
  const segments = new Float32Array(count * 4);
  for (let i = 0; i < count; i++) {
    segments[4 * i] = mark.from[2 * i]!;
    segments[4 * i + 1] = mark.from[2 * i + 1]!;
    segments[4 * i + 2] = mark.to[2 * i]!;
    segments[4 * i + 3] = mark.to[2 * i + 1]!;
  }
  return segments;
}

function pathSegments(mark: PathsMark): Float32Array {
  const { positions, times, count, every } = mark;
  const shown = Math.ceil(count / every);
  const segments = new Float32Array(Math.max(0, times - 1) * shown * 4);
  let at = 0;
  for (let particle = 0; particle < count; particle += every) {
    for (let t = 0; t + 1 < times; t++) {
      const a = (t * count + particle) * 2;
      const b = a + count * 2;
      segments[at++] = positions[a]!;
      segments[at++] = positions[a + 1]!;
      segments[at++] = positions[b]!;
      segments[at++] = positions[b + 1]!;
    }
  }
  return segments;
}

function arrowSegments(mark: ArrowsMark): Float32Array {
  const count = Math.min(mark.positions.length, mark.vectors.length) >> 1;
  const segments = new Float32Array(count * 12);
  for (let i = 0; i < count; i++) {
    const x = mark.positions[2 * i]!;
    const y = mark.positions[2 * i + 1]!;
    const dx = mark.vectors[2 * i]! * mark.scale;
    const dy = mark.vectors[2 * i + 1]! * mark.scale;
    const endX = x + dx;
    const endY = y + dy;
    // The head is a third of the shaft, 25° to either side.
    const headX = dx * 0.302;
    const headY = dy * 0.302;
    const turnX = dx * 0.141;
    const turnY = dy * 0.141;
    segments.set([x, y, endX, endY], 12 * i);
    segments.set([endX, endY, endX - headX - turnY, endY - headY + turnX], 12 * i + 4);
    segments.set([endX, endY, endX - headX + turnY, endY - headY - turnX], 12 * i + 8);
  }
  return segments;
}
