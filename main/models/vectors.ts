/** @file Files of arrays with names: NPY, NPZ and safetensors, all their numbers as floats. */
import { MongeError } from '../../native-models/error';
import { zipEntries } from '../../native-models/io/zip';
import { NPY_MAGIC } from '../../native-models';
import type { VectorArray } from '../contract/opened';
import { readHeader, readValues, type NpyArray } from '../data/readers/npy';
import { isZip, startsWith } from '../data/readers/reader';
import { openSource } from '../data/source';
import { hashFiles } from '../disk/files';
import { isSafetensors, openSafetensors } from './safetensors-files';

export interface OpenedVectors {
  sha256: string;
  arrays: Record<string, VectorArray>;
}

/**
 * Every array of the file by its name; the one of an NPY file is `x`.
 * @throws `vectors-format` for any other file, and the codes of the readers
 */
export async function openVectors(path: string): Promise<OpenedVectors> {
  if (await isSafetensors(path)) return openTensors(path);
  const source = await openSource(path);
  const isNpy = startsWith(source.head, NPY_MAGIC);
  if (!isNpy && !isZip(source.head))
    throw new MongeError({
      code: 'vectors-format',
      what: 'these are no arrays with names',
      where: { file: source.name },
      expected: 'NPY, NPZ or safetensors',
    });
  const bytes = await source.readAll();
  const entries = isNpy
    ? [{ name: 'x.npy', content: bytes }]
    : zipEntries(source.name, bytes)
        .filter(({ name }) => name.endsWith('.npy'))
        .map((entry) => ({ name: entry.name, content: entry.read() }));
  const arrays = entries.map(({ name, content }): [string, VectorArray] => {
    const where = isNpy ? source.name : `${source.name}/${name}`;
    const array = readValues(where, content, readHeader(where, content, content.length));
    return [name.slice(0, -4), floats(array)];
  });
  return { sha256: await source.sha256(), arrays: Object.fromEntries(arrays) };
}

/** The hash of the file and the shapes of its arrays; of safetensors only the headers are read. */
export async function describeVectors(
  path: string,
): Promise<{ sha256: string; arrays: { name: string; shape: readonly number[] }[] }> {
  if (await isSafetensors(path)) {
    const { files, tensors } = await openSafetensors(path);
    return { sha256: await hashFiles(files), arrays: tensors.map(({ name, shape }) => ({ name, shape })) };
  }
  const { sha256, arrays } = await openVectors(path);
  return { sha256, arrays: Object.entries(arrays).map(([name, { shape }]) => ({ name, shape })) };
}

async function openTensors(path: string): Promise<OpenedVectors> {
  const files = await openSafetensors(path);
  const arrays: Record<string, VectorArray> = {};
  for (const { name } of files.tensors) {
    const { data, shape } = await files.read(name);
    const kept = data instanceof Float32Array || data instanceof Float64Array;
    arrays[name] = { data: kept ? data : Float64Array.from(data, Number), shape };
  }
  return { sha256: await hashFiles(files.files), arrays };
}

function floats({ values, shape }: NpyArray): VectorArray {
  return { data: values instanceof Uint8Array ? Float32Array.from(values) : values, shape };
}
