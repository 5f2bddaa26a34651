/** @file Draws block by position: a cell for the mean AUC at every place whose activations are stored, with its colour bar. */
import { toneColor } from '../../../../figures/palette';
import type { Surface } from '../../../../figures/surface';
import type { FigureTable } from '../../../../figures/table';
import type { Theme } from '../../../../figures/theme';
import { fitting } from '../../../lab/map-draw';
import type { Answer, ProbePosition } from '../probes.svelte';
import { two } from '../words';

type Sweep = Answer<'sweep'>;
interface Size {
  width: number;
  height: number;
}

const margin = { left: 40, top: 8, right: 62, bottom: 38 } as const;
const chance = 0.5;

/** Where the cells lie. */
function placeOf({ blocks, positions }: Sweep, { width, height }: Size) {
  return {
    cellWidth: Math.max(1, width - margin.left - margin.right) / Math.max(1, positions.length),
    cellHeight: Math.max(1, height - margin.top - margin.bottom) / Math.max(1, blocks.length),
  };
}

/** The block and position at a pixel. */
export function placeAt(
  sweep: Sweep,
  size: Size,
  x: number,
  y: number,
): { row: number; column: number } | null {
  const { cellWidth, cellHeight } = placeOf(sweep, size);
  const [row, column] = [
    Math.floor((y - margin.top) / cellHeight),
    Math.floor((x - margin.left) / cellWidth),
  ];
  const inside = row >= 0 && column >= 0 && row < sweep.blocks.length && column < sweep.positions.length;
  return inside ? { row, column } : null;
}

/** Chance and the largest value that the colours reach, rounded up to tenths. */
export function sweepDomain({ auc }: Pick<Sweep, 'auc'>): [number, number] {
  const largest = Array.from(auc)
    .filter(Number.isFinite)
    .reduce((most, value) => Math.max(most, value), chance);
  return [chance, Math.max(0.6, Math.ceil(largest * 10 - 1e-9) / 10)];
}

/** "first", "−6", "last": as short as a column is. */
function positionLabel(position: ProbePosition): string {
  return position === 'answer-end' ? 'end' : position.replace('-', '−');
}

export function drawSweep(
  surface: Surface,
  sweep: Sweep,
  size: Size,
  theme: Theme,
  block: number | null,
): void {
  const { blocks, positions, auc } = sweep;
  const { cellWidth, cellHeight } = placeOf(sweep, size);
  const [low, high] = sweepDomain(sweep);
  const small = { size: 11, weight: 400 } as const;
  const second = { ...small, color: theme['ink-second'] };
  const [gapX, gapY] = [cellWidth > 6 ? 1 : 0, cellHeight > 5 ? 1 : 0];
  auc.forEach((value, at) => {
    const [row, column] = [Math.floor(at / positions.length), at % positions.length];
    const [x, y] = [margin.left + column * cellWidth, margin.top + row * cellHeight];
    const known = Number.isFinite(value);
    const color = known ? toneColor((value - low) / (high - low), theme) : theme.raised;
    surface.rectangle(x, y, cellWidth - gapX, cellHeight - gapY, color, 1);
  });
  const step = [1, 2, 5, 10, 20, 50].find((every) => every * cellHeight >= 14) ?? 100;
  blocks.forEach((number, row) => {
    const own = number === block;
    const near = blocks.some((one, k) => one === block && k !== row && Math.abs(k - row) * cellHeight < 13);
    const last = row === blocks.length - 1 && (row % step) * cellHeight >= 13;
    if (!own && (near || (row % step !== 0 && !last))) return;
    surface.text(margin.left - 8, margin.top + (row + 0.5) * cellHeight + 4, String(number), {
      ...{ size: 11, anchor: 'end', weight: own ? 600 : 400 },
      color: own ? theme.ink : theme['ink-second'],
    });
  });
  const bottom = size.height - margin.bottom;
  positions.forEach((position, column) => {
    surface.text(
      margin.left + (column + 0.5) * cellWidth,
      bottom + 15,
      fitting(positionLabel(position), cellWidth),
      { ...second, anchor: 'middle' },
    );
  });
  const wide = cellWidth * positions.length;
  surface.text(margin.left + wide, bottom + 31, fitting('token position, from the end', wide), {
    ...second,
    anchor: 'end',
  });
  drawBar(surface, size, theme, [low, high]);
}

function drawBar(
  surface: Surface,
  { width, height }: Size,
  theme: Theme,
  [low, high]: readonly [number, number],
): void {
  const [left, top, tall] = [width - margin.right + 12, margin.top, height - margin.top - margin.bottom];
  const style = { color: theme['ink-second'], size: 11, weight: 400, anchor: 'start' } as const;
  for (let k = 0; k < 48; k++)
    surface.rectangle(
      left,
      top + (tall * k) / 48,
      8,
      tall / 48 + 0.5,
      toneColor(1 - (k + 0.5) / 48, theme),
      1,
    );
  surface.text(left + 13, top + 9, high.toFixed(1), style);
  surface.text(left + 13, top + tall / 2 + 4, 'AUC', style);
  surface.text(left + 13, top + tall, low.toFixed(1), style);
}

/** A frame around a cell. */
export function drawFrame(
  surface: Surface,
  sweep: Sweep,
  size: Size,
  { row, column }: { row: number; column: number },
  color: string,
  line: number,
): void {
  if (row < 0 || column < 0) return;
  const { cellWidth, cellHeight } = placeOf(sweep, size);
  const tall = Math.max(5, cellHeight);
  const [l, r] = [margin.left + column * cellWidth - 1, margin.left + (column + 1) * cellWidth];
  const middle = margin.top + (row + 0.5) * cellHeight;
  const [t, b] = [middle - tall / 2 - 1, middle + tall / 2];
  surface.polyline(Float32Array.of(l, t, r, t, r, b, l, b, l, t), color, 1, line, 'solid');
}

/** "block 18, −2: 0.87 on test items, 0.86 on validation items". */
export function sweepText(
  { blocks, positions, auc, validation }: Sweep,
  row: number,
  column: number,
): string {
  const at = row * positions.length + column;
  const where = `block ${blocks[row]}, ${positionLabel(positions[column]!)}`;
  if (!Number.isFinite(auc[at]!)) return `${where}: not yet`;
  return `${where}: ${two(auc[at]!)} on test items, ${two(validation[at]!)} on validation items`;
}

/** Every place with its means and each task's own AUC. */
export function sweepTable(sweep: Sweep, tasks: readonly string[]): FigureTable {
  const { blocks, positions, auc, validation, byTask } = sweep;
  const known = (value: number | undefined): number | string =>
    value === undefined || Number.isNaN(value) ? '' : value;
  return {
    columns: ['block', 'position', 'mean AUC', 'mean validation AUC', ...tasks],
    rows: blocks.flatMap((block, row) =>
      positions.map((position, column) => {
        const at = row * positions.length + column;
        return [
          block,
          position,
          known(auc[at]),
          known(validation[at]),
          ...tasks.map((_, task) => known(byTask[at * tasks.length + task])),
        ];
      }),
    ),
  };
}
