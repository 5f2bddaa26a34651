/** @file Features of images, which lie in [−1, 1], as pixels, and sheets of pictures as PNG. */
import { encode } from 'fast-png';
import type { ImageShape } from '../contract/data';

/** Pixels between images. */
const GAP = 2;

/** A feature of an image cut to [−1, 1], in which they lie: the flow may overshoot. */
export function clip(value: number): number {
  return Math.min(1, Math.max(-1, value));
}

/** Features of images lie in [−1, 1], pixels in 0 … 255; the flow may overshoot. */
export function toPixels(points: Float32Array): Uint8Array {
  return Uint8Array.from(points, (value) => Math.round(Math.min(255, Math.max(0, (value + 1) * 127.5))));
}

/** Lays out columns of images [rows, height, width, channels] side by side on white. */
export function encodeSheet(columns: readonly Uint8Array[], rows: number, image: ImageShape): Uint8Array {
  const { height, width, channels } = image;
  const [right, bottom] = [columns.length * (width + GAP) - GAP, rows * (height + GAP) - GAP];
  const data = new Uint8Array(right * bottom * channels).fill(255);
  columns.forEach((pixels, column) => {
    for (let row = 0; row < rows; row++)
      for (let y = 0; y < height; y++) {
        const from = (row * height + y) * width * channels;
        const to = ((row * (height + GAP) + y) * right + column * (width + GAP)) * channels;
        data.set(pixels.subarray(from, from + width * channels), to);
      }
  });
  return encode({ width: right, height: bottom, data, channels, depth: 8 });
}
