/** @file Arrays as `.npy` bytes (format 1.0), and several of them zipped as `.npz`, for artifacts other tools open. */
import { zipSync } from 'fflate';
import { MongeError } from '../error';
import type { StoredArray, TensorData } from './safetensors';

/**
 * One array as `.npy` bytes, little-endian, C order.
 * @throws `npy-shape` where the shape does not fit the number of values.
 */
export function encodeNpy({ data, shape }: StoredArray): Uint8Array {
  const count = shape.reduce((product, size) => product * size, 1);
  if (count !== data.length)
    throw new MongeError({
      code: 'npy-shape',
      what: 'the shape does not fit the number of values',
      got: `${data.length} values`,
      expected: `[${shape.join(', ')}] = ${count}`,
    });
  // A tuple of one needs its comma.
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${descriptorOf(data)}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // Magic, version and length take 10 bytes; spaces and a line feed align the values to 64.
  const total = Math.ceil((10 + text.length + 1) / 64) * 64;
  const bytes = new Uint8Array(total + data.byteLength);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  new DataView(bytes.buffer).setUint16(8, total - 10, true);
  bytes.set(new TextEncoder().encode(text.padEnd(total - 11) + '\n'), 10);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), total);
  return bytes;
}

/** Several arrays as one `.npz`; entries in order of name and with a fixed date, so equal contents give equal bytes. */
export function encodeNpz(arrays: Readonly<Record<string, StoredArray>>): Uint8Array {
  const names = Object.keys(arrays).sort();
  const files = Object.fromEntries(names.map((name) => [`${name}.npy`, encodeNpy(arrays[name]!)]));
  return zipSync(files, { level: 6, mtime: new Date(1980, 0, 2) });
}

function descriptorOf(data: TensorData): string {
  if (data instanceof Float32Array) return '<f4';
  if (data instanceof Float64Array) return '<f8';
  if (data instanceof Int32Array) return '<i4';
  if (data instanceof Uint32Array) return '<u4';
  return '|u1';
}
