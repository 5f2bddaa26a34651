/** @file Sharp canvases: as many pixels as the screen has, drawn in CSS pixels; and figures drawn on them. */
import { dashes, fontFamily, type Surface } from '../../figures/surface';

/** Sizes a canvas and answers its context with CSS pixels as the unit, cleared; null where 2-D drawing is missing. */
export function prepareCanvas(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
): CanvasRenderingContext2D | null {
  const ratio = pixelRatio();
  sizeCanvas(canvas, width, height, ratio);
  const context = canvas.getContext('2d');
  if (!context) return null;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

export function sizeCanvas(canvas: HTMLCanvasElement, width: number, height: number, ratio: number): void {
  const [w, h] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
}

export function pixelRatio(): number {
  return Math.min(3, globalThis.devicePixelRatio || 1);
}

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
    picture(x, y, width, height, picture) {
      context.imageSmoothingEnabled = true;
      context.drawImage(picture.source as CanvasImageSource, x, y, width, height);
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
