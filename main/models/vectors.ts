/** @file Files of arrays with names: NPY, NPZ and safetensors, all their numbers as floats. */
import { MongeError } from '../../native-models/error';
import { zipEntries } from '../../native-models/io/zip';
import { NPY_MAGIC } from '../../native-models';
import type { VectorArray } from '../contract/opened';
import { readHeader, readValues, type NpyArray } from '../data/readers/npy';
import { isZip, startsWith } from '../data/readers/reader';
import { openSource, type ByteSource } from '../data/source';
import { hashFiles } from '../disk/files';
import { bytesAsSource, readControlVector } from '../steering/files/control-vector';
import { isSafetensors, openSafetensors } from './safetensors-files';

export interface OpenedVectors {
  sha256: string;
  arrays: Record<string, VectorArray>;
}

const GGUF_MAGIC = [0x47, 0x47, 0x55, 0x46];

/**
 * Every array of the file by its name; the one of an NPY file is `x`.
 * @throws `vectors-format` for any other file, and the codes of the readers; control vectors have their directions, `direction.1`
 */
export async function openVectors(path: string): Promise<OpenedVectors> {
  if (await isSafetensors(path)) return openTensors(path);
  const source = await openSource(path);
  if (startsWith(source.head, GGUF_MAGIC)) return openControlVector(source);
  const isNpy = startsWith(source.head, NPY_MAGIC);
  if (!isNpy && !isZip(source.head))
    throw new MongeError({
      code: 'vectors-format',
      what: 'these are no arrays with names',
      where: { file: source.name },
      expected: 'NPY, NPZ, safetensors, or a control vector (GGUF)',
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

/** The file as it is, for formats that hold more than arrays. @throws the codes of reading */
export async function readVectorsFile(path: string): Promise<Uint8Array> {
  return (await openSource(path)).readAll();
}

async function openControlVector(source: ByteSource): Promise<OpenedVectors> {
  const bytes = await source.readAll();
  const { maps } = await readControlVector(bytesAsSource(bytes, source.name));
  const arrays = maps.map(({ hook, beta }): [string, VectorArray] => [
    `direction.${hook.split(':')[1]}`,
    { data: beta, shape: [beta.length] },
  ]);
  return { sha256: await source.sha256(), arrays: Object.fromEntries(arrays) };
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
