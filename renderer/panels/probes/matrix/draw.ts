/** @file Draws the matrix: cells with value, interval and bar, controls on the same columns, and the scale below. */
import { divergingColor } from '../../../../figures/palette';
import type { Surface } from '../../../../figures/surface';
import type { Theme } from '../../../../figures/theme';
import { fitting } from '../../../lab/map-draw';
import type { Pair } from '../probes.svelte';
import { shareOf, type MatrixGrid } from './grid';

type Cell = MatrixGrid['cells'][number];
interface Size {
  width: number;
  height: number;
}

/** Where cells and controls lie, in pixels. */
interface GridPlace {
  left: number;
  top: number;
  cellWidth: number;
  cellHeight: number;
  /** Top of the first row of controls, and the height of each. */
  below: number;
  row: number;
  /** Where the scale stands. */
  scale: number;
}

/** Room above for two lines of words, and below for the scale. */
const head = 38;
const foot = 30;
const gap = 2;
/** Text on colours that are strong in both themes. */
const onColor = '#0b1118';

/** The places of a grid in a drawing of this size. */
export function placeOf({ tasks, controls }: MatrixGrid, { width, height }: Size): GridPlace {
  const letters = Math.max(
    10,
    ...[...tasks, ...controls.map(({ title }) => title)].map(({ length }) => length),
  );
  const left = Math.min(Math.max(76, 6.6 * letters + 24), 0.26 * width);
  const count = Math.max(1, tasks.length);
  // Controls are never taller than the cells they stand under.
  const even = (height - head - foot - 8) / (count + controls.length);
  const row = controls.length === 0 ? 0 : Math.max(14, Math.min(20, even));
  const under = controls.length * row + (controls.length > 0 ? 8 : 0);
  const tall = Math.max(count * 10, height - head - foot - under);
  const cellHeight = Math.min(60, tall / count);
  const top = head;
  const below = top + count * cellHeight + 8;
  return {
    ...{ left, top, row, below, cellHeight },
    cellWidth: Math.max(8, (width - left - 14) / count),
    scale: below + controls.length * row + (controls.length > 0 ? 8 : 2),
  };
}

/** What lies at a pixel: a cell, or the head of a row or column. */
export function targetAt(
  grid: MatrixGrid,
  size: Size,
  x: number,
  y: number,
): { cell: Pair } | { head: 'row' | 'column'; task: number } | null {
  const { left, top, cellWidth, cellHeight } = placeOf(grid, size);
  const [test, train] = [Math.floor((x - left) / cellWidth), Math.floor((y - top) / cellHeight)];
  const within = (task: number): boolean => task >= 0 && task < grid.tasks.length;
  if (within(test) && within(train)) return { cell: { train, test } };
  if (x >= 0 && x < left && within(train)) return { head: 'row', task: train };
  return y >= 0 && y < top && within(test) ? { head: 'column', task: test } : null;
}

/** The whole matrix, without what is chosen. */
export function drawGrid(
  surface: Surface,
  grid: MatrixGrid,
  size: Size,
  theme: Theme,
  chosen: Pair | null = null,
): void {
  const place = placeOf(grid, size);
  const { left, top, cellWidth, cellHeight, below, row } = place;
  drawHeads(surface, grid, place, theme, chosen);
  grid.cells.forEach((cell, at) => {
    const [train, test] = [Math.floor(at / grid.tasks.length), at % grid.tasks.length];
    const box = { x: left + test * cellWidth, y: top + train * cellHeight };
    drawCell(surface, grid, cell, { ...box, width: cellWidth - gap, height: cellHeight - gap }, theme);
  });
  grid.controls.forEach(({ title, cells }, k) => {
    const y = below + k * row;
    surface.text(left - 10, y + row / 2 + 4, fitting(title.toLowerCase(), left - 14), {
      ...{ color: theme['ink-second'], size: 11, weight: 400, anchor: 'end' },
    });
    cells.forEach((cell, task) => {
      const box = { x: left + task * cellWidth, y, width: cellWidth - gap, height: row - gap };
      drawCell(surface, grid, cell, box, theme, 1);
    });
  });
  drawScale(surface, grid, place, size, theme);
}

function drawHeads(
  surface: Surface,
  { tasks, directed }: MatrixGrid,
  { left, top, cellWidth, cellHeight }: GridPlace,
  theme: Theme,
  chosen: Pair | null,
): void {
  const small = { color: theme['ink-second'], size: 11, weight: 400 } as const;
  if (directed) {
    surface.text(left, 12, 'tested on', { ...small, anchor: 'start' });
    surface.text(14, top - 10, fitting('trained on', left - 20), { ...small, anchor: 'start' });
  }
  tasks.forEach((name, task) => {
    const style = (own: boolean) =>
      own
        ? ({ color: theme.ink, size: 11, weight: 600 } as const)
        : ({ ...small, color: theme.ink } as const);
    // Where names have no room their numbers stand for them.
    const narrow = cellWidth < 44;
    const column = narrow ? String(task + 1) : fitting(name, cellWidth - 6);
    if (cellWidth >= 12)
      surface.text(left + (task + 0.5) * cellWidth - gap / 2, top - 10, column, {
        ...style(task === chosen?.test),
        anchor: 'middle',
      });
    surface.text(
      left - 10,
      top + (task + 0.5) * cellHeight + 3,
      fitting(narrow ? `${task + 1} ${name}` : name, left - 16),
      {
        ...style(task === chosen?.train),
        anchor: 'end',
      },
    );
  });
}

function drawCell(
  surface: Surface,
  grid: MatrixGrid,
  { value, text, range, low, high, dim, dotted }: Cell,
  { x, y, width, height }: { x: number; y: number; width: number; height: number },
  theme: Theme,
  lines = 3,
): void {
  const frame = (stroke: 'dotted' | 'dashed', color: string): void => {
    const [right, bottom] = [x + width - 0.5, y + height - 0.5];
    const corners = [x + 0.5, y + 0.5, right, y + 0.5, right, bottom, x + 0.5, bottom, x + 0.5, y + 0.5];
    surface.polyline(Float32Array.from(corners), color, 1, 1, stroke);
  };
  surface.rectangle(x, y, width, height, theme.raised, 1);
  if (!Number.isFinite(value)) {
    frame('dashed', theme.line);
    return;
  }
  const share = shareOf(value, grid);
  const strength = Math.abs(share) ** 0.8 * (dim ? 0.5 : 0.98);
  surface.rectangle(x, y, width, height, divergingColor(share), strength);
  if (dotted) frame('dotted', theme['ink-second']);
  const strong = strength > 0.5;
  const main = strong ? onColor : dim ? theme['ink-second'] : theme.ink;
  const second = strong ? onColor : theme['ink-second'];
  const [middle, roomy] = [x + width / 2, lines > 1 && height >= 27 && width >= 62 && range !== ''];
  const withBar = lines > 1 && height >= (roomy ? 38 : 19) && width >= 40 && range !== '';
  const size = width < 30 ? 9.5 : lines === 1 || height < 26 ? 10.5 : width < 40 ? 11 : 13;
  const centre = y + height / 2;
  // The number stands in the middle, higher where its interval or the bar stands below it.
  const alone = centre + size / 2 - (withBar ? 4 : 1.5);
  const first = withBar && roomy ? y + 0.39 * height : roomy ? centre - 1 : alone;
  if (width >= 24 && height >= 10)
    surface.text(middle, first, fitted(text, width), {
      ...{ color: main, size, anchor: 'middle' },
      weight: lines > 1 && !dim && width >= 30 ? 600 : 400,
    });
  if (roomy)
    surface.text(middle, first + 13, range, { color: second, size: 10, weight: 400, anchor: 'middle' });
  if (!withBar) return;
  const [from, wide, line] = [x + 10, width - 20, y + height - (roomy ? 6 : 4)];
  const at = (one: number): number => from + wide * one;
  surface.rectangle(from, line, wide, 1, main, 0.3);
  const thick = roomy ? 3 : 2;
  surface.rectangle(at(grid.chance) - 0.5, line - 2.5, 1, thick + 3, main, 0.7);
  surface.rectangle(at(low), line - 1, Math.max(2, at(high) - at(low)), thick, main, strong ? 0.9 : 0.8);
}

/** A number without what goes without saying, where it has no room: "−.65", ".44–.56". */
function fitted(text: string, width: number): string {
  return width >= 30 && fitting(text, width) === text
    ? text
    : fitting(text.replaceAll(/\b0\./g, '.').replaceAll(' ', ''), width + 6);
}

function drawScale(
  surface: Surface,
  grid: MatrixGrid,
  { left, scale }: GridPlace,
  { width }: Size,
  theme: Theme,
): void {
  const [from, to] = grid.domain;
  const wide = Math.min(150, 0.2 * width);
  const small = { color: theme['ink-second'], size: 11, weight: 400 } as const;
  const start = left + 16;
  const at = (value: number): number => start + (wide * (value - from)) / (to - from);
  surface.rectangle(start, scale, wide, 8, theme.raised, 1);
  for (let k = 0; k < 60; k++) {
    const share = shareOf(from + ((k + 0.5) / 60) * (to - from), grid);
    surface.rectangle(
      start + (k * wide) / 60,
      scale,
      wide / 60 + 0.3,
      8,
      divergingColor(share),
      Math.abs(share) ** 0.8 * 0.98,
    );
  }
  const [low, high] = grid.band;
  if (high > low) surface.rectangle(at(low), scale + 9, at(high) - at(low), 2, theme['ink-third'], 0.9);
  surface.rectangle(at(grid.chance) - 0.75, scale - 3, 1.5, 14, theme.ink, 0.8);
  const words = (value: number): string => String(value).replace('-', '−');
  surface.text(start - 6, scale + 8, words(from), { ...small, anchor: 'end' });
  surface.text(start + wide + 6, scale + 8, words(to), { ...small, anchor: 'start' });
  const after = start + wide + 28;
  surface.text(after, scale + 8, fitting(grid.scale, width - after - 8), { ...small, anchor: 'start' });
}

/** Frames around what is chosen, compared with, and pointed at from elsewhere. */
export function drawChoice(
  surface: Surface,
  grid: MatrixGrid,
  size: Size,
  theme: Theme,
  choice: {
    cell: Pair;
    compared: Pair | null;
    hovered: Pair | null;
    whole: 'row' | 'column' | null;
  },
): void {
  const { left, top, cellWidth, cellHeight } = placeOf(grid, size);
  const count = grid.tasks.length;
  const frame = (
    [x, y]: readonly [number, number],
    [wide, tall]: readonly [number, number],
    color: string,
    stroke: 'solid' | 'dashed',
    line: number,
  ): void => {
    const [l, t] = [left + x * cellWidth - 1, top + y * cellHeight - 1];
    const [r, b] = [l + wide * cellWidth, t + tall * cellHeight];
    surface.polyline(Float32Array.of(l, t, r, t, r, b, l, b, l, t), color, 1, line, stroke);
  };
  const { cell, compared, hovered, whole } = choice;
  if (whole === 'row') frame([0, cell.train], [count, 1], theme.accent, 'solid', 2);
  else if (whole === 'column') frame([cell.test, 0], [1, count], theme.accent, 'solid', 2);
  else frame([cell.test, cell.train], [1, 1], theme.accent, 'solid', 2);
  if (compared) frame([compared.test, compared.train], [1, 1], theme.accent, 'dashed', 2);
  if (hovered) frame([hovered.test, hovered.train], [1, 1], theme.ink, 'solid', 1.5);
}
