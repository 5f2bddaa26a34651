/** @file How a graph looks: colours by kind of operator or by time, edges as curves, and the whole on a surface for export. */
import type { ModelEdge, ModelFrame, ModelItem, ModelView } from '../../main/rpc/contract';
import type { LegendItem } from '../../figures/legend';
import { channels, classColor, sequentialColor } from '../../figures/palette';
import type { Surface } from '../../figures/surface';
import type { Theme } from '../../figures/theme';
import { number } from '../../figures/format';

/** What an operator does, as far as a colour can tell; the order fixes the colours. */
const families = [
  'matrix products',
  'elementwise',
  'reductions',
  'moves data',
  'control flow',
  'other',
] as const;
export type Family = (typeof families)[number];

const members: Record<Exclude<Family, 'other' | 'control flow'>, RegExp> = {
  'matrix products': /^(MatMul|Gemm|Conv|ConvTranspose|Einsum|FusedMatMul|Attention|LSTM|GRU|RNN)/,
  reductions: /^(Reduce|ArgM|TopK|Softmax|LogSoftmax|.*Normalization|.*Pool$|CumSum)/,
  'moves data':
    /^(Reshape|Transpose|Gather|Scatter|Slice|Concat|Split|Pad|Expand|Tile|Squeeze|Unsqueeze|Flatten|Identity|Cast|Shape|Resize|DepthToSpace|SpaceToDepth)/,
  elementwise:
    /^(Add|Sub|Mul|Div|Pow|Exp|Log|Sqrt|Neg|Abs|Erf|Tanh|Sigmoid|Relu|LeakyRelu|Elu|Selu|Gelu|Silu|Swish|Softplus|Softsign|Hard|Mish|Clip|Where|Equal|Greater|Less|And|Or|Not|Max|Min|Sin|Cos|Reciprocal|Floor|Ceil|Round|Sign|Sum|Mean|Mod|Dropout)/,
};

export function familyOf(op: string, bodies: readonly number[] = []): Family {
  if (bodies.length > 0) return 'control flow';
  const found = Object.entries(members).find(([, pattern]) => pattern.test(op));
  return (found?.[0] as Family | undefined) ?? 'other';
}

export function familyColor(family: Family): string {
  const index = families.indexOf(family);
  // Blue, grey-green, orange, cyan, violet and grey of the categorical set: the commonest kind is the quietest.
  return classColor([0, 3, 6, 9, 4, 8][index]!);
}

/** The families of the shown nodes, for the legend. */
export function familyLegend(items: readonly ModelItem[]): LegendItem[] {
  const shown = new Set(
    items.filter((item) => item.kind === 'node').map((item) => familyOf(item.title, item.bodies)),
  );
  return families
    .filter((family) => shown.has(family))
    .map((family) => ({ label: family, color: familyColor(family) }));
}

export interface TimeHeat {
  fill: string;
  ink: string;
}

/** The longest time among the boxes: the upper end of the scale. */
export function slowest(items: readonly ModelItem[]): number {
  return Math.max(0, ...items.map((item) => item.milliseconds ?? 0));
}

/** Fill and readable ink for a time, from the dark to the bright end of the scale; null where nothing was measured. */
export function heatOf(milliseconds: number | null, most: number): TimeHeat | null {
  if (milliseconds === null || most <= 0) return null;
  const fill = sequentialColor(milliseconds / most);
  // Relative luminance as WCAG defines it; the ink with the higher contrast wins.
  const [red, green, blue] = channels(fill).map((c) =>
    c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4,
  );
  const light = 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
  return { fill, ink: 1.05 / (light + 0.05) > (light + 0.05) / 0.05 ? '#ffffff' : '#000000' };
}

/** `1.2 ms · 34 %`; microseconds where there are only such. */
export function timeText(milliseconds: number | null, share: number | null): string {
  if (milliseconds === null) return '';
  const time =
    milliseconds >= 0.1 ? `${number(round(milliseconds))} ms` : `${number(round(milliseconds * 1000))} µs`;
  return share === null ? time : `${time} · ${percent(share)}`;
}

/** Time and share, or the time alone where both do not fit. */
export function timeInside(milliseconds: number | null, share: number | null, width: number): string {
  const both = timeText(milliseconds, share);
  return both.length <= letters(width - 14, DETAIL_LETTER) ? both : timeText(milliseconds, null);
}

export function percent(share: number): string {
  return share < 0.001 ? '< 0.1 %' : `${number(round(100 * share))} %`;
}

/** Shortened to what fits into a width, at an average width per letter. */
export function fitted(text: string, width: number, letter: number): string {
  const most = letters(width, letter);
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** Average widths of a letter in the two sizes of a box, in pixels. */
export const TITLE_LETTER = 7.2;
export const DETAIL_LETTER = 5.7;

function letters(width: number, letter: number): number {
  return Math.max(3, Math.floor(width / letter));
}

/** Corners as a smooth path that ends straight, so that the arrow points along it. */
export function edgePath({ points }: Pick<ModelEdge, 'points'>): string {
  const corners = pairs(points);
  const [first, ...rest] = corners;
  if (!first || rest.length === 0) return '';
  if (rest.length === 1) return `M${first.join(' ')}L${rest[0]!.join(' ')}`;
  let path = `M${first.join(' ')}`;
  for (let i = 0; i < rest.length - 1; i += 1) {
    const [x, y] = rest[i]!;
    const [nx, ny] = rest[i + 1]!;
    const last = i === rest.length - 2;
    path += `Q${x} ${y} ${last ? nx : (x + nx) / 2} ${last ? ny : (y + ny) / 2}`;
  }
  return path;
}

/** The three corners of the arrow at the end of an edge. */
export function arrow({ points }: Pick<ModelEdge, 'points'>): string {
  const [x, y, px, py] = [points.at(-2)!, points.at(-1)!, points.at(-4)!, points.at(-3)!];
  const length = Math.hypot(x - px, y - py) || 1;
  const [dx, dy] = [(x - px) / length, (y - py) / length];
  const back = [x - 7 * dx, y - 7 * dy] as const;
  return `M${x} ${y}L${back[0] - 3.5 * dy} ${back[1] + 3.5 * dx}L${back[0] + 3.5 * dy} ${back[1] - 3.5 * dx}Z`;
}

/** How deep a frame lies, from 1 at the top. */
export function frameLevel(frame: ModelFrame, frames: readonly ModelFrame[]): number {
  return 1 + frames.filter((other) => other !== frame && frame.path.startsWith(`${other.path}/`)).length;
}

/** Height of the line that names a frame. */
export const BAR = 24;

/** Where the label of an edge stands: the middle, which the layout has kept free, or beside it where a frame's title is. */
export function labelPlace(
  { points }: Pick<ModelEdge, 'points'>,
  frames: readonly ModelFrame[],
): [number, number] {
  const places = [0.5, 0.3, 0.7, 0.15, 0.85].map((share) => along(pairs(points), share));
  const clear = ([x, y]: [number, number]): boolean =>
    frames.every((frame) => {
      const top = frame.y - frame.height / 2;
      return Math.abs(x - frame.x) > frame.width / 2 + 20 || y < top - 8 || y > top + BAR + 8;
    });
  return places.find(clear) ?? places[0]!;
}

/** The point at a share of the way along the corners. */
function along(corners: readonly [number, number][], share: number): [number, number] {
  const at = share * (corners.length - 1);
  const [a, b] = [corners[Math.floor(at)], corners[Math.ceil(at)]];
  if (!a || !b) return [0, 0];
  const rest = at - Math.floor(at);
  return [a[0] + rest * (b[0] - a[0]), a[1] + rest * (b[1] - a[1])];
}

/** A straight way between two boxes, for an edge that the layout has set aside. */
export function straight(from: Box, to: Box): number[] {
  const down = to.y >= from.y;
  const start = [from.x, from.y + ((down ? 1 : -1) * from.height) / 2];
  const end = [to.x, to.y - ((down ? 1 : -1) * to.height) / 2];
  return [...start, ...end];
}

type Box = Pick<ModelItem | ModelFrame, 'x' | 'y' | 'width' | 'height'>;

/** The whole picture in its own pixels, with a title line above: the same for PNG and SVG. */
export function drawModel(
  surface: Surface,
  view: ModelView,
  title: string,
  theme: Theme,
  hot: boolean,
): void {
  const most = slowest(view.items);
  surface.rectangle(0, 0, view.width, view.height + HEAD, theme.background, 1);
  surface.text(16, 22, title, { color: theme.ink, size: 13, weight: 600, anchor: 'start' });
  const scale = hot ? ` · colour: time of a run, 0 to ${timeText(most, null)}` : '';
  const facts = `${view.items.length} boxes, ${number(view.nodes)} nodes${scale}`;
  surface.text(16, 38, facts, { color: theme['ink-second'], size: 11, weight: 400, anchor: 'start' });
  const at = (box: Box): [number, number] => [box.x - box.width / 2, box.y - box.height / 2 + HEAD];
  for (const frame of view.frames) {
    const [x, y] = at(frame);
    outline(surface, x, y, frame.width, frame.height, theme['ink-third'], true);
    surface.text(x + 10, y + 17, `${frame.title}  ${timeText(frame.milliseconds, frame.share)}`, {
      ...{ color: theme['ink-second'], size: 11, weight: 600, anchor: 'start' },
    });
  }
  for (const edge of view.edges) {
    if (edge.aside) continue;
    const corners = Float32Array.from(edge.points, (value, i) => (i % 2 === 0 ? value : value + HEAD));
    surface.polyline(corners, theme['series-0'], 1, 1, 'solid');
    const [x, y] = labelPlace(edge, view.frames);
    if (edge.label)
      surface.text(x, y + HEAD + 4, edge.label, {
        color: theme['ink-second'],
        size: 10,
        weight: 400,
        anchor: 'middle',
      });
  }
  for (const item of view.items) {
    const [x, y] = at(item);
    const heat = hot ? heatOf(item.milliseconds, most) : null;
    const isBox = item.kind === 'node' || item.kind === 'block';
    surface.rectangle(
      x,
      y,
      item.width,
      item.height,
      heat?.fill ?? (isBox ? theme.raised : theme.background),
      1,
    );
    outline(surface, x, y, item.width, item.height, theme['ink-third'], !isBox);
    if (item.kind === 'node' && !heat)
      surface.rectangle(x, y, 3, item.height, familyColor(familyOf(item.title, item.bodies)), 1);
    const detail = (hot && timeInside(item.milliseconds, item.share, item.width)) || item.detail;
    const middle = detail && isBox ? y + 18 : y + item.height / 2 + 4;
    const text = fitted(item.title, item.width - 20, TITLE_LETTER);
    surface.text(item.x, middle, text, {
      color: heat?.ink ?? theme.ink,
      size: 12,
      weight: 600,
      anchor: 'middle',
    });
    if (detail && isBox)
      surface.text(item.x, y + 33, fitted(detail, item.width - 14, DETAIL_LETTER), {
        ...{ color: heat?.ink ?? theme['ink-second'], size: 10.5, weight: 400, anchor: 'middle' },
      });
  }
}

/** Room for the title line of an exported picture. */
export const HEAD = 44;

function outline(
  surface: Surface,
  x: number,
  y: number,
  width: number,
  height: number,
  color: string,
  dashed: boolean,
): void {
  const corners = [x, y, x + width, y, x + width, y + height, x, y + height, x, y];
  surface.polyline(Float32Array.from(corners), color, 1, 1, dashed ? 'dashed' : 'solid');
}

function pairs(points: readonly number[]): [number, number][] {
  return Array.from({ length: points.length / 2 }, (_, i) => [points[2 * i]!, points[2 * i + 1]!]);
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
