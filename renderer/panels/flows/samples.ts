/** @file Generated images in the order of the grid: one row per noise, one column per evaluation count. */
import type { SamplesAnswer } from '../../../main/rpc/contract';

/** Pixels [count, evaluations, height, width, channels] from the answer's [evaluations, count, …]. */
export function samplesGrid(answer: SamplesAnswer): Uint8Array {
  const { height, width, channels } = answer.image;
  const size = height * width * channels;
  const columns = answer.evaluations.length;
  const pixels = new Uint8Array(answer.pixels.length);
  for (let column = 0; column < columns; column++)
    for (let row = 0; row < answer.count; row++) {
      const from = (column * answer.count + row) * size;
      pixels.set(answer.pixels.subarray(from, from + size), (row * columns + column) * size);
    }
  return pixels;
}
