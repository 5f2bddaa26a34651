/** @file What lies over the cells of a map: the cross-hair, pinned cells and the selected box. */
import type { Theme } from '../../figures/theme';
import { fontFamily } from '../../figures/surface';
import type { LanguageLook } from '../../main/rpc/contract';
import type { Cell, LabState } from './lab.svelte';
import { fitting, rowLabel, tokenLabel, type MapPlace } from './map-draw';

/** Draws on a cleared canvas in CSS pixels. */
export function drawMapMarks(
  context: CanvasRenderingContext2D,
  look: LanguageLook,
  place: MapPlace,
  { focus, pins, box, lit }: Pick<LabState, 'focus' | 'pins' | 'box' | 'lit'>,
  theme: Theme,
): void {
  const { left, top, width, height, cellWidth, cellHeight, from, to } = place;
  const x = (token: number): number => left + (token - from) * cellWidth;
  const y = (row: number): number => top + row * cellHeight;
  const inSight = (token: number): boolean => token >= from && token < to;
  context.save();
  if (box) {
    const [first, last] = [Math.max(from, box.tokens[0]), Math.min(to, box.tokens[1] + 1)];
    if (last > first) {
      const rows = (box.rows[1] - box.rows[0] + 1) * cellHeight;
      context.strokeStyle = theme.accent;
      context.lineWidth = 1.5;
      context.setLineDash([4, 3]);
      context.strokeRect(x(first), y(box.rows[0]), (last - first) * cellWidth, rows);
      context.setLineDash([]);
    }
  }
  const cell = ({ row, token }: Cell, thick: number): void => {
    if (!inSight(token)) return;
    context.strokeStyle = theme.accent;
    context.lineWidth = thick;
    const [wide, tall] = [Math.max(5, cellWidth), Math.max(5, cellHeight)];
    context.strokeRect(x(token) + (cellWidth - wide) / 2, y(row) + (cellHeight - tall) / 2, wide, tall);
  };
  const litRow = look.rows.findIndex(({ hook }) => hook === lit);
  if (litRow >= 0 && litRow !== focus?.row) {
    context.strokeStyle = theme.accent;
    context.lineWidth = 1;
    context.strokeRect(left - 0.5, y(litRow) - 0.5, width + 1, cellHeight + 1);
  }
  if (focus && inSight(focus.token)) {
    context.strokeStyle = theme['ink-third'];
    context.lineWidth = 1;
    context.strokeRect(left - 0.5, y(focus.row) - 0.5, width + 1, cellHeight + 1);
    const wide = Math.max(3, cellWidth);
    context.strokeRect(x(focus.token) + (cellWidth - wide) / 2 - 0.5, top - 0.5, wide + 1, height + 1);
    labels(context, look, place, focus, theme);
    cell(focus, 2);
  }
  for (const pin of pins) cell(pin, 2);
  context.restore();
}

/** Row, token and next token of the cell in bold, over what stands there. */
function labels(
  context: CanvasRenderingContext2D,
  look: LanguageLook,
  { left, top, height, cellWidth, cellHeight, from }: MapPlace,
  { row, token }: Cell,
  theme: Theme,
): void {
  const middle = left + (token - from + 0.5) * cellWidth;
  context.font = `600 11px ${fontFamily}`;
  const write = (text: string, x: number, y: number, align: 'center' | 'right', room: number): void => {
    context.textAlign = align;
    const wide = Math.max(room, context.measureText(text).width + 6);
    context.fillStyle = theme.background;
    context.fillRect(align === 'center' ? x - wide / 2 : x - wide + 2, y - 11, wide, 14);
    context.fillStyle = theme.ink;
    context.fillText(text, x, y);
  };
  write(rowLabel(look.rows[row]!), left - 8, top + (row + 0.5) * cellHeight + 4, 'right', 36);
  const room = Math.max(cellWidth - 2, 60);
  write(fitting(tokenLabel(look.tokens[token]!.text), room), middle, top - 8, 'center', cellWidth - 2);
  const next = look.next[token];
  if (next) write(fitting(tokenLabel(next.text), room), middle, top + height + 14, 'center', cellWidth - 2);
}
