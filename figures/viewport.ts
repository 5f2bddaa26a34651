/** @file Where data coordinates lie on the screen: margins, scales, fitting, zooming and panning. */
import type { Axis, Scene } from './scene';

export interface Frame {
  /** Size of the whole drawing in CSS pixels. */
  width: number;
  height: number;
  margin: { top: number; right: number; bottom: number; left: number };
  /** Where the vertical axis is named; beside its ticks, 35 pixels from it, when left out. */
  nameAt?: number;
}

/** The visible part of both axes, in the axes' own units. */
export interface Viewport {
  x: [number, number];
  y: [number, number];
}

/** Position in CSS pixels of a data value, and back. */
export interface Projection {
  x: (value: number) => number;
  y: (value: number) => number;
  invertX: (pixel: number) => number;
  invertY: (pixel: number) => number;
}

/** Shows the whole domain of the scene; with equal aspect the shorter side is widened around its middle. */
export function fitViewport(scene: Pick<Scene, 'x' | 'y' | 'equalAspect'>, frame: Frame): Viewport {
  const x = wide(scene.x);
  const y = wide(scene.y);
  if (!scene.equalAspect) return { x, y };
  const { width, height } = inner(frame);
  const unit = Math.max((x[1] - x[0]) / width, (y[1] - y[0]) / height);
  return { x: around(x, unit * width), y: around(y, unit * height) };
}

/** The same centre and zoom in a frame of another size. */
export function resizeViewport(view: Viewport, before: Frame, after: Frame, equalAspect: boolean): Viewport {
  if (!equalAspect) return view;
  const from = inner(before);
  const to = inner(after);
  const unit = (view.x[1] - view.x[0]) / from.width;
  // Keep what was visible visible: zoom out where a side shrinks.
  const scale = Math.max(1, Math.min(from.width / to.width, from.height / to.height));
  return { x: around(view.x, unit * scale * to.width), y: around(view.y, unit * scale * to.height) };
}

/** Zooms by `factor` > 1 (in) or < 1 (out) around a pixel. Only for linear axes. */
export function zoomViewport(
  view: Viewport,
  frame: Frame,
  pixel: [number, number],
  factor: number,
): Viewport {
  const at = project(view, frame, 'linear', 'linear');
  const [cx, cy] = [at.invertX(pixel[0]), at.invertY(pixel[1])];
  const side = (range: [number, number], centre: number): [number, number] => [
    centre + (range[0] - centre) / factor,
    centre + (range[1] - centre) / factor,
  ];
  const next = { x: side(view.x, cx), y: side(view.y, cy) };
  // Beyond this single precision cannot tell neighbouring pixels apart.
  const span = Math.abs(next.x[1] - next.x[0]);
  const size = Math.max(Math.abs(next.x[0]), Math.abs(next.x[1]), 1e-30);
  return span / size < 1e-5 || !Number.isFinite(span) ? view : next;
}

/** Moves the picture by pixels, as a drag does. */
export function panViewport(view: Viewport, frame: Frame, dx: number, dy: number): Viewport {
  const { width, height } = inner(frame);
  const mx = (-dx / width) * (view.x[1] - view.x[0]);
  const my = (dy / height) * (view.y[1] - view.y[0]);
  return { x: [view.x[0] + mx, view.x[1] + mx], y: [view.y[0] + my, view.y[1] + my] };
}

export function project(
  view: Viewport,
  frame: Frame,
  xScale: Axis['scale'],
  yScale: Axis['scale'],
): Projection {
  const { width, height } = inner(frame);
  const x = side(view.x, xScale, frame.margin.left, frame.margin.left + width);
  const y = side(view.y, yScale, frame.margin.top + height, frame.margin.top);
  return { x: x.to, y: y.to, invertX: x.from, invertY: y.from };
}

/** Width and height of the drawing area inside the margins, at least one pixel. */
export function inner(frame: Frame): { width: number; height: number } {
  return {
    width: Math.max(1, frame.width - frame.margin.left - frame.margin.right),
    height: Math.max(1, frame.height - frame.margin.top - frame.margin.bottom),
  };
}

function side(
  range: [number, number],
  scale: Axis['scale'],
  start: number,
  end: number,
): { to: (v: number) => number; from: (p: number) => number } {
  const warp = scale === 'log' ? Math.log : (v: number): number => v;
  const unwarp = scale === 'log' ? Math.exp : (v: number): number => v;
  const low = warp(range[0]);
  const rate = (end - start) / (warp(range[1]) - low || 1);
  return { to: (v) => start + (warp(v) - low) * rate, from: (p) => unwarp(low + (p - start) / rate) };
}

function wide(axis: Axis): [number, number] {
  const [low, high] = axis.domain;
  if (axis.scale === 'log')
    return low > 0 && high > low ? [low, high] : [Math.max(low, 1e-9), Math.max(low, 1e-9) * 10];
  return high > low ? [low, high] : [low - 0.5, low + 0.5];
}

function around(range: [number, number], length: number): [number, number] {
  const middle = (range[0] + range[1]) / 2;
  return [middle - length / 2, middle + length / 2];
}
