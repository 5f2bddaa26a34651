/** @file A picture with a value or a colour over every patch: the same drawing on screen and as SVG. */
import { number as formatNumber } from './format';
import { toneColor } from './palette';
import type { Surface, SurfacePicture } from './surface';
import type { Theme } from './theme';

export interface PatchDrawing {
  picture: SurfacePicture & { width: number; height: number };
  grid: { rows: number; columns: number };
  /** Where the patches lie, as shares of the picture. */
  area: { left: number; top: number; width: number; height: number };
  /** What lies over the picture; null while there is nothing yet. */
  over: { kind: 'colours'; rgb: Uint8Array } | PatchValues | null;
  /** 0 shows the picture alone, 1 hides it. */
  opacity: number;
}

export interface PatchValues {
  kind: 'values';
  /** [rows, columns] */
  values: Float32Array;
  domain: readonly [number, number];
  label: string;
}

/** Room for the colour bar, in pixels. */
const BAR = { height: 8, gap: 8, words: 16 } as const;

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Where the picture lies in a drawing of this size, its shape kept. */
export function pictureBox({ picture, over }: PatchDrawing, width: number, height: number): Box {
  const below = over?.kind === 'values' ? BAR.gap + BAR.height + BAR.words : 0;
  const room = { width: Math.max(1, width - 28), height: Math.max(1, height - below - 14) };
  const scale = Math.min(room.width / picture.width, room.height / picture.height);
  const [wide, tall] = [Math.round(picture.width * scale), Math.round(picture.height * scale)];
  return { x: Math.round((width - wide) / 2), y: 6, width: wide, height: tall };
}

/** Edges of a patch in whole pixels, so that neighbours leave no seam. */
export function patchBox({ grid, area }: PatchDrawing, box: Box, patch: number): Box {
  const [row, column] = [Math.floor(patch / grid.columns), patch % grid.columns];
  const at = (k: number, count: number, start: number, size: number, from: number, whole: number) =>
    Math.round(from + whole * (start + (size * k) / count));
  const across = (k: number) => at(k, grid.columns, area.left, area.width, box.x, box.width);
  const down = (k: number) => at(k, grid.rows, area.top, area.height, box.y, box.height);
  const [x, y] = [across(column), down(row)];
  return { x, y, width: across(column + 1) - x, height: down(row + 1) - y };
}

/** The patch under a point of the drawing; null outside. */
export function patchAt({ grid, area }: PatchDrawing, box: Box, x: number, y: number): number | null {
  const across = ((x - box.x) / box.width - area.left) / area.width;
  const down = ((y - box.y) / box.height - area.top) / area.height;
  if (!(across >= 0 && across < 1 && down >= 0 && down < 1)) return null;
  return Math.floor(down * grid.rows) * grid.columns + Math.floor(across * grid.columns);
}

export function drawPatches(
  surface: Surface,
  drawing: PatchDrawing,
  width: number,
  height: number,
  theme: Theme,
): void {
  const box = pictureBox(drawing, width, height);
  surface.picture(box.x, box.y, box.width, box.height, drawing.picture);
  const { over, grid, opacity } = drawing;
  if (!over) return;
  if (opacity > 0)
    for (let patch = 0; patch < grid.rows * grid.columns; patch += 1) {
      const { x, y, width: wide, height: tall } = patchBox(drawing, box, patch);
      surface.rectangle(x, y, wide, tall, patchColor(over, patch, theme), opacity);
    }
  if (over.kind === 'values') drawBar(surface, over, box, theme);
}

export function patchColor(over: NonNullable<PatchDrawing['over']>, patch: number, theme: Theme): string {
  if (over.kind === 'colours') {
    const [red, green, blue] = over.rgb.subarray(3 * patch, 3 * patch + 3);
    return `rgb(${red}, ${green}, ${blue})`;
  }
  const [low, high] = over.domain;
  const value = over.values[patch]!;
  return toneColor(high > low && Number.isFinite(value) ? (value - low) / (high - low) : 0, theme);
}

function drawBar(surface: Surface, { domain, label }: PatchValues, box: Box, theme: Theme): void {
  const wide = Math.max(120, Math.min(box.width, 260));
  const left = box.x + (box.width - wide) / 2;
  const top = box.y + box.height + BAR.gap;
  const steps = 48;
  for (let k = 0; k < steps; k += 1) {
    const color = toneColor((k + 0.5) / steps, theme);
    surface.rectangle(left + (wide * k) / steps, top, wide / steps + 0.5, BAR.height, color, 1);
  }
  const small = { color: theme['ink-second'], size: 11, weight: 400 } as const;
  const words = domain.map((value) => formatNumber(Number(value.toPrecision(2))));
  const baseline = top + BAR.height + 12;
  surface.text(left, baseline, words[0]!, { ...small, anchor: 'start' });
  surface.text(left + wide / 2, baseline, label, { ...small, anchor: 'middle' });
  surface.text(left + wide, baseline, words[1]!, { ...small, anchor: 'end' });
}
