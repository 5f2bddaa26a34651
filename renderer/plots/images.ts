/** @file Pixel arrays of one to four channels as canvas images. */
import type { ImageShape } from '../../main/rpc/contract';

/** RGBA bytes of picture `index` of [count, height, width, channels] bytes: grey, grey and alpha, RGB or RGBA. */
function rgba(pixels: Uint8Array, image: ImageShape, index: number): Uint8ClampedArray<ArrayBuffer> {
  const { height, width, channels } = image;
  const size = height * width;
  const from = index * size * channels;
  const bytes = new Uint8ClampedArray(size * 4);
  for (let i = 0; i < size; i++) {
    const at = from + i * channels;
    const grey = channels < 3;
    bytes[4 * i] = pixels[at]!;
    bytes[4 * i + 1] = pixels[grey ? at : at + 1]!;
    bytes[4 * i + 2] = pixels[grey ? at : at + 2]!;
    bytes[4 * i + 3] = channels === 2 ? pixels[at + 1]! : channels === 4 ? pixels[at + 3]! : 255;
  }
  return bytes;
}

/** Cells of a grid that shows `count` pictures in `columns` columns. */
export interface GridLayout {
  columns: number;
  rows: number;
  /** Side lengths of one cell's picture in pixels, and the gap between cells. */
  cellWidth: number;
  cellHeight: number;
  gap: number;
  width: number;
  height: number;
}

/** The largest zoom at which the grid fits, in whole pixels a side and at least 1, or the zoom asked for. */
export function gridLayout(
  count: number,
  columns: number,
  image: ImageShape,
  space: { width: number; height: number },
  zoom: number | null,
): GridLayout {
  const rows = Math.ceil(count / Math.max(1, columns));
  const gap = 2;
  const fit = Math.min(
    (space.width - gap * (columns - 1)) / (columns * image.width),
    (space.height - gap * (rows - 1)) / (rows * image.height),
  );
  const scale = zoom ?? Math.min(12, Math.max(1, fit));
  const [cellWidth, cellHeight] = [Math.floor(image.width * scale), Math.floor(image.height * scale)];
  return {
    columns,
    rows,
    cellWidth,
    cellHeight,
    gap,
    width: columns * cellWidth + (columns - 1) * gap,
    height: rows * cellHeight + (rows - 1) * gap,
  };
}

/** Draws picture `index` of the array into a rectangle, without smoothing, so that pixels stay pixels. */
export function drawImage(
  context: CanvasRenderingContext2D,
  pixels: Uint8Array,
  image: ImageShape,
  index: number,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  const small = document.createElement('canvas');
  small.width = image.width;
  small.height = image.height;
  const own = small.getContext('2d');
  if (!own) return;
  own.putImageData(new ImageData(rgba(pixels, image, index), image.width, image.height), 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, x, y, width, height);
}
