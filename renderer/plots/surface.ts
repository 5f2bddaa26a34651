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
}

export interface TextStyle {
  color: string;
  /** Pixels. */
  size: number;
  weight: 400 | 600;
  anchor: 'start' | 'middle' | 'end';
  /** Reads upwards, for the vertical axis. */
  turned?: boolean;
}

export const fontFamily = 'system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';

/** Draws with a 2-D canvas context whose unit is one CSS pixel. */
export function canvasSurface(context: CanvasRenderingContext2D): Surface {
  return {
    clip(x, y, width, height) {
      context.save();
      context.beginPath();
      context.rect(x, y, width, height);
      context.clip();
    },
    unclip() {
      context.restore();
    },
    rectangle(x, y, width, height, color, opacity) {
      context.globalAlpha = opacity;
      context.fillStyle = color;
      context.fillRect(x, y, width, height);
      context.globalAlpha = 1;
    },
    discs(centres, radius, color, opacity, colorOf) {
      context.globalAlpha = opacity;
      context.fillStyle = color;
      // Small discs as squares: a tenth of the time, and no eye sees it.
      const square = radius < 1.2;
      for (let i = 0; 2 * i + 1 < centres.length; i++) {
        const x = centres[2 * i]!;
        const y = centres[2 * i + 1]!;
        if (colorOf) context.fillStyle = colorOf(i);
        if (square) {
          context.fillRect(x - radius, y - radius, 2 * radius, 2 * radius);
          continue;
        }
        context.beginPath();
        context.arc(x, y, radius, 0, 2 * Math.PI);
        context.fill();
      }
      context.globalAlpha = 1;
    },
    segments(pieces, color, opacity, width) {
      context.globalAlpha = opacity;
      context.strokeStyle = color;
      context.lineWidth = width;
      // One stroke per piece lets crossing lines add up, as they do on the graphics card.
      for (let i = 0; i + 3 < pieces.length; i += 4) {
        context.beginPath();
        context.moveTo(pieces[i]!, pieces[i + 1]!);
        context.lineTo(pieces[i + 2]!, pieces[i + 3]!);
        context.stroke();
      }
      context.globalAlpha = 1;
    },
    polyline(corners, color, opacity, width, stroke) {
      context.globalAlpha = opacity;
      context.strokeStyle = color;
      context.lineWidth = width;
      context.lineJoin = 'round';
      context.setLineDash([...dashes[stroke]]);
      context.beginPath();
      let pen = false;
      for (let i = 0; i + 1 < corners.length; i += 2) {
        const [x, y] = [corners[i]!, corners[i + 1]!];
        if (!Number.isFinite(x) || !Number.isFinite(y)) pen = false;
        else if (pen) context.lineTo(x, y);
        else {
          context.moveTo(x, y);
          pen = true;
        }
      }
      context.stroke();
      context.setLineDash([]);
      context.globalAlpha = 1;
    },
    area(corners, color, opacity) {
      context.globalAlpha = opacity;
      context.fillStyle = color;
      context.beginPath();
      for (let i = 0; i + 1 < corners.length; i += 2) context.lineTo(corners[i]!, corners[i + 1]!);
      context.closePath();
      context.fill();
      context.globalAlpha = 1;
    },
    rings(rings, color, opacity) {
      context.globalAlpha = opacity;
      context.fillStyle = color;
      context.beginPath();
      for (const corners of rings) {
        if (corners.length < 6) continue;
        context.moveTo(corners[0]!, corners[1]!);
        for (let i = 2; i + 1 < corners.length; i += 2) context.lineTo(corners[i]!, corners[i + 1]!);
        context.closePath();
      }
      context.fill('evenodd');
      context.globalAlpha = 1;
    },
    text(x, y, text, style) {
      context.save();
      context.translate(x, y);
      if (style.turned) context.rotate(-Math.PI / 2);
      context.fillStyle = style.color;
      context.font = `${style.weight} ${style.size}px ${fontFamily}`;
      context.textAlign = style.anchor === 'middle' ? 'center' : style.anchor;
      context.textBaseline = 'alphabetic';
      context.fillText(text, 0, 0);
      context.restore();
    },
  };
}
