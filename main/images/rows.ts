/** @file Rows of numbers as images inside a graph, and sizes that networks on images need. */
import { pad, reshape, transpose, type Tensor } from '../../native-models';
import type { ImageShape } from '../contract/data';

/** Rows [N, height·width·channels] with the channels last as images [N, channels, height, width]. */
export function toImages(rows: Tensor, { height, width, channels }: ImageShape): Tensor {
  const count = rows.shape[0]!;
  if (channels === 1) return reshape(rows, [count, 1, height, width]);
  return transpose(reshape(rows, [count, height, width, channels]), [0, 3, 1, 2]);
}

/** The next multiple. */
export function upTo(size: number, multiple: number): number {
  return Math.ceil(size / multiple) * multiple;
}

/** Images [N, C, H, W] with zeros added below and to the right. */
export function padTo(images: Tensor, { height, width }: { height: number; width: number }): Tensor {
  const [bottom, right] = [height - (images.shape[2] as number), width - (images.shape[3] as number)];
  if (bottom === 0 && right === 0) return images;
  return pad(pad(images, { axis: 2, before: 0, after: bottom }), { axis: 3, before: 0, after: right });
}
