/** @file Values of ONNX tensors: from numbers to raw bytes and back, checked against their shape. */
import { MongeError } from '../error';
import {
  elementBytes,
  elementsIn,
  elementTypeOf,
  readElements,
  type ElementType,
  type StoredArray,
} from '../io/elements';
import type { DType } from '../ir/types';
import { elementNumbers, elementTypeName, elementTypeOfNumber } from './element-types';
import type { TensorProto } from './model';

export const DATA_TYPE: Record<DType, number> = { float32: 1, int32: 6, int64: 7, bool: 9, float64: 11 };

/** A tensor with its values as raw little-endian bytes, the only form that stays fast for large weights. */
export function rawTensor(
  name: string,
  dtype: DType,
  shape: readonly number[],
  data: ArrayLike<number>,
): TensorProto {
  return { name, dims: [...shape], dataType: DATA_TYPE[dtype], rawData: rawBytes(dtype, data) };
}

function rawBytes(dtype: DType, data: ArrayLike<number>): Uint8Array {
  switch (dtype) {
    case 'float32':
      return bytesOf(data instanceof Float32Array ? data : Float32Array.from(data));
    case 'float64':
      return bytesOf(data instanceof Float64Array ? data : Float64Array.from(data));
    case 'int32':
      return bytesOf(data instanceof Int32Array ? data : Int32Array.from(data));
    case 'int64':
      return bytesOf(BigInt64Array.from(Array.from(data, (value) => BigInt(value))));
    case 'bool':
      return Uint8Array.from(data, (value) => Number(value !== 0));
  }
}

/** A copy, so that later changes of the source do not reach the model. */
function bytesOf(array: Float32Array | Float64Array | Int32Array | BigInt64Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength).slice();
}

/**
 * The values of a tensor of any plain numeric type, without loss, from raw bytes or typed fields.
 * Throws `onnx-tensor` where the type is another, the values are elsewhere, or their number does not fit the shape.
 */
export function tensorArray(tensor: TensorProto): StoredArray {
  const type = elementTypeOfNumber(tensor.dataType);
  const shape = (tensor.dims ?? []).map(Number);
  const count = elementsIn(shape);
  if (!type)
    throw tensorError(
      tensor,
      `values of ${elementTypeName(tensor.dataType)}`,
      `one of ${Object.keys(elementNumbers).join(', ')}`,
    );
  if (Number(tensor.dataLocation ?? 0) === 1)
    throw tensorError(tensor, 'values in another file', 'values in the model itself');
  if (Number.isNaN(count)) throw tensorError(tensor, `shape [${shape.join(',')}]`, 'sizes from 0 upwards');
  const array = tensor.rawData ? fromRaw(tensor, type, tensor.rawData) : fromFields(tensor, type);
  if (array.data.length !== count)
    throw tensorError(tensor, `${array.data.length} values`, `${count} values for its shape`);
  return { ...array, shape };
}

/** The same as numbers; 64-bit integers beyond 2^53 are rounded. */
export function tensorValues(tensor: TensorProto): {
  dtype: ElementType;
  shape: number[];
  data: Float64Array;
} {
  const array = tensorArray(tensor);
  const data = new Float64Array(array.data.length);
  for (let i = 0; i < data.length; i += 1) data[i] = Number(array.data[i]!);
  return { dtype: elementTypeOf(array), shape: [...array.shape], data };
}

function fromRaw(tensor: TensorProto, type: ElementType, raw: Uint8Array): StoredArray {
  const width = elementBytes[type];
  if (raw.length % width !== 0)
    throw tensorError(tensor, `${raw.length} bytes`, `a multiple of ${width} bytes`);
  return readElements(type, raw);
}

/** Which field holds what is fixed by onnx.proto; small integers and the bits of halves share int32Data. */
function fromFields(tensor: TensorProto, type: ElementType): StoredArray {
  const shape: number[] = [];
  switch (type) {
    case 'float32':
      return { data: Float32Array.from(tensor.floatData ?? []), shape };
    case 'float64':
      return { data: Float64Array.from(tensor.doubleData ?? []), shape };
    case 'int64':
      return { data: BigInt64Array.from(tensor.int64Data ?? [], BigInt), shape };
    case 'uint64':
      return { data: BigUint64Array.from(tensor.uint64Data ?? [], BigInt), shape };
    case 'uint32':
      return { data: Uint32Array.from(tensor.uint64Data ?? [], Number), shape };
    default: {
      const integers = Int32Array.from(tensor.int32Data ?? [], Number);
      if (type === 'int32') return { data: integers, shape };
      // The low bytes of each integer are the value as it would lie in a file.
      const width = elementBytes[type];
      const bytes = new Uint8Array(integers.length * width);
      integers.forEach((value, i) => {
        for (let k = 0; k < width; k += 1) bytes[i * width + k] = (value >> (8 * k)) & 0xff;
      });
      return readElements(type, bytes);
    }
  }
}

function tensorError(tensor: TensorProto, got: string, expected: string): MongeError {
  return new MongeError({
    code: 'onnx-tensor',
    what: 'the values of a tensor cannot be read',
    where: { tensor: tensor.name ?? '(unnamed)' },
    got,
    expected,
  });
}
