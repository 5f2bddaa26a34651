/** @file Closed outlines: traced from a field on a grid, their area, and what lies within. */
import { contours } from 'd3-contour';
import type { Units } from './set';

/** A place where an outline crosses an edge between two neighbouring nodes; `outside` is −1 beyond the border of the grid. */
export interface Crossing {
  inside: number;
  outside: number;
}

/**
 * The outlines of the nodes whose value is 0 or more, by marching squares: rings of crossings, the last one equal to the
 * first, holes running the other way round. Where exactly an edge is crossed is the caller's to say. `values` [rows,
 * columns].
 */
export function traceRings(values: Float64Array, columns: number, rows: number): Crossing[][] {
  const shape = contours()
    .size([columns, rows])
    .smooth(false)
    .contour(
      Array.from(values, (value) => (value >= 0 ? 1 : -1)),
      0,
    );
  return shape.coordinates.flat().map((ring) => ring.map(([x, y]) => crossingAt(x!, y!)));

  /** Node (i, j) is at (i + ½, j + ½), so one coordinate of a crossing is whole and the other is not. */
  function crossingAt(x: number, y: number): Crossing {
    const across = Number.isInteger(x);
    const [first, second] = across
      ? [node(x - 1, y - 0.5), node(x, y - 0.5)]
      : [node(x - 0.5, y - 1), node(x - 0.5, y)];
    return first >= 0 && values[first]! >= 0
      ? { inside: first, outside: second }
      : { inside: second, outside: first };
  }

  function node(i: number, j: number): number {
    return i < 0 || j < 0 || i >= columns || j >= rows ? -1 : j * columns + i;
  }
}

/** Share of the way from the inner to the outer node at which values on the two change sign, by a straight line. */
export function crossingShare(inner: number, outer: number): number {
  return inner > 0 && Number.isFinite(inner - outer) ? inner / (inner - outer) : 0.5;
}

/** Rings [k, 2] in data units of crossings that lie at `place` on the targets of a pair. */
export function drawnRings<T>(
  traced: readonly (readonly T[])[],
  pair: readonly number[],
  { shift, unit }: Units,
  place: (crossing: T, target: number, side: number) => number,
): Float32Array[] {
  return traced.map((ring) =>
    Float32Array.from(
      ring.flatMap((crossing) =>
        pair.map((target, side) => shift[target]! + unit[target]! * place(crossing, target, side)),
      ),
    ),
  );
}

/** Area within rings [k, 2] that do not cross, holes taken off (the shoelace formula); holes run the other way round. */
export function ringsArea(rings: readonly Float32Array[]): number {
  let sum = 0;
  for (const ring of rings) {
    // Against the first point, not the origin: far from it digits would be lost.
    const [x, y] = [ring[0]!, ring[1]!];
    for (let at = 0; at + 3 < ring.length; at += 2)
      sum += (ring[at]! - x) * (ring[at + 3]! - y) - (ring[at + 2]! - x) * (ring[at + 1]! - y);
  }
  return Math.abs(sum) / 2;
}

/** Whether a point lies within closed rings by the even-odd rule. */
export function insideRings(rings: readonly Float32Array[], x: number, y: number): boolean {
  let inside = false;
  for (const ring of rings)
    for (let at = 0; at + 3 < ring.length; at += 2) {
      const [x0, y0, x1, y1] = [ring[at]!, ring[at + 1]!, ring[at + 2]!, ring[at + 3]!];
      if (y0 > y !== y1 > y && x < x0 + ((y - y0) / (y1 - y0)) * (x1 - x0)) inside = !inside;
    }
  return inside;
}
