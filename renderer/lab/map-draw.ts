/** @file A layer × token map around its cells: where they lie, labels of rows and tokens, the colour bar with its formula. */
import { number as formatNumber } from '../../figures/format';
import type { Surface } from '../../figures/surface';
import type { FigureTable } from '../../figures/table';
import type { Theme } from '../../figures/theme';
import type { LanguageLook, LanguageToken } from '../../main/rpc/contract';
import { mapColor, mapDomain, mapPixels } from './map-scale';

export interface MapPlace {
  left: number;
  top: number;
  width: number;
  height: number;
  cellWidth: number;
  cellHeight: number;
  /** The first token shown, and the one after the last. */
  from: number;
  to: number;
}

const margin = { left: 50, top: 22, right: 10 } as const;
/** Below the cells: the next tokens, and the colour bar. */
const nextHeight = 18;
const barHeight = 26;
const bar = { width: 144, height: 8 } as const;
/** Pixels of a letter at the size of labels, on average. */
const letter = 6.1;

/** Where the cells of tokens `from` to `to` lie in a drawing of this size. */
export function mapPlace(
  look: LanguageLook,
  [from, to]: readonly [number, number],
  width: number,
  height: number,
): MapPlace {
  const wide = Math.max(1, width - margin.left - margin.right);
  const below = barHeight + (look.next.length > 0 ? nextHeight : 0);
  const tall = Math.max(1, height - margin.top - below);
  return {
    ...{ left: margin.left, top: margin.top, width: wide, height: tall, from, to },
    cellWidth: wide / Math.max(1, to - from),
    cellHeight: tall / Math.max(1, look.rows.length),
  };
}

/** A token as a label: without the space before it, line ends and blanks as signs. */
export function tokenLabel(text: string): string {
  const shown = text.trim();
  return shown !== '' ? shown : text.replaceAll('\n', '⏎').replaceAll(' ', '␣').replaceAll('\t', '⇥');
}

/** A text cut so that it fits. */
export function fitting(text: string, pixels: number): string {
  const most = Math.floor(pixels / letter);
  if ([...text].length <= most) return text;
  return most < 2 ? '' : `${[...text].slice(0, most - 1).join('')}…`;
}

/** `embed`, or the number of the block. */
export function rowLabel({ layer }: LanguageLook['rows'][number]): string {
  return layer === null ? 'embed' : String(layer);
}

/** Whether a row has a label where there is no room for all of them. */
function labelled(look: LanguageLook, row: number, cellHeight: number): boolean {
  const { layer } = look.rows[row]!;
  const last = row === look.rows.length - 1;
  if (layer === null || last) return true;
  const step = [1, 5, 10, 20, 50].find((every) => every * cellHeight >= 13) ?? 100;
  const far = (look.rows.length - 1 - row) * cellHeight >= 12 && row * cellHeight >= 12;
  return layer % step === 0 && far;
}

/** Everything but the cells. */
export function drawMapFrame(surface: Surface, look: LanguageLook, place: MapPlace, theme: Theme): void {
  const { left, top, width, height, cellWidth, cellHeight, from, to } = place;
  const small = { size: 11, weight: 400 } as const;
  const second = { ...small, color: theme['ink-second'] };
  const third = { ...small, color: theme['ink-third'] };
  look.rows.forEach((row, k) => {
    if (!labelled(look, k, cellHeight)) return;
    surface.text(left - 8, top + (k + 0.5) * cellHeight + 4, rowLabel(row), { ...second, anchor: 'end' });
  });
  const words = (list: readonly { text: string }[], y: number, style: typeof second): void => {
    for (let token = from; token < to; token++) {
      const text = fitting(tokenLabel(list[token]?.text ?? ''), cellWidth - 2);
      if (text)
        surface.text(left + (token - from + 0.5) * cellWidth, y, text, { ...style, anchor: 'middle' });
    }
  };
  const roomy = cellWidth >= 15;
  const nextLine = top + height + 14;
  if (roomy) words(look.tokens, top - 8, second);
  else drawTicks(surface, place, second);
  if (look.next.length > 0) {
    surface.text(left - 8, nextLine, 'next', { ...third, anchor: 'end' });
    if (roomy) words(look.next, nextLine, third);
    else surface.text(left, nextLine, 'zoom in to read the tokens', { ...third, anchor: 'start' });
  }
  if (cellWidth >= 5) {
    const columns = Float32Array.from({ length: 4 * (to - from - 1) }, (_, at) => {
      const x = left + (Math.floor(at / 4) + 1) * cellWidth;
      return [x, top, x, top + height][at % 4]!;
    });
    surface.segments(columns, theme.background, 0.9, 1);
  }
  if (cellHeight >= 5) {
    const lines = Float32Array.from({ length: 4 * (look.rows.length - 1) }, (_, at) => {
      const y = top + (Math.floor(at / 4) + 1) * cellHeight;
      return [left, y, left + width, y][at % 4]!;
    });
    surface.segments(lines, theme.background, 0.9, 1);
  }
  drawBar(surface, look, place, theme);
}

/** Positions instead of words, where tokens are too narrow for these. */
function drawTicks(surface: Surface, place: MapPlace, style: { color: string; size: 11; weight: 400 }): void {
  const { left, top, cellWidth, from, to } = place;
  const step = [5, 10, 20, 50, 100, 200, 500].find((every) => every * cellWidth >= 44) ?? 1000;
  for (let token = Math.ceil(from / step) * step; token < to; token += step)
    surface.text(left + (token - from + 0.5) * cellWidth, top - 8, String(token), {
      ...style,
      anchor: 'middle',
    });
}

function drawBar(
  surface: Surface,
  look: LanguageLook,
  { left, top, width, height }: MapPlace,
  theme: Theme,
): void {
  const y = top + height + (look.next.length > 0 ? nextHeight : 0) + 10;
  const style = { color: theme['ink-second'], size: 11, weight: 400 } as const;
  const [low, high] = mapDomain(look);
  const words = [low, high].map((value) => formatNumber(Number(value.toPrecision(2))));
  const start = left + letter * words[0]!.length + 6;
  for (let k = 0; k < 72; k++)
    surface.rectangle(
      start + (k * bar.width) / 72,
      y,
      bar.width / 72 + 0.5,
      bar.height,
      mapColor((k + 0.5) / 72, look.scale, theme),
      1,
    );
  if (look.scale === 'diverging')
    surface.rectangle(start + bar.width / 2 - 0.5, y - 3, 1.5, bar.height + 6, theme['ink-third'], 1);
  surface.text(start - 6, y + 8, words[0]!, { ...style, anchor: 'end' });
  const end = start + bar.width + 6;
  surface.text(end, y + 8, words[1]!, { ...style, anchor: 'start' });
  const after = end + letter * words[1]!.length + 18;
  const scale = look.scale === 'log' ? ', log scale' : '';
  // Where the whole has no room the symbols say it.
  const formulas = [look.formula, look.formula.split(',')[0]!].map((one) => `${one}${scale}`);
  const formula = formulas.find((one) => one.length * letter <= left + width - after) ?? formulas[1]!;
  surface.text(after, y + 8, fitting(formula, left + width - after), { ...style, anchor: 'start' });
}

/** The cells as rectangles, runs of one colour in one piece, at most `most` columns: what SVG can carry. */
export function drawMapCells(
  surface: Surface,
  look: LanguageLook,
  { left, top, width, cellHeight, from, to }: MapPlace,
  theme: Theme,
  most = 400,
): void {
  const pixels = mapPixels(look, from, to, most, theme);
  const unit = width / pixels.width;
  const colorAt = (row: number, column: number): string | null => {
    const at = 4 * (row * pixels.width + column);
    const [red, green, blue, opacity] = pixels.bytes.subarray(at, at + 4);
    return opacity === 0 ? null : `rgb(${red}, ${green}, ${blue})`;
  };
  for (let row = 0; row < pixels.height; row++)
    for (let start = 0; start < pixels.width;) {
      const color = colorAt(row, start);
      let end = start + 1;
      while (end < pixels.width && colorAt(row, end) === color) end++;
      if (color !== null)
        surface.rectangle(
          left + start * unit,
          top + row * cellHeight,
          (end - start) * unit,
          cellHeight,
          color,
          1,
        );
      start = end;
    }
}

/** Every cell: its row, token, value and norm. */
export function mapTable(look: LanguageLook): FigureTable {
  const count = look.tokens.length;
  const rows = look.rows.flatMap((row, r) =>
    look.tokens.map((token, t): (string | number)[] => [
      row.hook,
      t,
      token.text,
      look.values[r * count + t]!,
      look.norms[r * count + t]!,
      look.next[t]?.text ?? '',
    ]),
  );
  return { columns: ['hook', 'position', 'token', look.label, '‖h‖', 'next token'], rows };
}

/** How many tokens of a row's have a larger value, with the token itself counted: 1 is the largest. */
export function rankOf({ values, tokens }: LanguageLook, row: number, token: number): number {
  const count = tokens.length;
  const own = values[row * count + token]!;
  let above = 0;
  for (let t = 0; t < count; t++) if (values[row * count + t]! > own) above++;
  return above + 1;
}

/** A token as it is spoken of: in quotes, with its blanks. */
export function quoted({ text }: Pick<LanguageToken, 'text'>): string {
  return `“${text.replaceAll('\n', '⏎')}”`;
}
