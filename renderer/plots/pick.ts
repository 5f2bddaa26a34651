/** @file Which points lie under the pointer, in a box or in a lasso. */
import { Delaunay, polygonContains } from 'd3';
import { count as formatCount, number as formatNumber } from '../../figures/format';
import type { PointsMark, Scene } from '../../figures/scene';
import type { Projection } from '../../figures/viewport';

const triangulations = new WeakMap<Float32Array, Delaunay<ArrayLike<number>>>();

export interface Pick {
  mark: PointsMark;
  index: number;
  row: number;
}

/** The nearest selectable point within `reach` pixels, or null. Axes must be linear with equal units for the triangulation to give the nearest on screen; otherwise it is near enough. */
export function pickPoint(scene: Scene, at: Projection, pixel: [number, number], reach: number): Pick | null {
  let best: Pick | null = null;
  let bestDistance = reach;
  const [x, y] = [at.invertX(pixel[0]), at.invertY(pixel[1])];
  for (const mark of selectable(scene)) {
    if (mark.points.length === 0) continue;
    let delaunay = triangulations.get(mark.points);
    if (!delaunay) triangulations.set(mark.points, (delaunay = new Delaunay(mark.points)));
    const index = delaunay.find(x, y);
    if (index < 0 || Number.isNaN(index)) continue;
    const dx = at.x(mark.points[2 * index]!) - pixel[0];
    const dy = at.y(mark.points[2 * index + 1]!) - pixel[1];
    const distance = Math.hypot(dx, dy);
    if (distance > bestDistance) continue;
    bestDistance = distance;
    best = { mark, index, row: mark.rows![index]! };
  }
  return best;
}

/** "row 12 · 0.31, −1.2 · class". */
export function describePick({ mark, index, row }: Pick): string {
  const code = mark.classes?.[index] ?? -1;
  const label = code >= 0 ? ` · ${mark.classNames?.[code] ?? code}` : '';
  const [x, y] = [mark.points[2 * index]!, mark.points[2 * index + 1]!];
  return `row ${formatCount(row + 1)} · ${formatNumber(x)}, ${formatNumber(y)}${label}`;
}

/** Rows of all selectable points inside the polygon, given in pixels. */
export function pickInside(scene: Scene, at: Projection, polygon: [number, number][]): number[] {
  if (polygon.length < 3) return [];
  const rows: number[] = [];
  const xs = polygon.map((p) => p[0]);
  const ys = polygon.map((p) => p[1]);
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  for (const mark of selectable(scene)) {
    for (let i = 0; 2 * i < mark.points.length; i++) {
      const x = at.x(mark.points[2 * i]!);
      const y = at.y(mark.points[2 * i + 1]!);
      if (x < left || x > right || y < top || y > bottom) continue;
      if (polygonContains(polygon, [x, y])) rows.push(mark.rows![i]!);
    }
  }
  return rows;
}

/** Corners of the box between two pixels. */
export function boxPolygon(a: [number, number], b: [number, number]): [number, number][] {
  return [
    [a[0], a[1]],
    [b[0], a[1]],
    [b[0], b[1]],
    [a[0], b[1]],
  ];
}

export function selectable(scene: Scene): PointsMark[] {
  return scene.marks.filter((mark): mark is PointsMark => mark.kind === 'points' && mark.rows !== undefined);
}

/** The dot nearest to a pixel within `reach` pixels, among all point marks, also on logarithmic axes. */
export function nearestDot(
  scene: Scene,
  at: Projection,
  [px, py]: readonly [number, number],
  reach: number,
): { id: string; label: string; index: number; x: number; y: number } | null {
  let best = reach * reach;
  let found: ReturnType<typeof nearestDot> = null;
  for (const mark of scene.marks) {
    if (mark.kind !== 'points') continue;
    for (let index = 0; 2 * index < mark.points.length; index++) {
      const [x, y] = [mark.points[2 * index]!, mark.points[2 * index + 1]!];
      const distance = (at.x(x) - px) ** 2 + (at.y(y) - py) ** 2;
      if (distance < best) {
        best = distance;
        found = { id: mark.id, label: mark.label, index, x, y };
      }
    }
  }
  return found;
}

/** What a histogram counts in the bin at a value: "0.1 to 0.2 · this run 3 %"; nothing outside its bins, or where other marks lie too. */
export function shareUnder({ marks, y }: Scene, value: number): string {
  const bins = marks.filter((mark) => mark.kind === 'bins');
  const edges = bins[0]?.edges;
  if (!edges || bins.length < marks.length || bins.some((mark) => mark.edges !== edges)) return '';
  const bin = edges.findLastIndex((edge) => edge <= value);
  if (bin < 0 || bin >= edges.length - 1) return '';
  const unit = y.label.endsWith('(%)') ? ' %' : '';
  const shares = bins.map(({ label, heights }) => `${label} ${formatNumber(heights[bin]!)}${unit}`);
  return [`${formatNumber(edges[bin]!)} to ${formatNumber(edges[bin + 1]!)}`, ...shares].join(' · ');
}
