/** @file The picture of a graph as files, and as the table behind it. */
import type { ModelView } from '../../main/rpc/contract';
import { fileName, type Exportable } from '../plots/export';
import { canvasSurface } from '../plots/canvas';
import { surfaceSvg } from '../../figures/svg';
import type { FigureTable } from '../../figures/table';
import type { Theme } from '../../figures/theme';
import { drawModel, HEAD } from './draw';

/** Browsers refuse canvases of more than some thousands of pixels a side. */
const LONGEST_SIDE = 12_000;

export interface GraphPicture {
  view: ModelView;
  /** The model's file name, and the graph shown. */
  model: string;
  title: string;
  theme: Theme;
  /** Coloured by time. */
  hot: boolean;
  /** All nodes of the graph, collapsed or not. */
  csv: () => Promise<string>;
}

/** The whole picture at full size, whatever part of it the window shows. */
export function exportableGraph({ view, model, title, theme, hot, csv }: GraphPicture): Exportable {
  const heading = `${model}: ${title}`;
  const { width } = view;
  const height = view.height + HEAD;
  return {
    name: fileName(`${model.replace(/\.onnx$/i, '')} ${title}`),
    svg: () => surfaceSvg(heading, width, height, (surface) => drawModel(surface, view, heading, theme, hot)),
    canvas(scale) {
      const fitting = Math.min(scale, LONGEST_SIDE / Math.max(width, height));
      const canvas = document.createElement('canvas');
      canvas.width = Math.round(width * fitting);
      canvas.height = Math.round(height * fitting);
      const context = canvas.getContext('2d')!;
      context.scale(fitting, fitting);
      drawModel(canvasSurface(context), view, heading, theme, hot);
      return canvas;
    },
    csv,
  };
}

/** One row per box. */
export function boxTable(view: ModelView | null): FigureTable {
  return {
    columns: ['kind', 'title', 'name', 'nodes', 'milliseconds', 'share', 'output bytes'],
    rows: (view?.items ?? []).map((item) => [
      item.kind,
      item.title,
      item.name,
      item.nodes,
      item.milliseconds ?? '',
      item.share ?? '',
      item.outputBytes ?? '',
    ]),
  };
}
