/** @file The side-by-side texts as a picture, for export: words wrapped as on the page, with the same marks. */
import { canvasSurface } from '../../../plots/canvas';
import { fontFamily } from '../../../../figures/surface';
import type { Theme } from '../../../../figures/theme';
import type { Colouring } from '../session.svelte';
import { fullDivergence, strengthOf, type ShownCell, type ShownRow } from './shown';

const line = 20;
const gap = 14;
const left = 64;

export interface DrawnTexts {
  title: string;
  subtitle: string;
  heads: readonly string[];
  prompt: string;
  rows: readonly ShownRow[];
  colouring: Colouring;
}

/** A canvas `scale` times as large as the drawing, which is `width` wide and as tall as the texts need. */
export function drawnTexts(texts: DrawnTexts, width: number, theme: Theme, scale: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d')!;
  const columns = Math.max(1, texts.heads.length);
  const each = (width - left - gap) / columns - gap;
  const font = `13px ${fontFamily}`;
  context.font = font;
  const heights = texts.rows.map(({ cells }) =>
    Math.max(...cells.map((cell) => placed(context, texts.prompt, cell, each).lines)),
  );
  const height = 76 + heights.reduce((sum, lines) => sum + lines * line + 34, 0);
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  context.scale(scale, scale);
  const surface = canvasSurface(context);
  surface.rectangle(0, 0, width, height, theme.background, 1);
  surface.text(14, 22, texts.title, { color: theme.ink, size: 13, weight: 600, anchor: 'start' });
  const small = { color: theme['ink-second'], size: 11, weight: 400, anchor: 'start' } as const;
  surface.text(14, 38, texts.subtitle, small);
  const x = (column: number): number => left + column * (each + gap);
  texts.heads.forEach((head, column) => surface.text(x(column), 60, head, small));
  let top = 76;
  texts.rows.forEach(({ seed, cells }, row) => {
    surface.text(14, top + 13, `seed ${seed}`, small);
    cells.forEach((cell, column) => {
      context.font = font;
      const { pieces } = placed(context, texts.prompt, cell, each);
      for (const { text, token, across, down, wide } of pieces) {
        const at = top + down * line;
        if (token) {
          const strength =
            column === 0 && texts.colouring === 'tokens' ? 0 : strengthOf(token, texts.colouring, null);
          const color = texts.colouring === 'tokens' ? 'series-3' : strength < 0 ? 'series-1' : 'series-2';
          if (strength !== 0)
            surface.rectangle(x(column) + across, at + 1, wide, 16, theme[color], 0.5 * Math.abs(strength));
          if (token.differs && column === 0)
            surface.rectangle(x(column) + across, at + 17, wide, 1, theme['ink-third'], 1);
        }
        const ink = token ? theme.ink : theme['ink-third'];
        surface.text(x(column) + across, at + 13, text, { ...small, size: 13, color: ink });
      }
      if (column === 0) return;
      const bar = each / Math.max(40, cell.tokens.length);
      cell.tokens.forEach(({ divergence, differs }, k) => {
        const tall = Math.max(1, 16 * Math.min(1, (divergence || 0) / fullDivergence));
        const foot = top + heights[row]! * line + 20;
        surface.rectangle(
          x(column) + k * bar,
          foot - tall,
          bar - 1,
          tall,
          theme[differs ? 'series-3' : 'series-0'],
          1,
        );
      });
    });
    top += heights[row]! * line + 34;
  });
  return canvas;
}

/** Pieces of a text where they lie, wrapped at spaces of tokens. */
function placed(context: CanvasRenderingContext2D, prompt: string, cell: ShownCell, width: number) {
  let [across, down] = [0, 0];
  const pieces = [{ text: prompt, token: null as ShownCell['tokens'][number] | null }]
    .concat(
      cell.tokens.filter(({ old }) => !old).map((token) => ({ text: token.text.replace(/\s/g, ' '), token })),
    )
    .map((piece) => {
      const wide = context.measureText(piece.text).width;
      if (across + wide > width && across > 0) [across, down] = [0, down + 1];
      const at = { ...piece, across, down, wide };
      across += wide;
      return at;
    });
  return { pieces, lines: down + 1 };
}
