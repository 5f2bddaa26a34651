/** @file Values of ONNX tensors: from numbers to raw bytes and back, checked against their shape. */
import { MongeError } from '../error';
import type { DType } from '../ir/types';
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
 * The values of a float32, float64, int32, int64 or bool tensor as numbers, from raw bytes or typed fields.
 * Throws `onnx-tensor` where the type is another, the values are elsewhere, or their number does not fit the shape.
 */
export function tensorValues(tensor: TensorProto): { dtype: DType; shape: number[]; data: Float64Array } {
  const dtype = (Object.keys(DATA_TYPE) as DType[]).find(
    (key) => DATA_TYPE[key] === Number(tensor.dataType ?? 0),
  );
  const shape = (tensor.dims ?? []).map(Number);
  const count = shape.reduce((product, size) => product * size, 1);
  if (!dtype)
    throw tensorError(tensor, `data type ${tensor.dataType ?? 0}`, 'float32, float64, int32, int64 or bool');
  if (Number(tensor.dataLocation ?? 0) === 1)
    throw tensorError(tensor, 'values in another file', 'values in the model itself');
  if (!Number.isSafeInteger(count) || shape.some((size) => size < 0))
    throw tensorError(tensor, `shape [${shape.join(',')}]`, 'sizes from 0 upwards');
  const data = tensor.rawData ? fromRaw(tensor, dtype, tensor.rawData) : fromFields(tensor, dtype);
  if (data.length !== count)
    throw tensorError(tensor, `${data.length} values`, `${count} values for its shape`);
  return { dtype, shape, data };
}

function fromRaw(tensor: TensorProto, dtype: DType, raw: Uint8Array): Float64Array {
  const width = { float32: 4, float64: 8, int32: 4, int64: 8, bool: 1 }[dtype];
  if (raw.length % width !== 0)
    throw tensorError(tensor, `${raw.length} bytes`, `a multiple of ${width} bytes`);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  return Float64Array.from({ length: raw.length / width }, (_, index) => {
    switch (dtype) {
      case 'float32':
        return view.getFloat32(index * 4, true);
      case 'float64':
        return view.getFloat64(index * 8, true);
      case 'int32':
        return view.getInt32(index * 4, true);
      case 'int64':
        return Number(view.getBigInt64(index * 8, true));
      case 'bool':
        return raw[index]!;
    }
  });
}

function fromFields(tensor: TensorProto, dtype: DType): Float64Array {
  const fields = {
    float32: 'floatData',
    float64: 'doubleData',
    int64: 'int64Data',
    int32: 'int32Data',
    bool: 'int32Data',
  } as const;
  return Float64Array.from(tensor[fields[dtype]] ?? [], Number);
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
