/** @file A scene as a table and as a sentence, for CSV export and for people who do not see the picture. */
import { count as formatCount, number as formatNumber } from './format';
import type { Mark, Scene } from './scene';

export interface FigureTable {
  columns: string[];
  rows: (string | number)[][];
}

/** One row per point, segment, path corner, arrow, curve value or bin, at full precision. */
export function sceneTable(scene: Scene): FigureTable {
  const columns = ['mark', 'index', scene.x.label, scene.y.label, 'to x', 'to y', 'class', 'row'];
  const rows = scene.marks.flatMap((mark) => markRows(mark));
  const used = columns.map((_, column) => column < 4 || rows.some((row) => row[column] !== ''));
  return {
    columns: columns.filter((_, column) => used[column]),
    rows: rows.map((row) => row.filter((_, column) => used[column])),
  };
}

/** RFC 4180 text of a table. */
export function tableCsv(table: FigureTable): string {
  const lines = [table.columns, ...table.rows].map((row) => row.map(cell).join(','));
  return `${lines.join('\r\n')}\r\n`;
}

/** What a screen reader says: title, what is shown, axes and how much of each mark. */
export function sceneSummary(scene: Scene): string {
  const axis = (name: string, a: Scene['x']): string =>
    `${name}: ${a.label}${a.scale === 'log' ? ', log scale' : ''}, ${formatNumber(a.domain[0])} to ${formatNumber(a.domain[1])}`;
  const marks = scene.marks.map(
    (mark) => `${mark.label}, ${formatCount(markSize(mark))} ${plural[mark.kind]}`,
  );
  return [
    scene.title,
    scene.subtitle,
    ...(scene.notes ?? []),
    axis('Across', scene.x),
    axis('Up', scene.y),
    ...marks,
  ]
    .filter(Boolean)
    .join('. ');
}

const plural: Record<Mark['kind'], string> = {
  points: 'points',
  segments: 'lines',
  paths: 'paths',
  arrows: 'arrows',
  line: 'values',
  bins: 'bins',
  band: 'values',
  polygons: 'outlines',
  cells: 'cells',
};

function markSize(mark: Mark): number {
  switch (mark.kind) {
    case 'points':
      return mark.points.length / 2;
    case 'segments':
      return mark.to.length / 2;
    case 'paths':
      return Math.ceil(mark.count / mark.every);
    case 'arrows':
      return mark.positions.length / 2;
    case 'line':
      return mark.x.length;
    case 'bins':
      return mark.heights.length;
    case 'band':
      return mark.x.length;
    case 'polygons':
      return mark.rings.length;
    case 'cells':
      return mark.values.length;
  }
}

function markRows(mark: Mark): (string | number)[][] {
  const rows: (string | number)[][] = [];
  const size = mark.kind === 'paths' ? mark.count : markSize(mark);
  for (let i = 0; i < size; i++) {
    if (mark.kind === 'points') {
      const code = mark.classes?.[i] ?? -1;
      const name = code < 0 ? '' : (mark.classNames?.[code] ?? String(code));
      rows.push([
        mark.label,
        i,
        mark.points[2 * i]!,
        mark.points[2 * i + 1]!,
        '',
        '',
        name,
        mark.rows?.[i] ?? '',
      ]);
    } else if (mark.kind === 'segments') {
      const { from, to } = mark;
      rows.push([mark.label, i, from[2 * i]!, from[2 * i + 1]!, to[2 * i]!, to[2 * i + 1]!, '', '']);
    } else if (mark.kind === 'arrows') {
      const { positions: p, vectors: v } = mark;
      const [x, y] = [p[2 * i]!, p[2 * i + 1]!];
      rows.push([mark.label, i, x, y, x + v[2 * i]!, y + v[2 * i + 1]!, '', '']);
    } else if (mark.kind === 'line') {
      rows.push([mark.label, i, mark.x[i]!, mark.y[i]!, '', '', '', '']);
    } else if (mark.kind === 'bins') {
      rows.push([mark.label, i, mark.edges[i]!, mark.heights[i]!, mark.edges[i + 1]!, '', '', '']);
    } else if (mark.kind === 'band') {
      rows.push([mark.label, i, mark.x[i]!, mark.low[i]!, mark.x[i]!, mark.high[i]!, '', '']);
    } else if (mark.kind === 'polygons') {
      // The outline's number takes the place of the class: corners of one outline belong together.
      const ring = mark.rings[i]!;
      for (let k = 0; 2 * k + 1 < ring.length; k++)
        rows.push([mark.label, k, ring[2 * k]!, ring[2 * k + 1]!, '', '', `outline ${i}`, '']);
    } else if (mark.kind === 'cells') {
      const [left, right, bottom, top] = mark.extent;
      const x = left + (((i % mark.grid) + 0.5) * (right - left)) / mark.grid;
      const y = bottom + ((Math.floor(i / mark.grid) + 0.5) * (top - bottom)) / mark.grid;
      rows.push([`${mark.label} ${mark.values[i]!}`, i, x, y, '', '', '', '']);
    } else if (i % mark.every === 0) {
      for (let t = 0; t < mark.times; t++) {
        const at = (t * mark.count + i) * 2;
        rows.push([mark.label, i, mark.positions[at]!, mark.positions[at + 1]!, '', '', '', '']);
      }
    }
  }
  return rows;
}

function cell(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
