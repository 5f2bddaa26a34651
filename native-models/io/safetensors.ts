/** @file Named arrays as safetensors bytes: an 8-byte header length, a JSON header, then the raw little-endian values. */
import { MongeError } from '../error';
import {
  elementBytes,
  elementsIn,
  elementTypeOf,
  readElements,
  writeElements,
  type StoredArray,
} from './elements';
import { dtypeNames, safetensorsIndex, unsupported, type SafetensorsEntry } from './safetensors-index';

export interface DecodedTensors {
  arrays: Record<string, StoredArray>;
  metadata: Record<string, string>;
}

/**
 * Encodes the arrays, the widest types first so that every tensor is aligned, then in order of name, so that equal
 * contents give equal bytes. An array with a `dtype` is rounded to it: F16 and BF16 to the nearest, ties to even.
 * @throws `safetensors-shape` where a shape does not fit its values, `safetensors-name` for the reserved name,
 * `array-type` where values cannot be written as their `dtype`.
 */
export function encodeSafetensors(
  arrays: Readonly<Record<string, StoredArray>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const width = (name: string) => elementBytes[elementTypeOf(arrays[name]!)];
  const names = Object.keys(arrays)
    .sort()
    .sort((a, b) => width(b) - width(a));
  const header: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) header.push(['__metadata__', metadata]);
  const contents: Uint8Array[] = [];
  let offset = 0;
  for (const name of names) {
    const array = arrays[name]!;
    if (name === '__metadata__')
      throw new MongeError({
        code: 'safetensors-name',
        what: 'this name is reserved by the format',
        where: { tensor: name },
      });
    const expected = elementsIn(array.shape);
    if (expected !== array.data.length)
      throw new MongeError({
        code: 'safetensors-shape',
        what: 'the shape does not fit the number of values',
        where: { tensor: name },
        got: `${array.data.length} values`,
        expected: `[${array.shape.join(', ')}] = ${expected}`,
      });
    const bytes = writeElements(array);
    const dtype = dtypeNames[elementTypeOf(array)];
    header.push([name, { dtype, shape: array.shape, data_offsets: [offset, offset + bytes.length] }]);
    contents.push(bytes);
    offset += bytes.length;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  // Spaces align the values to 8 bytes, as the format asks for.
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerBytes + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.fill(0x20, 8, 8 + headerBytes);
  bytes.set(json, 8);
  let at = 8 + headerBytes;
  for (const content of contents) {
    bytes.set(content, at);
    at += content.length;
  }
  return bytes;
}

/**
 * Decodes and checks everything: header length, JSON, types, shapes, and that the values cover the file without gap or overlap.
 * The arrays are fresh copies. `file` is named in errors.
 * @throws `safetensors-truncated`, `safetensors-header`, `safetensors-dtype`, `safetensors-shape`, `safetensors-offsets`.
 */
export function decodeSafetensors(bytes: Uint8Array, file?: string): DecodedTensors {
  const { tensors, metadata } = safetensorsIndex(bytes, bytes.length, file);
  const arrays = tensors.map((entry): [string, StoredArray] => [
    entry.name,
    decodeEntry(entry, bytes.subarray(entry.from, entry.to), file),
  ]);
  return { arrays: Object.fromEntries(arrays), metadata };
}

/** One tensor from its bytes of the file. @throws `safetensors-dtype` for 8-bit floats and other types not read. */
export function decodeEntry(entry: SafetensorsEntry, bytes: Uint8Array, file?: string): StoredArray {
  if (!entry.type) throw unsupported(entry.name, entry.dtype, file);
  return { ...readElements(entry.type, bytes), shape: entry.shape };
}
