/** @file What lies in a file of named arrays: safetensors, with its shards, and NPZ. */
import { elementBytes, elementCount, npzIndex } from '../../native-models';
import { readModelFile } from '../models/model-file';
import { openSafetensors } from '../models/safetensors-files';
import { table } from './text';

export interface TensorFacts {
  file: string;
  format: 'safetensors' | 'npz';
  /** The files that hold the values. */
  files: readonly string[];
  metadata: Readonly<Record<string, string>>;
  tensors: { name: string; dtype: string; shape: readonly number[]; bytes: number }[];
  /** Numbers in all tensors. */
  parameters: number;
  bytes: number;
}

const mostShown = 200;

/** Of a `.safetensors` file, an index of shards or a folder that holds one. Only headers are read. */
export async function safetensorsFacts(path: string): Promise<TensorFacts> {
  const { files, tensors, metadata, path: file } = await openSafetensors(path);
  const described = tensors
    .map(({ name, dtype, shape, from, to }) => ({ name, dtype, shape, bytes: to - from }))
    .sort((a, b) => compareNames(a.name, b.name));
  return summed({ file, format: 'safetensors', files, metadata, tensors: described });
}

/** Of an `.npz`, whatever the arrays are for. */
export async function npzFacts(path: string): Promise<TensorFacts> {
  const tensors = npzIndex(await readModelFile(path), path).map(({ name, type, shape }) => ({
    name,
    dtype: type,
    shape,
    bytes: elementCount(shape) * elementBytes[type],
  }));
  return summed({ file: path, format: 'npz', files: [path], metadata: {}, tensors });
}

export function describeTensors(facts: TensorFacts): string {
  const { file, format, files, metadata, tensors, parameters, bytes } = facts;
  const head = [
    ['file', file],
    ['format', files.length > 1 ? `${format}, ${files.length} files` : format],
    ...Object.entries(metadata)
      .slice(0, 20)
      .map(([key, value]) => [`metadata ${key}`, value.length > 80 ? `${value.slice(0, 79)}…` : value]),
    ['tensors', `${tensors.length}, ${parameters} numbers, ${bytes} bytes`],
  ];
  return `${table(head)}\n\n${tensorTable(facts)}`;
}

/** The tensors alone, for a file that is described otherwise already. */
export function tensorTable({ tensors }: TensorFacts): string {
  const rows = tensors
    .slice(0, mostShown)
    .map(({ name, dtype, shape, bytes }) => [name, dtype, `[${shape.join(', ')}]`, String(bytes)]);
  const more = tensors.length - rows.length;
  const text = table([['TENSOR', 'TYPE', 'SHAPE', 'BYTES'], ...rows]);
  return more > 0 ? `${text}\n… and ${more} more (--json lists all)` : text;
}

function summed(facts: Omit<TensorFacts, 'parameters' | 'bytes'>): TensorFacts {
  const { tensors } = facts;
  return {
    ...facts,
    parameters: tensors.reduce((sum, { shape }) => sum + elementCount(shape), 0),
    bytes: tensors.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** Layer 2 before layer 10. */
function compareNames(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
