/** @file Images as sequences of square patches, and back. */
import { MongeError } from '../error';
import type { Tensor } from '../ir/tensor';
import { staticSize } from '../ir/types';
import { reshape, transpose } from '../ops/movement';
import { scope } from '../ir/scope';

/**
 * Cuts images [batch, channels, height, width] into patches of side `size` in raster order:
 * [batch, height/size·width/size, channels·size²], each flattened in (channel, row, column) order, like the kernel of a
 * convolution. Throws `patch-size` where the patches do not tile the image.
 */
export function patchify(images: Tensor, size: number): Tensor {
  const [batch, ...rest] = images.shape;
  const [channels, height, width] = rest.map((dim) => staticSize(dim, 'patchify')) as [
    number,
    number,
    number,
  ];
  if (images.rank !== 4 || height % size !== 0 || width % size !== 0)
    throw new MongeError({
      code: 'patch-size',
      what: 'patches must tile the image',
      got: `patches of side ${size} and images [${images.shape.join(',')}]`,
      expected: '[batch, channels, height, width] with height and width multiples of the side',
    });
  const [rows, columns] = [height / size, width / size];
  return scope('patchify', () => {
    const split = reshape(images, [batch!, channels, rows, size, columns, size]);
    const ordered = transpose(split, [0, 2, 4, 1, 3, 5]);
    return reshape(ordered, [batch!, rows * columns, channels * size * size]);
  });
}

/** Images that are cut into patches. */
export interface PatchedImages {
  channels: number;
  height: number;
  /** Width of the images. */
  columns: number;
  /** Side of the patches. */
  patch: number;
}

export interface PatchGrid {
  readonly rows: number;
  readonly columns: number;
  readonly size: number;
  readonly channels: number;
}

export function patchGrid({ channels, height, columns, patch }: PatchedImages): PatchGrid {
  return { rows: height / patch, columns: columns / patch, size: patch, channels };
}

/** The inverse of `patchify`: [batch, rows·columns, channels·size²] to [batch, channels, rows·size, columns·size]. */
export function unpatchify(patches: Tensor, grid: PatchGrid): Tensor {
  const { rows, columns, size, channels } = grid;
  const batch = patches.shape[0]!;
  return scope('unpatchify', () => {
    const split = reshape(patches, [batch, rows, columns, channels, size, size]);
    const ordered = transpose(split, [0, 3, 1, 4, 2, 5]);
    return reshape(ordered, [batch, channels, rows * size, columns * size]);
  });
}
