/** @file Makes small files of every format in memory, for tests: IDX, NPY, zip, PNG. */
import { gzipSync, zipSync } from 'fflate';
import { encode } from 'fast-png';

export const text = (content: string): Uint8Array => new TextEncoder().encode(content);

export function joined(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts.map((part) => Uint8Array.from(part))));
}

export const gzip = (bytes: Uint8Array): Uint8Array => gzipSync(bytes, { mtime: 0 });

/** An IDX file; `type` 8 is unsigned bytes. Sizes are written as declared, whatever the data hold. */
export function idx(dims: readonly number[], data: Uint8Array, type = 8): Uint8Array {
  const sizes = dims.flatMap((d) => [(d >>> 24) & 255, (d >>> 16) & 255, (d >>> 8) & 255, d & 255]);
  return joined([0, 0, type, dims.length, ...sizes], data);
}

/** An NPY file of version 1.0; `shape` as Python writes it, for example `(3, 2)`. */
export function npy(descr: string, shape: string, data: Uint8Array, fortran = false): Uint8Array {
  const quoted = descr.startsWith('[') ? descr : `'${descr}'`;
  return npyWithHeader(
    `{'descr': ${quoted}, 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${shape}, }\n`,
    data,
  );
}

/** An NPY file with any header text. */
export function npyWithHeader(header: string, data: Uint8Array): Uint8Array {
  const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 255, header.length >> 8];
  return joined(magic, text(header), data);
}

/** The bytes of numbers in the machine's own (little-endian) order. */
export function raw(
  array: Float32Array | Float64Array | BigInt64Array | Int32Array | Int16Array,
): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength).slice();
}

export function zip(entries: Record<string, Uint8Array>): Uint8Array {
  return zipSync(entries, { mtime: new Date(2025, 0, 1) });
}

/** A zip without compression, so that any text in it can be replaced by another of the same length. */
export function zipStored(entries: Record<string, Uint8Array>, from = '', to = from): Uint8Array {
  const bytes = Buffer.from(zipSync(entries, { level: 0, mtime: new Date(2025, 0, 1) }));
  return Uint8Array.from(Buffer.from(bytes.toString('latin1').replaceAll(from, to), 'latin1'));
}

/** The zip with one 32-bit field of its first directory entry overwritten; 24 is the declared size, 16 the checksum. */
export function zipWithField(entries: Record<string, Uint8Array>, field: number, value: number): Uint8Array {
  const bytes = zip(entries);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  view.setUint32(view.getUint32(bytes.length - 6, true) + field, value, true);
  return bytes;
}

/** A PNG of one brightness; three channels give colour. */
export function png(width: number, height: number, value: number, channels = 1): Uint8Array {
  return encode({
    width,
    height,
    channels,
    depth: 8,
    data: new Uint8Array(width * height * channels).fill(value),
  });
}

/** One CIFAR-10 record: the class, then red, green and blue planes of one brightness each. */
export function cifarRecord(label: number, rgb: readonly [number, number, number]): Uint8Array {
  const record = new Uint8Array(3073);
  record[0] = label;
  rgb.forEach((value, c) => record.fill(value, 1 + c * 1024, 1 + (c + 1) * 1024));
  return record;
}

/** Bytes that no compressor shrinks, so that a cut lands inside the stream. */
export const noise = (count: number) =>
  Uint8Array.from({ length: count }, (_, i) => (i * i * 31 + i * 7) >>> 3);
