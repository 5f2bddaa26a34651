/** @file Draws a scene on a surface: grid, marks, axes, heading. The only place that knows how a figure looks. */
import { classColor, divergingColor, markColor } from './palette';
import { segmentsOf } from './scene';
import type {
  Axis,
  BandMark,
  BinsMark,
  CellsMark,
  LineMark,
  Mark,
  PointsMark,
  PolygonsMark,
  Scene,
} from './scene';
import type { Surface } from './surface';
import type { Theme } from './theme';
import { axisTicks } from './ticks';
import { fitViewport, inner, project, type Frame, type Projection, type Viewport } from './viewport';

export interface DrawOptions {
  viewport?: Viewport;
  /** Fill the ground; off where the page shows through. */
  background?: boolean;
  /** Title, subtitle and legend above the plot, for exports. */
  heading?: boolean;
  /** Draw the marks; off where the graphics card does. */
  marks?: boolean;
  /** Draw grid, ticks and axis names; off for a second layer. */
  axes?: boolean;
}

/** Room for axes and labels around a plot. */
export const plotMargin = { top: 8, right: 20, bottom: 34, left: 46 } as const;

const headingHeight = 58;

/** A frame of this size whose left margin has room for the tick labels that the scene's own domain gets. */
export function frameOf(scene: Scene, width: number, height: number): Frame {
  const { top, right, bottom, left } = plotMargin;
  const labels = axisTicks(scene.y, scene.y.domain, (height - top - bottom) / 56).map(({ label }) => label);
  // Proportional type has no width here; six and a half pixels a letter are enough for digits.
  const widest = 6.5 * Math.max(0, ...labels.map(({ length }) => length));
  return { width, height, margin: { top, right, bottom, left: Math.max(left, 25 + widest) }, nameAt: 11 };
}

export function drawScene(
  surface: Surface,
  scene: Scene,
  outer: Frame,
  theme: Theme,
  options: DrawOptions = {},
): void {
  const frame = options.heading
    ? { ...outer, margin: { ...outer.margin, top: outer.margin.top + headingHeight } }
    : outer;
  const view = options.viewport ?? fitViewport(scene, frame);
  const at = project(view, frame, scene.x.scale, scene.y.scale);
  const { width, height } = inner(frame);
  if (options.background) surface.rectangle(0, 0, frame.width, frame.height, theme.background, 1);
  if (options.heading) drawHeading(surface, scene, outer, theme);
  if (options.axes !== false) {
    drawAxes(surface, scene, view, frame, at, theme);
    drawNotes(surface, scene.notes ?? [], frame, theme);
  }
  if (options.marks !== false) {
    surface.clip(frame.margin.left, frame.margin.top, width, height);
    for (const mark of scene.marks) drawMark(surface, mark, at, theme, frame.margin.top + height);
    surface.unclip();
  }
}

function drawMark(surface: Surface, mark: Mark, at: Projection, theme: Theme, ground: number): void {
  const color = markColor(mark, theme);
  switch (mark.kind) {
    case 'points': {
      if (mark.shape) return drawSigns(surface, mark, at, color);
      const codes = mark.classes;
      const colorOf = codes
        ? (i: number): string => (codes[i]! < 0 ? color : classColor(codes[i]!))
        : undefined;
      surface.discs(projectPoints(mark.points, at), mark.radius, color, mark.opacity, colorOf);
      return;
    }
    case 'segments':
    case 'paths':
    case 'arrows':
      surface.segments(projectPoints(segmentsOf(mark), at), color, mark.opacity, 1);
      return;
    case 'line':
      surface.polyline(linePoints(mark, at), color, mark.opacity, 1.5, mark.stroke);
      return;
    case 'bins':
      drawBins(surface, mark, at, color, ground);
      return;
    case 'band':
      surface.area(bandCorners(mark, at), color, mark.opacity);
      return;
    case 'polygons':
      drawPolygons(surface, mark, at, color);
      return;
    case 'cells':
      drawCells(surface, mark, at);
  }
}

/** The few points that must be found at a glance: crosses, open rings, discs in a ring, or diamonds. */
function drawSigns(surface: Surface, mark: PointsMark, at: Projection, color: string): void {
  const { radius, opacity, shape } = mark;
  const centres = projectPoints(mark.points, at);
  for (let i = 0; i + 1 < centres.length; i += 2) {
    const [x, y] = [centres[i]!, centres[i + 1]!];
    if (shape === 'cross') {
      const arms = [x - radius, y, x + radius, y, x, y - radius, x, y + radius];
      surface.segments(Float32Array.from(arms), color, opacity, 2);
      continue;
    }
    if (shape === 'diamond') {
      const corners = [x - radius, y, x, y - radius, x + radius, y, x, y + radius];
      surface.area(Float32Array.from(corners), color, opacity);
      continue;
    }
    const corners = Float32Array.from({ length: 50 }, (_, k) => {
      const angle = (2 * Math.PI * (k >> 1)) / 24;
      return k % 2 === 0 ? x + radius * Math.cos(angle) : y + radius * Math.sin(angle);
    });
    surface.polyline(corners, color, opacity, 2, 'solid');
    if (shape === 'spot') surface.discs(Float32Array.of(x, y), Math.max(1, radius - 2.5), color, opacity);
  }
}

function drawPolygons(surface: Surface, mark: PolygonsMark, at: Projection, color: string): void {
  const rings = mark.rings.map((ring) => projectPoints(ring, at));
  if (mark.fill > 0) surface.rings(rings, color, mark.fill);
  for (const ring of rings) {
    if (ring.length < 4) continue;
    const closed = new Float32Array(ring.length + 2);
    closed.set(ring);
    closed.set(ring.subarray(0, 2), ring.length);
    surface.polyline(closed, color, mark.opacity, 1.75, mark.stroke);
  }
}

function drawNotes(surface: Surface, notes: readonly string[], frame: Frame, theme: Theme): void {
  const style = { color: theme['ink-second'], size: 11, weight: 400, anchor: 'start' } as const;
  const { left, top } = frame.margin;
  notes.forEach((note, line) => surface.text(left + 10, top + 16 + 16 * line, note, style));
}

function drawBins(surface: Surface, mark: BinsMark, at: Projection, color: string, ground: number): void {
  const { edges, heights } = mark;
  if (mark.outline) {
    const corners = new Float32Array(heights.length * 4 + 4);
    corners.set([at.x(edges[0]!), ground]);
    for (let i = 0; i < heights.length; i++) {
      const y = Math.min(ground, at.y(heights[i]!));
      corners.set([at.x(edges[i]!), y, at.x(edges[i + 1]!), y], 2 + 4 * i);
    }
    corners.set([at.x(edges[heights.length]!), ground], corners.length - 2);
    surface.polyline(corners, color, mark.opacity, 1.25, 'dashed');
    return;
  }
  for (let i = 0; i < heights.length; i++) {
    if (heights[i] === 0) continue;
    const left = at.x(edges[i]!);
    const y = at.y(heights[i]!);
    // A gap of a pixel keeps neighbouring bars apart.
    surface.rectangle(
      left + 0.5,
      y,
      Math.max(0.5, at.x(edges[i + 1]!) - left - 1),
      ground - y,
      color,
      mark.opacity,
    );
  }
}

function bandCorners({ x, low, high }: BandMark, at: Projection): Float32Array {
  const corners = new Float32Array(x.length * 4);
  for (let i = 0; i < x.length; i++) {
    corners.set([at.x(x[i]!), at.y(high[i]!)], 2 * i);
    corners.set([at.x(x[i]!), at.y(low[i]!)], 2 * (2 * x.length - 1 - i));
  }
  return corners;
}

function drawCells(surface: Surface, mark: CellsMark, at: Projection): void {
  const { grid, extent, values, limit } = mark;
  const [left, right, bottom, top] = extent;
  const column = (k: number): number => Math.round(at.x(left + ((right - left) * k) / grid));
  const line = (k: number): number => Math.round(at.y(bottom + ((top - bottom) * k) / grid));
  for (let cell = 0; cell < values.length; cell++) {
    const [i, j] = [cell % grid, Math.floor(cell / grid)];
    const share = limit > 0 ? Math.max(-1, Math.min(1, values[cell]! / limit)) : 0;
    // What hardly differs from none leaves the ground as it is.
    if (Math.abs(share) < 0.02) continue;
    const x = column(i);
    const y = line(j + 1);
    const [width, height] = [column(i + 1) - x, line(j) - y];
    surface.rectangle(x, y, width, height, divergingColor(share), mark.opacity * Math.abs(share));
  }
}

function drawAxes(
  surface: Surface,
  scene: Scene,
  view: Viewport,
  frame: Frame,
  at: Projection,
  theme: Theme,
): void {
  const { width, height } = inner(frame);
  const { left, top } = frame.margin;
  const bottom = top + height;
  const small = { color: theme['ink-second'], size: 11, weight: 400 } as const;
  for (const tick of axisTicks(scene.y, view.y, height / 56)) {
    const y = at.y(tick.value);
    surface.rectangle(left, Math.round(y), width, 1, theme.line, 0.55);
    surface.text(left - 7, y + 4, tick.label, { ...small, anchor: 'end' });
  }
  for (const tick of axisTicks(scene.x, view.x, width / 90)) {
    const x = at.x(tick.value);
    surface.rectangle(Math.round(x), bottom, 1, 4, theme.line, 1);
    const anchor = x > left + width - 16 ? 'end' : 'middle';
    surface.text(x, bottom + 15, tick.label, { ...small, anchor });
  }
  surface.rectangle(left, bottom, width, 1, theme.line, 1);
  surface.text(left + width, bottom + 29, axisName(scene.x), { ...small, anchor: 'end' });
  // Beside the ticks, also where several plots share one drawing.
  surface.text(frame.nameAt ?? Math.max(11, left - 35), top, axisName(scene.y), {
    ...small,
    anchor: 'end',
    turned: true,
  });
}

function axisName(axis: Axis): string {
  return axis.scale === 'log' ? `${axis.label}, log scale` : axis.label;
}

function drawHeading(surface: Surface, scene: Scene, frame: Frame, theme: Theme): void {
  surface.text(14, 22, scene.title, { color: theme.ink, size: 13, weight: 600, anchor: 'start' });
  surface.text(14, 38, scene.subtitle, {
    color: theme['ink-second'],
    size: 11,
    weight: 400,
    anchor: 'start',
  });
  let x = 14;
  for (const mark of scene.marks) {
    if (x > frame.width - 60) break;
    surface.discs(Float32Array.of(x + 4, 50), 4, markColor(mark, theme), 1);
    surface.text(x + 12, 54, mark.label, {
      color: theme['ink-second'],
      size: 11,
      weight: 400,
      anchor: 'start',
    });
    // Proportional type has no width here; seven pixels a letter never overlaps.
    x += 26 + 7 * mark.label.length;
  }
}

function projectPoints(points: Float32Array, at: Projection): Float32Array {
  const pixels = new Float32Array(points.length);
  for (let i = 0; i + 1 < points.length; i += 2) {
    pixels[i] = at.x(points[i]!);
    pixels[i + 1] = at.y(points[i + 1]!);
  }
  return pixels;
}

function linePoints(mark: LineMark, at: Projection): Float32Array {
  const pixels = new Float32Array(mark.x.length * 2);
  for (let i = 0; i < mark.x.length; i++) {
    pixels[2 * i] = at.x(mark.x[i]!);
    pixels[2 * i + 1] = at.y(mark.y[i]!);
  }
  return pixels;
}
