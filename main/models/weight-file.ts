/** @file Writes the weights of a graph that is built here into the data file beside it, one tensor in memory at a time. */
import { mkdir, open, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeModel, placeParts, type LazyWeight, type ModelProto } from '../../native-models';
import { MongeError } from '../../native-models/error';

export interface WeightFileOptions {
  signal?: AbortSignal;
  /** Told bytes written and bytes in all after every weight. */
  onProgress?: (written: number, total: number) => void;
}

/**
 * Writes the weights to `path` at the places that `placeParts` gives them, which the graph's initialisers name. A file of
 * that name is replaced. Gives the size of the file in bytes.
 * @throws `weight-length` where a weight gives other bytes than its shape says, the codes of the checkpoint, and the
 * reason of `signal`
 */
export async function writeWeights(
  path: string,
  weights: readonly LazyWeight[],
  { signal, onProgress }: WeightFileOptions = {},
): Promise<number> {
  const places = placeParts(weights);
  const last = places.at(-1);
  const total = last ? last.offset + last.length : 0;
  const file = await open(path, 'w');
  try {
    for (const [index, weight] of weights.entries()) {
      signal?.throwIfAborted();
      const { offset, length } = places[index]!;
      const bytes = await weight.bytes();
      if (bytes.length !== length)
        throw new MongeError({
          code: 'weight-length',
          what: 'a weight does not have as many bytes as its shape says',
          where: { tensor: weight.name },
          got: `${bytes.length} bytes`,
          expected: `${length} bytes`,
        });
      await writeAll(file, bytes, offset);
      onProgress?.(offset + length, total);
    }
    return total;
  } finally {
    await file.close();
  }
}

/**
 * Writes model.onnx and its data file into a folder, which is made where it is not there; gives the path of the model.
 * @throws what `writeWeights` throws
 */
export async function writeModelFolder(
  folder: string,
  { model, weights }: { model: ModelProto; weights: readonly LazyWeight[] },
  options: WeightFileOptions & { location?: string } = {},
): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeWeights(join(folder, options.location ?? 'model.weights'), weights, options);
  const path = join(folder, 'model.onnx');
  await writeFile(path, encodeModel(model));
  return path;
}

/** All of it: one call may write less than it was given. */
async function writeAll(file: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, offset + done);
    done += bytesWritten;
  }
}
