/** @file The element types arrays have in files, and their values from bytes and back; shared by all formats. */
import { MongeError } from '../error';
import { narrow, widen } from './halves';

/** Arrays as they are held: every type of a file without loss. */
export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** Types that no typed array stands for: halves are held as Float32Array, truth values as bytes 0 and 1. */
export type WidenedType = 'float16' | 'bfloat16' | 'bool';

export type ElementType =
  | WidenedType
  | 'float32'
  | 'float64'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64';

export interface StoredArray {
  data: TensorData;
  /** Row-major; its product is the number of values. An empty shape is a scalar. */
  shape: readonly number[];
  /** The type in the file where `data` does not say it; writing rounds to it. */
  dtype?: WidenedType;
}

type Plain = Exclude<ElementType, WidenedType>;
const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
} as const satisfies Record<Plain, unknown>;

/** Bytes of one value in a file. */
export const elementBytes: Readonly<Record<ElementType, number>> = {
  bool: 1,
  float16: 2,
  bfloat16: 2,
  float32: 4,
  float64: 8,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
};

/**
 * The type an array has in a file.
 * @throws `array-type` where the asked type cannot be made of the values: halves come from floats, truth values from bytes.
 */
export function elementTypeOf({ data, dtype }: Pick<StoredArray, 'data' | 'dtype'>): ElementType {
  const held = (Object.keys(arrays) as Plain[]).find((type) => data instanceof arrays[type]);
  const fits =
    dtype === undefined || (dtype === 'bool' ? held === 'uint8' : held === 'float32' || held === 'float64');
  if (held && fits) return dtype ?? held;
  throw new MongeError({
    code: 'array-type',
    what: 'these values cannot be written as this type',
    got: `${dtype ?? 'no type'} of a ${Object.prototype.toString.call(data).slice(8, -1)}`,
    expected: 'float16 or bfloat16 of floats, bool of a Uint8Array, or no type and any typed array',
  });
}

/** The values of `bytes`, whose length is a multiple of the type's; always a fresh copy. */
export function readElements(type: ElementType, bytes: Uint8Array, littleEndian = true): StoredArray {
  // Not `slice`: on a Node Buffer that is a view of someone else's memory.
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  if (!littleEndian) reverseEach(copy, elementBytes[type]);
  const shape = [copy.length / elementBytes[type]];
  if (type === 'bool') return { data: copy.map((byte) => Number(byte !== 0)), shape, dtype: type };
  if (type === 'float16' || type === 'bfloat16')
    return { data: widen(type, new Uint16Array(copy.buffer)), shape, dtype: type };
  return { data: new arrays[type](copy.buffer), shape };
}

/** The values as little-endian bytes; a view of the array's own memory where nothing has to change. */
export function writeElements(array: StoredArray): Uint8Array {
  const type = elementTypeOf(array);
  const { data } = array;
  if (type === 'bool') return Uint8Array.from(data as Uint8Array, (byte) => Number(byte !== 0));
  const stored =
    type === 'float16' || type === 'bfloat16' ? narrow(type, data as Float32Array | Float64Array) : data;
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
}

/** The number of values of a shape; NaN where it is not a list of sizes or the product is not exact. */
export function elementsIn(shape: unknown): number {
  if (!Array.isArray(shape)) return NaN;
  let count = 1;
  for (const size of shape as unknown[]) {
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return NaN;
    count *= size;
    if (!Number.isSafeInteger(count)) return NaN;
  }
  return count;
}

function reverseEach(bytes: Uint8Array, width: number): void {
  for (let at = 0; width > 1 && at < bytes.length; at += width) bytes.subarray(at, at + width).reverse();
}
