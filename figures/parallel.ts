/**
 * @file Trials as lines over parallel axes: one axis a setting, the objective last. Diverged trials end in a band above the
 * objective's axis and have no value there; a setting that a trial does not have lies in a band below its axis.
 */
import { number as formatNumber } from './format';
import { sequentialColor } from './palette';
import type { Surface } from './surface';
import type { Theme } from './theme';

export interface ParallelAxis {
  key: string;
  title: string;
  /** `choices` are the words of the places 0, 1, … */
  scale: 'linear' | 'log' | 'choices';
  low: number;
  high: number;
  choices: string[];
  inverted: boolean;
}

/** How a line is drawn. */
export type LineKind = 'complete' | 'pruned' | 'diverged' | 'running' | 'queued' | 'failed';

export interface ParallelDrawing {
  axes: readonly ParallelAxis[];
  /** By axis, in the order of the trials; NaN where a trial does not have it. */
  values: readonly Float64Array[];
  kinds: readonly LineKind[];
  /** 0 for the best complete trial to 1 for the worst; NaN for the others. */
  ranks: Float64Array;
  /** Whether a trial is inside the brush. */
  inside: (trial: number) => boolean;
  /** Trials to draw; the last ones lie on top. */
  shown: readonly number[];
  best: number | null;
}

/** Pixels around the axes. */
const margin = { left: 70, right: 90, top: 52, bottom: 40 };
/** Share of the height above the objective's axis, and below all axes, for what has no place on them. */
const BAND = 0.08;

export interface ParallelBox {
  top: number;
  bottom: number;
  /** Centre of each axis. */
  xs: number[];
}

export function parallelBox(axes: number, width: number, height: number): ParallelBox {
  const inner = Math.max(1, width - margin.left - margin.right);
  const xs = Array.from(
    { length: axes },
    (_, at) => margin.left + (axes > 1 ? (at * inner) / (axes - 1) : inner / 2),
  );
  const tall = Math.max(1, height - margin.top - margin.bottom);
  return { top: margin.top + BAND * tall, bottom: height - margin.bottom - BAND * tall, xs };
}

/** Where a value lies on its axis, from 0 at the bottom to 1 at the top; NaN for what has no place. */
export function shareOf(axis: ParallelAxis, value: number): number {
  if (!Number.isFinite(value)) return NaN;
  const on = (x: number) => (axis.scale === 'log' ? Math.log(x) : x);
  const [low, high] = [on(axis.low), on(axis.high)];
  const share = high > low ? (on(value) - low) / (high - low) : 0.5;
  if (!Number.isFinite(share)) return NaN;
  return axis.inverted ? 1 - share : share;
}

/** The value at a share of an axis; the inverse of `shareOf`. */
export function valueAt(axis: ParallelAxis, share: number): number {
  const along = axis.inverted ? 1 - share : share;
  // The ends themselves: a power of a ratio need not come back to them.
  if (along <= 0) return axis.low;
  if (along >= 1) return axis.high;
  if (axis.scale === 'log') return axis.low * (axis.high / axis.low) ** along;
  return axis.low + along * (axis.high - axis.low);
}

/** The height of a trial on an axis in pixels; bands below and above take what has no value. */
function heightOf(drawing: ParallelDrawing, box: ParallelBox, at: number, trial: number): number {
  const { axes, values, kinds } = drawing;
  const share = shareOf(axes[at]!, values[at]![trial]!);
  if (Number.isFinite(share))
    return box.bottom - Math.min(1.02, Math.max(-0.02, share)) * (box.bottom - box.top);
  const band = 0.6 * BAND * (box.bottom - box.top);
  const isLast = at === axes.length - 1;
  return isLast && kinds[trial] === 'diverged' ? box.top - band : box.bottom + band;
}

/** The corners of a trial's line. */
function cornersOf(drawing: ParallelDrawing, box: ParallelBox, trial: number): Float32Array {
  return Float32Array.from(box.xs.flatMap((x, at) => [x, heightOf(drawing, box, at, trial)]));
}

export function drawParallel(
  surface: Surface,
  drawing: ParallelDrawing,
  width: number,
  height: number,
  theme: Theme,
): void {
  const box = parallelBox(drawing.axes.length, width, height);
  const { shown, inside, kinds, ranks, best } = drawing;
  for (const trial of shown)
    if (!inside(trial))
      surface.polyline(cornersOf(drawing, box, trial), theme['ink-third'], 0.12, 1, 'solid');
  for (const trial of shown) {
    if (!inside(trial)) continue;
    const kind = kinds[trial]!;
    const rank = ranks[trial]!;
    const color =
      kind === 'diverged' || kind === 'failed'
        ? theme.bad
        : Number.isFinite(rank)
          ? sequentialColor(1 - rank)
          : theme['ink-second'];
    const stroke =
      kind === 'pruned' ? 'dashed' : kind === 'queued' || kind === 'running' ? 'dotted' : 'solid';
    surface.polyline(cornersOf(drawing, box, trial), color, kind === 'complete' ? 0.55 : 0.4, 1.2, stroke);
  }
  drawAxes(surface, drawing, box, theme);
  if (best !== null) drawTrial(surface, drawing, { width, height, trial: best }, theme);
}

/** One trial above all others, with what it has at every axis. */
export function drawTrial(
  surface: Surface,
  drawing: ParallelDrawing,
  { width, height, trial }: { width: number; height: number; trial: number },
  theme: Theme,
): void {
  const box = parallelBox(drawing.axes.length, width, height);
  surface.polyline(cornersOf(drawing, box, trial), theme.ink, 1, 2.2, 'solid');
  writeValues(surface, drawing, box, trial, theme);
}

function drawAxes(
  surface: Surface,
  { axes, values, kinds }: ParallelDrawing,
  box: ParallelBox,
  theme: Theme,
): void {
  axes.forEach((axis, at) => {
    const x = box.xs[at]!;
    surface.segments(Float32Array.of(x, box.top, x, box.bottom), theme['ink-second'], 0.8, 1);
    surface.text(x, margin.top - 34, axis.title, {
      color: theme.ink,
      size: 12,
      weight: 600,
      anchor: 'middle',
    });
    const words = axis.scale === 'choices' ? `${axis.choices.length} choices` : axis.scale;
    surface.text(x, margin.top - 20, words, {
      color: theme['ink-third'],
      size: 11,
      weight: 400,
      anchor: 'middle',
    });
    for (const { share, word } of ticksOf(axis)) {
      const y = box.bottom - share * (box.bottom - box.top);
      surface.segments(Float32Array.of(x - 3, y, x + 3, y), theme['ink-second'], 0.8, 1);
      surface.text(x - 6, y + 4, word, { color: theme['ink-second'], size: 10, weight: 400, anchor: 'end' });
    }
    const unset = values[at]!.reduce((sum, value) => sum + Number(Number.isNaN(value)), 0);
    const isLast = at === axes.length - 1;
    const y = box.bottom + 1.6 * BAND * (box.bottom - box.top);
    const small = { size: 10, weight: 400, anchor: 'middle' } as const;
    if (!isLast && unset > 0) surface.text(x, y, `not set ${unset}`, { ...small, color: theme['ink-third'] });
    if (!isLast) return;
    const diverged = kinds.filter((kind) => kind === 'diverged').length;
    const none = unset - diverged;
    if (none > 0) surface.text(x, y, `none yet ${none}`, { ...small, color: theme['ink-third'] });
    if (diverged > 0)
      surface.text(x + 8, box.top - 0.5 * BAND * (box.bottom - box.top), `diverged ${diverged}`, {
        ...{ ...small, anchor: 'start' },
        color: theme.bad,
      });
  });
}

/** Ends and middle of an axis, or its choices. */
function ticksOf(axis: ParallelAxis): { share: number; word: string }[] {
  if (axis.scale === 'choices')
    return axis.choices.map((word, place) => ({ share: shareOf(axis, place), word: word.slice(0, 14) }));
  return [0, 0.5, 1].map((share) => ({
    share,
    word: formatNumber(Number(valueAt(axis, share).toPrecision(2))),
  }));
}

/** What a trial has at every axis. */
function writeValues(
  surface: Surface,
  drawing: ParallelDrawing,
  box: ParallelBox,
  trial: number,
  theme: Theme,
): void {
  const corners = cornersOf(drawing, box, trial);
  drawing.axes.forEach((axis, at) => {
    const value = drawing.values[at]![trial]!;
    if (Number.isNaN(value)) return;
    const word =
      axis.scale === 'choices' ? (axis.choices[value] ?? '') : formatNumber(Number(value.toPrecision(3)));
    const y = corners[2 * at + 1]!;
    surface.discs(Float32Array.of(box.xs[at]!, y), 3, theme.ink, 1);
    surface.text(box.xs[at]! + 7, y + 4, word, { color: theme.ink, size: 11, weight: 600, anchor: 'start' });
  });
}

/** The trial whose line passes nearest to a point, within 6 pixels; null where none does. */
export function trialAt(
  drawing: ParallelDrawing,
  width: number,
  height: number,
  x: number,
  y: number,
): number | null {
  const box = parallelBox(drawing.axes.length, width, height);
  const right = box.xs.findIndex((axis) => axis >= x);
  if (right < 0 || (right === 0 && box.xs[0]! - x > 6)) return null;
  const left = Math.max(0, right - 1);
  const span = box.xs[right]! - box.xs[left]!;
  const share = span > 0 ? (x - box.xs[left]!) / span : 0;
  let [nearest, distance]: [number | null, number] = [null, 6];
  for (const trial of drawing.shown) {
    if (!drawing.inside(trial)) continue;
    const from = heightOf(drawing, box, left, trial);
    const to = heightOf(drawing, box, right, trial);
    const away = Math.abs(from + share * (to - from) - y);
    if (away < distance) [nearest, distance] = [trial, away];
  }
  return nearest;
}
