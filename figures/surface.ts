/** @file What a scene is drawn with: a handful of strokes in pixels, on a canvas or as SVG text. */

import type { Stroke } from './scene';

/** Dash and gap in pixels by stroke. */
export const dashes: Record<Stroke, readonly number[]> = {
  solid: [],
  long: [10, 4],
  dashed: [4, 3],
  dotted: [1.5, 3],
};

export interface Surface {
  /** Restricts what follows to a rectangle, until `unclip`. */
  clip(x: number, y: number, width: number, height: number): void;
  unclip(): void;
  rectangle(x: number, y: number, width: number, height: number, color: string, opacity: number): void;
  /** Filled discs at [n, 2] centres; `colorOf` overrides the colour of single discs. */
  discs(
    centres: Float32Array,
    radius: number,
    color: string,
    opacity: number,
    colorOf?: (i: number) => string,
  ): void;
  /** Straight pieces [m, 4]. */
  segments(pieces: Float32Array, color: string, opacity: number, width: number): void;
  /** One line through [n, 2] corners; a corner that is not finite breaks it. */
  polyline(corners: Float32Array, color: string, opacity: number, width: number, stroke: Stroke): void;
  /** The closed polygon through [n, 2] corners, filled. */
  area(corners: Float32Array, color: string, opacity: number): void;
  /** Closed rings [k, 2], filled by the even-odd rule. */
  rings(rings: readonly Float32Array[], color: string, opacity: number): void;
  text(x: number, y: number, text: string, style: TextStyle): void;
  picture(x: number, y: number, width: number, height: number, picture: SurfacePicture): void;
}

/** Pixels that are drawn as they are. */
export interface SurfacePicture {
  /** What a canvas draws. */
  source: object;
  /** The same as a `data:` address, for SVG. */
  address: () => string;
}

/** The same surface with its corner elsewhere, for several drawings in one. */
export function shifted(surface: Surface, dx: number, dy: number): Surface {
  const pairs = (values: Float32Array): Float32Array =>
    values.map((value, i) => value + (i % 2 === 0 ? dx : dy));
  return {
    clip: (x, y, width, height) => surface.clip(x + dx, y + dy, width, height),
    unclip: () => surface.unclip(),
    rectangle: (x, y, ...rest) => surface.rectangle(x + dx, y + dy, ...rest),
    discs: (centres, ...rest) => surface.discs(pairs(centres), ...rest),
    segments: (pieces, ...rest) => surface.segments(pairs(pieces), ...rest),
    polyline: (corners, ...rest) => surface.polyline(pairs(corners), ...rest),
    area: (corners, ...rest) => surface.area(pairs(corners), ...rest),
    rings: (rings, ...rest) => surface.rings(rings.map(pairs), ...rest),
    text: (x, y, ...rest) => surface.text(x + dx, y + dy, ...rest),
    picture: (x, y, ...rest) => surface.picture(x + dx, y + dy, ...rest),
  };
}

interface TextStyle {
  color: string;
  /** Pixels. */
  size: number;
  weight: 400 | 600;
  anchor: 'start' | 'middle' | 'end';
  /** Reads upwards, for the vertical axis. */
  turned?: boolean;
}

export const fontFamily = 'system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
