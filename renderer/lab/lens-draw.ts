/** @file The logit lens beside the map, a bar or a point for each of its rows. */
import { number as formatNumber } from '../../figures/format';
import type { Surface } from '../../figures/surface';
import type { FigureTable } from '../../figures/table';
import type { Theme } from '../../figures/theme';
import type { LanguageLens } from '../../main/rpc/contract';
import { fitting, tokenLabel } from './map-draw';

export type LensSide = 'tokens' | 'entropy' | 'divergence';

export interface LensPlace {
  /** Of the first row, and of every row, in pixels. */
  top: number;
  cellHeight: number;
  width: number;
}

const edge = 12;
const wordsWide = 52;
const numbersWide = 38;
/** Where rows are taller, the bars stay lines to be compared. */
const barMost = 16;
/** What a side is called above its rows. */
const heads: Record<LensSide, [string, string]> = {
  tokens: ['top token', 'probability'],
  entropy: ['top token', 'entropy, nats'],
  divergence: ['top token', 'KL to final, nats'],
};

/** What a row shows on a side. */
function lensValue(row: LanguageLens['rows'][number], side: LensSide): number {
  return side === 'tokens' ? row.top[0]!.probability : side === 'entropy' ? row.entropy : row.divergence;
}

/** The right end of the bars: 1 for probabilities, else the largest value. */
function lensEnd(lens: LanguageLens, side: LensSide): number {
  if (side === 'tokens') return 1;
  return Math.max(...lens.rows.map((row) => lensValue(row, side))) || 1;
}

/** Teal where the row says what the end says, grey where it does not; the focused row in bold. */
export function drawLens(
  surface: Surface,
  lens: LanguageLens,
  { top, cellHeight, width }: LensPlace,
  side: LensSide,
  focus: number | null,
  theme: Theme,
): void {
  const style = { size: 11, weight: 400 } as const;
  const [first, second] = heads[side];
  surface.text(edge, top - 8, first, { ...style, color: theme['ink-third'], anchor: 'start' });
  surface.text(width - edge, top - 8, second, { ...style, color: theme['ink-third'], anchor: 'end' });
  const left = edge + wordsWide;
  const room = Math.max(10, width - left - edge - numbersWide);
  const end = lensEnd(lens, side);
  const every = [1, 2, 5, 10].find((step) => step * cellHeight >= 13) ?? 20;
  const last = lens.rows.length - 1;
  const middle = (row: number): number => top + (row + 0.5) * cellHeight;
  lens.rows.forEach((row, k) => {
    const value = lensValue(row, side);
    const [color, bold] = [row.agrees ? theme['series-3'] : theme['series-0'], k === focus];
    if (side === 'tokens') {
      const tall = Math.max(1, Math.min(barMost, cellHeight - Math.min(3, 0.3 * cellHeight)));
      const y = middle(k) - tall / 2;
      surface.rectangle(left, y, room, tall, theme.raised, 1);
      surface.rectangle(left, y, (room * value) / end, tall, color, bold ? 1 : 0.85);
    }
    const near = focus !== null && k !== focus && Math.abs(k - focus) * cellHeight < 13;
    const inTurn = k === last || (k % every === 0 && (last - k) * cellHeight >= 13);
    if (!bold && (near || !inTurn)) return;
    const ink = bold ? theme.ink : theme['ink-second'];
    const weight = bold ? 600 : 400;
    const text = fitting(tokenLabel(row.top[0]!.text), wordsWide - 12);
    surface.text(edge, middle(k) + 4, text, { size: 11, weight, color: ink, anchor: 'start' });
    const shown = side === 'tokens' ? value.toFixed(2) : formatNumber(Number(value.toPrecision(2)));
    surface.text(width - edge, middle(k) + 4, shown, { size: 11, weight, color: ink, anchor: 'end' });
  });
  if (side === 'tokens') return;
  const corners = Float32Array.from({ length: 2 * lens.rows.length }, (_, at) => {
    const k = at >> 1;
    return at % 2 === 0 ? left + (room * lensValue(lens.rows[k]!, side)) / end : middle(k);
  });
  surface.rectangle(left - 0.5, top, 1, lens.rows.length * cellHeight, theme.line, 1);
  surface.polyline(corners, theme['series-0'], 1, 1.5, 'solid');
  surface.discs(corners, Math.min(3, 0.35 * cellHeight), theme['series-0'], 1, (k) =>
    lens.rows[k]!.agrees ? theme['series-3'] : theme['series-0'],
  );
}

/** A row per place: its likeliest tokens, entropy, KL, and whether it agrees with the end. */
export function lensTable({ rows }: LanguageLens): FigureTable {
  return {
    columns: [
      'hook',
      'top token',
      'probability',
      'of the final token',
      'entropy',
      'KL to final',
      'agrees',
      'next likeliest',
    ],
    rows: rows.map(({ hook, top, finalProbability, entropy, divergence, agrees }) => [
      hook,
      top[0]!.text,
      top[0]!.probability,
      finalProbability,
      entropy,
      divergence,
      agrees ? 'yes' : 'no',
      top
        .slice(1)
        .map(({ text, probability }) => `${text} ${formatNumber(probability)}`)
        .join(', '),
    ]),
  };
}
