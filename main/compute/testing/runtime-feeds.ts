/** @file Host arrays to ONNX Runtime's tensors and back, for tests that run whole graphs. */
import * as ort from 'onnxruntime-node';
import type { DType, HostArray, TensorType } from '../../../native-models';

/** Host arrays as the runtime takes them, converted to the given types. */
export function feeds(
  values: Record<string, HostArray>,
  types: Record<string, TensorType>,
): Record<string, ort.Tensor> {
  return Object.fromEntries(
    Object.entries(values).map(([name, { data, shape }]) => [
      name,
      new ort.Tensor(types[name]!.dtype, typed(types[name]!.dtype, data), shape),
    ]),
  );
}

/** The values of a runtime tensor as doubles. */
export function numbers(tensor: ort.Tensor): Float64Array {
  return Float64Array.from(Array.from(tensor.data as ArrayLike<number | bigint>, Number));
}

function typed(dtype: DType, data: ArrayLike<number>) {
  switch (dtype) {
    case 'float32':
      return Float32Array.from(data);
    case 'float64':
      return Float64Array.from(data);
    case 'int32':
      return Int32Array.from(data);
    case 'int64':
      return BigInt64Array.from(Array.from(data, BigInt));
    case 'bool':
      return Uint8Array.from(data);
  }
}
