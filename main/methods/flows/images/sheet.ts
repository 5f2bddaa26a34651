/** @file A picture of what a run generates: the same noises through several budgets, as a file beside the numbers. */
import { encode } from 'fast-png';
import type { ImageShape } from '../../../contract/data';
import type { PreparedInputs } from '../points/prepare';
import { unstandardise } from '../points/standardise';
import { solveFixed } from '../../../ode/fixed';
import type { Velocity } from '../../../ode/types';

/** Euler budgets, one column each. */
export const SHEET_BUDGETS = [1, 2, 4, 8, 16, 64] as const;
/** Noises, one row each; those of the panel, so that the sheets of all runs on images of one shape can be compared. */
const NOISES = 8;
const NOISE_SEED = 7;
/** Pixels between images. */
const GAP = 2;

/** The sheet as PNG bytes. */
export async function sampleSheet(
  velocity: Velocity,
  { source, standardisation }: PreparedInputs,
  image: ImageShape,
): Promise<Uint8Array> {
  const start = unstandardise(source.draw(NOISE_SEED, 'flows.display.source', 0, NOISES), standardisation);
  const columns: Uint8Array[] = [];
  for (const budget of SHEET_BUDGETS)
    columns.push(toPixels((await solveFixed(velocity, start, 'euler', budget)).points));
  return encodeSheet(columns, NOISES, image);
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
