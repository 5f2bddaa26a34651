/** @file A square table of shares as coloured cells with a colour bar: the same drawing on screen, as SVG and as a table. */
import { number as formatNumber } from './format';
import { channels, toneColor } from './palette';
import type { Surface } from './surface';
import type { FigureTable } from './table';
import type { Theme } from './theme';

export interface Heat {
  /** [size, size] values ≥ 0, rows from the top. */
  values: Float32Array;
  size: number;
  rowLabel: string;
  columnLabel: string;
  /** What a value is, for the colour bar. */
  valueLabel: string;
  scale: 'linear' | 'log';
}

/** On a log scale, what is this far below the largest value has the lowest colour. */
const DECADES = 4;
/** Room for the axis names, and for the colour bar with its numbers. */
const MARGIN = { left: 22, top: 8, right: 80, bottom: 22 } as const;
const BAR = 10;

/** Where the square of cells lies in a drawing of this size, in CSS pixels. */
export function heatSquare(width: number, height: number): { x: number; y: number; side: number } {
  const across = width - MARGIN.left - MARGIN.right;
  const side = Math.max(1, Math.floor(Math.min(across, height - MARGIN.top - MARGIN.bottom)));
  return { x: MARGIN.left + Math.max(0, Math.floor((across - side) / 2)), y: MARGIN.top, side };
}

/** The largest value of each of `cells`² blocks, so that single cells of a sharp table are not averaged away. */
export function pooledLargest(values: Float32Array, size: number, cells: number): Float32Array {
  const pooled = new Float32Array(cells * cells);
  for (let row = 0, at = 0; row < size; row++)
    for (let column = 0; column < size; column++, at++) {
      const cell = Math.floor((row * cells) / size) * cells + Math.floor((column * cells) / size);
      if (values[at]! > pooled[cell]!) pooled[cell] = values[at]!;
    }
  return pooled;
}

/** Whole table cells per screen cell where the table is finer than `most` cells a side. */
export function cellsFor(size: number, most: number): number {
  return Math.ceil(size / Math.max(1, Math.ceil(size / Math.max(1, most))));
}

/** Smallest and largest value of the colour scale; positive on a log scale. */
export function heatDomain({ values, scale }: Pick<Heat, 'values' | 'scale'>): [number, number] {
  const high = values.reduce((most, value) => Math.max(most, value), 0) || 1;
  return [scale === 'log' ? high * 10 ** -DECADES : 0, high];
}

/** Place of a value on the colour scale, 0 to 1. */
export function heatTone(value: number, [low, high]: [number, number], scale: Heat['scale']): number {
  if (scale === 'linear') return Math.min(1, Math.max(0, (value - low) / (high - low)));
  return value <= low ? 0 : Math.min(1, Math.log(value / low) / Math.log(high / low));
}

/** RGBA bytes of [cells, cells] values on a colour scale. */
export function heatPixels(
  values: Float32Array,
  domain: [number, number],
  scale: Heat['scale'],
  theme: Theme,
): Uint8ClampedArray<ArrayBuffer> {
  const steps = 256;
  const palette = Array.from({ length: steps }, (_, k) => channels(toneColor(k / (steps - 1), theme)));
  const bytes = new Uint8ClampedArray(values.length * 4);
  values.forEach((value, at) => {
    const tone = Math.round(heatTone(value, domain, scale) * (steps - 1));
    const [red, green, blue] = palette[tone]!;
    bytes.set([red * 255, green * 255, blue * 255, 255], 4 * at);
  });
  return bytes;
}

/** Axis names and the colour bar around the square. */
export function drawHeatFrame(
  surface: Surface,
  heat: Heat,
  width: number,
  height: number,
  theme: Theme,
): void {
  const { x, y, side } = heatSquare(width, height);
  const small = { color: theme['ink-second'], size: 11, weight: 400 } as const;
  surface.text(x + side / 2, y + side + 15, heat.columnLabel, { ...small, anchor: 'middle' });
  surface.text(x - 8, y + side / 2, heat.rowLabel, { ...small, anchor: 'middle', turned: true });
  const domain = heatDomain(heat);
  const left = x + side + 12;
  const steps = Math.max(1, Math.min(64, Math.floor(side / 2)));
  const top = y + 18;
  const tall = Math.max(1, side - 18);
  for (let k = 0; k < steps; k++) {
    const color = toneColor(1 - (k + 0.5) / steps, theme);
    surface.rectangle(left, top + (tall * k) / steps, BAR, tall / steps + 0.5, color, 1);
  }
  surface.text(left, y + 9, heat.valueLabel, { ...small, anchor: 'start' });
  const middle = heat.scale === 'log' ? Math.sqrt(domain[0] * domain[1]) : (domain[0] + domain[1]) / 2;
  const words = [domain[1], middle, domain[0]].map((value) => formatNumber(Number(value.toPrecision(2))));
  words.forEach((text, k) => {
    const label = k === 2 && heat.scale === 'log' ? `≤${text}` : text;
    surface.text(left + BAR + 4, top + 8 + ((tall - 8) * k) / 2, label, { ...small, anchor: 'start' });
  });
}

/** The cells as rectangles, runs of one colour in one piece, at most `most` a side: what SVG can carry. */
export function drawHeatCells(
  surface: Surface,
  heat: Heat,
  width: number,
  height: number,
  theme: Theme,
  most = 128,
): void {
  const { x, y, side } = heatSquare(width, height);
  const cells = cellsFor(heat.size, most);
  const values = pooledLargest(heat.values, heat.size, cells);
  const domain = heatDomain(heat);
  const unit = side / cells;
  const tone = (at: number): number => Math.round(heatTone(values[at]!, domain, heat.scale) * 63);
  surface.rectangle(x, y, side, side, toneColor(0, theme), 1);
  for (let row = 0; row < cells; row++)
    for (let start = 0; start < cells;) {
      const own = tone(row * cells + start);
      let end = start + 1;
      while (end < cells && tone(row * cells + end) === own) end++;
      if (own > 0)
        surface.rectangle(
          x + start * unit,
          y + row * unit,
          (end - start) * unit,
          unit,
          toneColor(own / 63, theme),
          1,
        );
      start = end;
    }
}

/** Every cell that is not negligible, as row, column and value. */
export function heatTable({ values, size, rowLabel, columnLabel, valueLabel }: Heat): FigureTable {
  const [low] = heatDomain({ values, scale: 'log' });
  const rows: number[][] = [];
  values.forEach((value, at) => {
    if (value > low) rows.push([Math.floor(at / size), at % size, value]);
  });
  return { columns: [rowLabel, columnLabel, valueLabel], rows };
}
