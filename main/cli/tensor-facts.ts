/** @file What lies in a file of named arrays, NPZ, and how tensors are listed. */
import { elementBytes, elementCount, npzIndex } from '../../native-models';
import { readModelFile } from '../models/model-file';
import type { StoredTensor } from '../contract/models';
import { table } from './text';

export interface TensorFacts {
  file: string;
  format: 'npz';
  /** The files that hold the values. */
  files: readonly string[];
  metadata: Readonly<Record<string, string>>;
  tensors: StoredTensor[];
  /** Numbers in all tensors. */
  parameters: number;
  bytes: number;
}

const mostShown = 200;

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
export function tensorTable({ tensors }: { tensors: readonly StoredTensor[] }): string {
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
