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
