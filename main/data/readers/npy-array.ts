/** @file NPY arrays: the header, every plain dtype in both byte orders, C and Fortran order. */
import { MongeError } from '../../../native-models/error';
import { checkDeclared, truncated } from '../limits';

export interface NpyHeader {
  shape: number[];
  dtype: Dtype;
  fortran: boolean;
  /** Byte at which the values begin. */
  start: number;
}

export interface Dtype {
  name: string;
  bytes: number;
  whole: boolean;
  read(view: DataView, offset: number): number;
}

/** The values of an array in C order. */
export interface NpyArray {
  shape: number[];
  dtype: Dtype;
  values: Uint8Array | Float32Array | Float64Array;
}

/** numpy itself refuses headers above 10,000 characters unless told otherwise. */
const MAXIMUM_HEADER = 1 << 16;
export const NPY_MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** Parses an NPY header. `file` names the file (or the entry) in errors; `stored` is its size on disk. */
export function parseNpyHeader(file: string, bytes: Uint8Array, stored: number): NpyHeader {
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
  if (version < 1 || version > 3) throw malformed(file, `version ${version}`);
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
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('latin1');
  const descr = /'descr'\s*:\s*(?:'([^']*)'|(\[))/.exec(text);
  const fortran = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const shapeText = /'shape'\s*:\s*\(([\d,\sL]*)\)/.exec(text)?.[1];
  if (!descr || !fortran || shapeText === undefined) throw malformed(file, text.trim().slice(0, 120));
  const shape = shapeText
    .split(',')
    .map((part) => part.trim().replace(/L$/, ''))
    .filter((part) => part !== '')
    .map(Number);
  const dtype = parseDtype(file, descr[1] ?? 'structured');
  const count = shape.reduce((product, d) => product * d, 1);
  checkDeclared(file, count * dtype.bytes, stored, shape);
  return { shape, dtype, fortran: fortran === 'True', start: start + length };
}

/** Reads the values behind a header, in C order. Bytes stay bytes; f16 and f32 give Float32Array, all else Float64Array. */
export function readNpyValues(file: string, bytes: Uint8Array, header: NpyHeader): NpyArray {
  const { shape, dtype, start } = header;
  const count = shape.reduce((product, d) => product * d, 1);
  const end = start + count * dtype.bytes;
  if (bytes.length < end) throw truncated(file, bytes.length, end);
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, count * dtype.bytes);
  const make = dtype.name === 'u1' ? Uint8Array : /^f[24]$/.test(dtype.name) ? Float32Array : Float64Array;
  const values = new make(count);
  for (let i = 0; i < count; i += 1) values[i] = dtype.read(view, i * dtype.bytes);
  return { shape, dtype, values: header.fortran ? toCOrder(values, shape) : values };
}

/** Reorders column-major values: the first index runs fastest in the source, slowest in the result. */
function toCOrder<A extends Uint8Array | Float32Array | Float64Array>(
  values: A,
  shape: readonly number[],
): A {
  if (shape.length < 2) return values;
  const out = values.slice() as A;
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, d) => product * d, 1));
  const index = new Array<number>(shape.length).fill(0);
  let from = 0;
  for (let to = 0; to < values.length; to += 1) {
    out[to] = values[from]!;
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

function parseDtype(file: string, descr: string): Dtype {
  const match = /^([<>|=])?([fiub])(\d+)$/.exec(descr) ?? (descr === '?' ? ['', '|', 'b', '1'] : null);
  const little = match?.[1] !== '>';
  const kind = match?.[2] ?? '';
  const name = `${kind}${match?.[3] ?? ''}`;
  const readers: Record<string, (view: DataView, offset: number) => number> = {
    b1: (v, o) => (v.getUint8(o) === 0 ? 0 : 1),
    u1: (v, o) => v.getUint8(o),
    i1: (v, o) => v.getInt8(o),
    u2: (v, o) => v.getUint16(o, little),
    i2: (v, o) => v.getInt16(o, little),
    u4: (v, o) => v.getUint32(o, little),
    i4: (v, o) => v.getInt32(o, little),
    u8: (v, o) => Number(v.getBigUint64(o, little)),
    i8: (v, o) => Number(v.getBigInt64(o, little)),
    f2: (v, o) => halfToNumber(v.getUint16(o, little)),
    f4: (v, o) => v.getFloat32(o, little),
    f8: (v, o) => v.getFloat64(o, little),
  };
  const read = readers[name];
  if (!read)
    throw new MongeError({
      code: 'unsupported-dtype',
      what: 'arrays of this type are not read',
      where: { file },
      got: descr,
      expected: 'bool, i1–i8, u1–u8, f2, f4 or f8',
      help: 'save it as a plain numeric array: np.save(name, array.astype("float32"))',
    });
  return { name, bytes: Number(name.slice(1)), whole: kind !== 'f' && kind !== 'b', read };
}

/** IEEE 754 half precision: 1 sign, 5 exponent (bias 15) and 10 fraction bits. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function malformed(file: string, got: string): MongeError {
  return new MongeError({
    code: 'malformed-header',
    what: 'the NPY header cannot be read',
    where: { file, byte: 6 },
    got,
    expected: "{'descr': …, 'fortran_order': …, 'shape': …}",
  });
}
