/** @file Figures as files: PNG at twice the size, SVG, CSV, and the picture on the clipboard. */
import { drawScene } from '../../figures/draw';
import type { Scene } from '../../figures/scene';
import { canvasSurface } from './canvas';
import type { Surface } from '../../figures/surface';
import { surfaceSvg } from '../../figures/svg';
import { sceneTable, tableCsv } from '../../figures/table';
import type { Theme } from '../../figures/theme';
import type { Frame } from '../../figures/viewport';

export type ExportKind = 'PNG' | 'SVG' | 'CSV' | 'JSON' | 'Copy';

/** What can be exported of a figure; a figure that is no scene (images) gives its own PNG and CSV. */
export interface Exportable {
  name: string;
  svg: (() => string) | null;
  canvas(scale: number): HTMLCanvasElement;
  /** A table too large to be held in the page may come from the engine. */
  csv(): string | Promise<string>;
}

/** Key of the Svelte context in which a panel says what its figures were made from. */
export const provenanceKey = 'provenance';
/** What a figure was made from: settings, seeds and data of the runs, as JSON would have it. */
export type Provenance = () => unknown;

/** Saves settings and seeds beside the figure's own CSV; answers what happened. */
export function saveProvenance(name: string, figure: string, from: Provenance): string {
  const text = JSON.stringify({ figure, ...(from() as object) }, null, 2);
  return save(`${name}.json`, new Blob([`${text}\n`], { type: 'application/json' }));
}

/** Exports of a scene at the size it is shown. */
export function exportableScene(scene: Scene, frame: Frame, theme: Theme): Exportable {
  const tall = { ...frame, height: frame.height + 58 };
  const options = { background: true, heading: true };
  const draw = (surface: Surface): void => drawScene(surface, scene, tall, theme, options);
  return exportableDrawing(scene.title, tall, draw, () => tableCsv(sceneTable(scene)));
}

/** Exports of whatever is drawn on a surface of this size; files are called after the figure's title unless told otherwise. */
export function exportableDrawing(
  title: string,
  { width, height }: { width: number; height: number },
  draw: (surface: Surface) => void,
  csv: Exportable['csv'],
  file = title,
): Exportable {
  return {
    name: fileName(file),
    svg: () => surfaceSvg(title, width, height, draw),
    canvas(scale) {
      const canvas = document.createElement('canvas');
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
      const context = canvas.getContext('2d')!;
      context.scale(scale, scale);
      draw(canvasSurface(context));
      return canvas;
    },
    csv,
  };
}

/** Does one export; answers what happened, in words for the figure's status line. */
export async function runExport(what: Exportable, kind: ExportKind): Promise<string> {
  if (kind === 'CSV') return save(`${what.name}.csv`, new Blob([await what.csv()], { type: 'text/csv' }));
  if (kind === 'SVG' && what.svg)
    return save(`${what.name}.svg`, new Blob([what.svg()], { type: 'image/svg+xml' }));
  const png = await new Promise<Blob | null>((done) => what.canvas(2).toBlob(done, 'image/png'));
  if (!png) return 'The browser could not encode the picture; export SVG or CSV instead.';
  if (kind !== 'Copy') return save(`${what.name}.png`, png);
  try {
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
    return 'Picture copied.';
  } catch {
    return 'The browser did not allow copying; export PNG instead.';
  }
}

/** Saves JSON text under a name; answers what happened. */
export function saveText(name: string, text: string): string {
  return save(name, new Blob([text], { type: 'application/json' }));
}

/** Letters and digits of a title, joined by dashes. */
export function fileName(title: string): string {
  const plain = title.toLowerCase().replace(/[^\p{L}\p{N}.]+/gu, '-');
  return plain.replace(/^[-.]+|[-.]+$/g, '') || 'figure';
}

function save(name: string, blob: Blob): string {
  const address = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The download has started when click returns; a moment later is safe for every browser.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
  return `Saved ${name}.`;
}
