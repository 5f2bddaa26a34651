/** @file Arrays as `.npy` bytes, and several of them zipped as `.npz`: read in every plain type, written little-endian. */
import { zipSync } from 'fflate';
import { MongeError } from '../error';
import {
  elementBytes,
  elementsIn,
  elementTypeOf,
  readElements,
  writeElements,
  type ElementType,
  type StoredArray,
  type TensorData,
} from './elements';
import { truncated } from './limits';
import { zipEntries } from './zip';

export interface NpyHeader {
  shape: number[];
  /** Product of the shape; NaN where that is not an exact number. */
  count: number;
  type: ElementType;
  littleEndian: boolean;
  fortran: boolean;
  /** Byte at which the values begin. */
  start: number;
}

/** The names NumPy has for the types. It has none for bfloat16, whose values float32 holds exactly. */
const letters: Readonly<Record<ElementType, string>> = {
  bool: 'b1',
  float16: 'f2',
  bfloat16: 'f4',
  float32: 'f4',
  float64: 'f8',
  int8: 'i1',
  uint8: 'u1',
  int16: 'i2',
  uint16: 'u2',
  int32: 'i4',
  uint32: 'u4',
  int64: 'i8',
  uint64: 'u8',
};
const types = new Map(
  (Object.keys(letters) as ElementType[])
    .filter((type) => type !== 'bfloat16')
    .map((type): [string, ElementType] => [letters[type], type]),
);

export const NPY_MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** numpy itself refuses headers above 10,000 characters unless told otherwise. */
const MAXIMUM_HEADER = 1 << 16;
/** numpy's own limit. */
const MAXIMUM_DIMENSIONS = 64;

/**
 * Parses the header of format 1.0, 2.0 or 3.0; `bytes` begins with it. Whether the values are there is not looked at.
 * @throws `wrong-magic`, `truncated`, `header-too-large`, `malformed-header`, `unsupported-dtype`, naming `file`.
 */
export function parseNpyHeader(bytes: Uint8Array, file?: string): NpyHeader {
  if (!NPY_MAGIC.every((byte, i) => bytes[i] === byte))
    throw new MongeError({
      code: 'wrong-magic',
      what: 'the file does not begin like an NPY file',
      where: { file, byte: 0 },
      expected: '\\x93NUMPY',
    });
  if (bytes.length < 12) throw truncated(file, bytes.length, 12);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const version = bytes[6]!;
  if (version < 1 || version > 3) throw malformed(`version ${version}`, file);
  const start = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAXIMUM_HEADER)
    throw new MongeError({
      code: 'header-too-large',
      what: 'the header of the array is too long',
      where: { file, byte: 8 },
      got: `${length.toLocaleString('en')} bytes`,
      expected: `at most ${MAXIMUM_HEADER}`,
    });
  if (bytes.length < start + length) throw truncated(file, bytes.length, start + length);
  // Version 3 only changed the encoding, for names of fields, which plain arrays do not have.
  const text = new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(
    bytes.subarray(start, start + length),
  );
  const descr = /'descr'\s*:\s*(?:'([^']*)'|(\[))/.exec(text);
  const fortran = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const shapeText = /'shape'\s*:\s*\(([\d,\sL]*)\)/.exec(text)?.[1];
  if (!descr || !fortran || shapeText === undefined) throw malformed(text.trim().slice(0, 120), file);
  const shape = shapeText
    .split(',')
    .map((part) => part.trim().replace(/L$/, ''))
    .filter((part) => part !== '')
    .map(Number);
  if (shape.length > MAXIMUM_DIMENSIONS) throw malformed(`${shape.length} dimensions`, file);
  const { type, littleEndian } = parseDescriptor(descr[1] ?? 'structured', file);
  const count = elementsIn(shape);
  return { shape, count, type, littleEndian, fortran: fortran === 'True', start: start + length };
}

/**
 * One array from `.npy` bytes, in C order. A header is passed where it was parsed already.
 * @throws what `parseNpyHeader` throws, and `truncated` where the values are not all there; nothing is allocated before.
 */
export function decodeNpy(
  bytes: Uint8Array,
  file?: string,
  header = parseNpyHeader(bytes, file),
): StoredArray {
  const { shape, type, littleEndian, fortran } = header;
  const array = { ...readElements(type, valueBytes(bytes, header, file), littleEndian), shape };
  return fortran ? { ...array, data: toCOrder(array.data, shape) } : array;
}

/**
 * The arrays of an `.npz` by name, in the order they lie in it; entries that are not `.npy` are left out.
 * @throws what `zipEntries` and `decodeNpy` throw, and `no-arrays`.
 */
export function decodeNpz(bytes: Uint8Array, file?: string): Record<string, StoredArray> {
  return Object.fromEntries(
    npyEntries(bytes, file).map((entry) => [entry.name, decodeNpy(entry.read(), entry.where)]),
  );
}

/** Name, type and shape of the arrays of an `.npz`. @throws what `decodeNpz` throws. */
export function npzIndex(
  bytes: Uint8Array,
  file?: string,
): { name: string; type: ElementType; shape: readonly number[] }[] {
  return npyEntries(bytes, file).map((entry) => {
    const content = entry.read();
    const header = parseNpyHeader(content, entry.where);
    valueBytes(content, header, entry.where);
    return { name: entry.name, type: header.type, shape: header.shape };
  });
}

function npyEntries(
  bytes: Uint8Array,
  file = 'the archive',
): { name: string; where: string; read(): Uint8Array }[] {
  const entries = zipEntries(file, bytes).filter(({ name }) => name.endsWith('.npy'));
  if (entries.length === 0)
    throw new MongeError({
      code: 'no-arrays',
      what: 'the archive holds no NPY arrays',
      where: { file },
      help: 'write it with np.savez(name, x=…, label=…)',
    });
  return entries.map((entry) => ({
    name: entry.name.slice(0, -4),
    where: `${file}/${entry.name}`,
    read: () => entry.read(),
  }));
}

/**
 * One array as `.npy` bytes (format 1.0), little-endian, C order; bfloat16 is written as float32.
 * @throws `npy-shape` where the shape does not fit the number of values, `array-type`.
 */
export function encodeNpy(array: StoredArray): Uint8Array {
  const { data, shape } = array;
  const count = elementsIn(shape);
  if (count !== data.length)
    throw new MongeError({
      code: 'npy-shape',
      what: 'the shape does not fit the number of values',
      got: `${data.length} values`,
      expected: `[${shape.join(', ')}] = ${count}`,
    });
  const type = elementTypeOf(array);
  const stored: StoredArray =
    type === 'bfloat16' ? { shape, data: Float32Array.from(data as Float32Array) } : array;
  // A tuple of one needs its comma.
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const descriptor = `${elementBytes[type] === 1 ? '|' : '<'}${letters[type]}`;
  const text = `{'descr': '${descriptor}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // Magic, version and length take 10 bytes; spaces and a line feed align the values to 64.
  const total = Math.ceil((10 + text.length + 1) / 64) * 64;
  const values = writeElements(stored);
  const bytes = new Uint8Array(total + values.length);
  bytes.set([...NPY_MAGIC, 1, 0]);
  new DataView(bytes.buffer).setUint16(8, total - 10, true);
  bytes.set(new TextEncoder().encode(text.padEnd(total - 11) + '\n'), 10);
  bytes.set(values, total);
  return bytes;
}

/** Several arrays as one `.npz`; entries in order of name and with a fixed date, so equal contents give equal bytes. */
export function encodeNpz(arrays: Readonly<Record<string, StoredArray>>): Uint8Array {
  const names = Object.keys(arrays).sort();
  const files = Object.fromEntries(names.map((name) => [`${name}.npy`, encodeNpy(arrays[name]!)]));
  return zipSync(files, { level: 6, mtime: new Date(1980, 0, 2) });
}

function valueBytes(bytes: Uint8Array, { count, type, start }: NpyHeader, file?: string): Uint8Array {
  const end = start + count * elementBytes[type];
  // Written so that NaN, a count beyond all exact numbers, is refused as well.
  if (!(end <= bytes.length)) throw truncated(file, bytes.length, end);
  return bytes.subarray(start, end);
}

function parseDescriptor(descr: string, file?: string): { type: ElementType; littleEndian: boolean } {
  const match = /^([<>|=]?)([fiub]\d+)$/.exec(descr === '?' ? '|b1' : descr);
  const type = types.get(match?.[2] ?? '');
  if (match && type) return { type, littleEndian: match[1] !== '>' };
  throw new MongeError({
    code: 'unsupported-dtype',
    what: 'arrays of this type are not read',
    where: { file },
    got: descr,
    expected: 'bool, i1–i8, u1–u8, f2, f4 or f8',
    help: 'save it as a plain numeric array: np.save(name, array.astype("float32"))',
  });
}

/** Reorders column-major values: the first index runs fastest in the source, slowest in the result. */
function toCOrder<A extends TensorData>(values: A, shape: readonly number[]): A {
  if (shape.length < 2) return values;
  const out = values.slice() as A;
  // Numbers or bigints: they are only moved.
  const [source, target] = [values, out] as unknown as [ArrayLike<number>, number[]];
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, d) => product * d, 1));
  const index = new Array<number>(shape.length).fill(0);
  let from = 0;
  for (let to = 0; to < values.length; to += 1) {
    target[to] = source[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      index[axis]! += 1;
      from += strides[axis]!;
      if (index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}

function malformed(got: string, file?: string): MongeError {
  return new MongeError({
    code: 'malformed-header',
    what: 'the NPY header cannot be read',
    where: { file, byte: 6 },
    got,
    expected: "{'descr': …, 'fortran_order': …, 'shape': …}",
  });
}
