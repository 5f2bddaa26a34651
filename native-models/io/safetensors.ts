/** @file Named arrays as safetensors bytes: an 8-byte header length, a JSON header, then the raw little-endian values. */
import { MongeError } from '../error';

/** Array types kept without loss; the file's names for them are in `dtypes`. */
export type TensorData = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;
export interface StoredArray {
  data: TensorData;
  /** Row-major; its product is the number of values. An empty shape is a scalar. */
  shape: readonly number[];
}
export interface DecodedTensors {
  arrays: Record<string, StoredArray>;
  metadata: Record<string, string>;
}

type Dtype = 'F32' | 'F64' | 'I32' | 'U32' | 'U8';
const dtypes: Record<Dtype, { bytes: number; make(buffer: ArrayBuffer): TensorData }> = {
  F32: { bytes: 4, make: (buffer) => new Float32Array(buffer) },
  F64: { bytes: 8, make: (buffer) => new Float64Array(buffer) },
  I32: { bytes: 4, make: (buffer) => new Int32Array(buffer) },
  U32: { bytes: 4, make: (buffer) => new Uint32Array(buffer) },
  U8: { bytes: 1, make: (buffer) => new Uint8Array(buffer) },
};

/** The limit other readers of the format keep, so that a hostile length cannot ask for all memory. */
const headerLimit = 100_000_000;

/**
 * Encodes the arrays in order of name, so that equal contents give equal bytes.
 * @throws `safetensors-shape` where a shape does not fit its values, `safetensors-name` for the reserved name.
 */
export function encodeSafetensors(
  arrays: Readonly<Record<string, StoredArray>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const names = Object.keys(arrays).sort();
  const header: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) header.push(['__metadata__', metadata]);
  let offset = 0;
  for (const name of names) {
    const { data, shape } = arrays[name]!;
    if (name === '__metadata__')
      throw new MongeError({
        code: 'safetensors-name',
        what: 'this name is reserved by the format',
        where: { tensor: name },
      });
    const expected = elementCount(shape, name);
    if (expected !== data.length)
      throw new MongeError({
        code: 'safetensors-shape',
        what: 'the shape does not fit the number of values',
        where: { tensor: name },
        got: `${data.length} values`,
        expected: `[${shape.join(', ')}] = ${expected}`,
      });
    header.push([name, { dtype: dtypeOf(data), shape, data_offsets: [offset, offset + data.byteLength] }]);
    offset += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  // Spaces align the values to 8 bytes, as the format asks for.
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerBytes + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.fill(0x20, 8, 8 + headerBytes);
  bytes.set(json, 8);
  let at = 8 + headerBytes;
  for (const name of names) {
    const { data } = arrays[name]!;
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * Decodes and checks everything: header length, JSON, types, shapes, and that the values cover the file without gap or overlap.
 * The arrays are fresh copies. `file` is named in errors.
 * @throws `safetensors-truncated`, `safetensors-header`, `safetensors-dtype`, `safetensors-shape`, `safetensors-offsets`.
 */
export function decodeSafetensors(bytes: Uint8Array, file?: string): DecodedTensors {
  const header = readHeader(bytes, file);
  const start = 8 + header.length;
  const available = bytes.length - start;
  const metadata: Record<string, string> = {};
  const spans: { name: string; from: number; to: number }[] = [];
  const arrays: Record<string, StoredArray> = Object.create(null) as Record<string, StoredArray>;

  for (const [name, entry] of Object.entries(header.entries)) {
    if (name === '__metadata__') {
      for (const [key, value] of Object.entries(record(entry, name, file)))
        metadata[key] = typeof value === 'string' ? value : JSON.stringify(value);
      continue;
    }
    const { dtype, shape, data_offsets: offsets } = record(entry, name, file);
    const known = typeof dtype === 'string' && Object.hasOwn(dtypes, dtype) ? dtypes[dtype as Dtype] : null;
    if (!known)
      throw new MongeError({
        code: 'safetensors-dtype',
        what: 'this value type is not supported',
        where: { file, tensor: name },
        got: String(JSON.stringify(dtype)),
        expected: `one of ${Object.keys(dtypes).join(', ')}`,
      });
    const count = elementCount(shape, name, file);
    const [from, to] = offsetsOf(offsets, name, available, file);
    if (to - from !== count * known.bytes)
      throw new MongeError({
        code: 'safetensors-shape',
        what: 'the shape does not fit the number of bytes',
        where: { file, tensor: name },
        got: `${to - from} bytes`,
        expected: `${count * known.bytes} bytes`,
      });
    spans.push({ name, from, to });
    // Not `slice`: on a Node Buffer that is a view of someone else's memory.
    const copy = new Uint8Array(to - from);
    copy.set(bytes.subarray(start + from, start + to));
    arrays[name] = { data: known.make(copy.buffer), shape: shape as number[] };
  }
  checkCover(spans, available, file);
  return { arrays: { ...arrays }, metadata };
}

function readHeader(bytes: Uint8Array, file?: string): { length: number; entries: Record<string, unknown> } {
  if (bytes.length < 8) throw truncated(bytes.length, 8, file);
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(headerLimit))
    throw new MongeError({
      code: 'safetensors-header',
      what: 'the header is too long, so this is hardly a safetensors file',
      where: { file, byte: 0 },
      got: `${length} bytes`,
      expected: `at most ${headerLimit}`,
    });
  const end = 8 + Number(length);
  if (bytes.length < end) throw truncated(bytes.length, end, file);
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, end)));
  } catch (cause) {
    throw new MongeError(
      { code: 'safetensors-header', what: 'the header is not JSON', where: { file, byte: 8 } },
      { cause },
    );
  }
  return { length: Number(length), entries: record(parsed, '', file) };
}

function record(value: unknown, tensor: string, file?: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new MongeError({
    code: 'safetensors-header',
    what: 'the header has something else where an object belongs',
    where: tensor ? { file, tensor } : { file, byte: 8 },
  });
}

function elementCount(shape: unknown, tensor: string, file?: string): number {
  const sizes: unknown[] | null = Array.isArray(shape) ? shape : null;
  let count = 1;
  for (const size of sizes ?? [Number.NaN]) {
    count *= typeof size === 'number' && Number.isInteger(size) && size >= 0 ? size : Number.NaN;
    if (!Number.isSafeInteger(count))
      throw new MongeError({
        code: 'safetensors-shape',
        what: 'the shape is not a list of whole numbers',
        where: { file, tensor },
        got: String(JSON.stringify(shape)),
      });
  }
  return count;
}

function offsetsOf(value: unknown, tensor: string, available: number, file?: string): [number, number] {
  const [from, to] = Array.isArray(value) && value.length === 2 ? (value as unknown[]) : [];
  const whole = Number.isSafeInteger(from) && Number.isSafeInteger(to);
  if (!whole || (from as number) < 0 || (to as number) < (from as number) || (to as number) > available)
    throw new MongeError({
      code: 'safetensors-offsets',
      what: 'the values lie outside the file',
      where: { file, tensor },
      got: String(JSON.stringify(value)),
      expected: `two offsets from 0 to ${available}`,
      help: 'the file may be cut short; copy or download it again',
    });
  return [from as number, to as number];
}

function checkCover(
  spans: { name: string; from: number; to: number }[],
  available: number,
  file?: string,
): void {
  spans.sort((a, b) => a.from - b.from || a.to - b.to);
  let end = 0;
  for (const span of spans) {
    if (span.from !== end)
      throw new MongeError({
        code: 'safetensors-offsets',
        what: span.from < end ? 'two tensors overlap' : 'there is a gap before a tensor',
        where: { file, tensor: span.name },
        got: `offset ${span.from}`,
        expected: `offset ${end}`,
      });
    end = span.to;
  }
  if (end !== available)
    throw new MongeError({
      code: 'safetensors-offsets',
      what: 'there are bytes after the last tensor',
      where: { file, byte: end },
      got: `${available - end} more bytes`,
      expected: 'none',
    });
}

function truncated(got: number, expected: number, file?: string): MongeError {
  return new MongeError({
    code: 'safetensors-truncated',
    what: 'the file ends too early',
    where: { file, byte: got },
    got: `${got} bytes`,
    expected: `at least ${expected}`,
    help: 'copy or download the file again',
  });
}

function dtypeOf(data: TensorData): Dtype {
  if (data instanceof Float32Array) return 'F32';
  if (data instanceof Float64Array) return 'F64';
  if (data instanceof Int32Array) return 'I32';
  if (data instanceof Uint32Array) return 'U32';
  return 'U8';
}
