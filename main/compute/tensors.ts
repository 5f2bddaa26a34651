/** @file Host tensors to ONNX Runtime's and back, with checks that name the tensor before native code sees it. */
import { Tensor } from 'onnxruntime-node';
import { MongeError } from '../../native-models/error';
import type { HostTensor } from './types';

const arrayTypes = {
  float16: Uint16Array,
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
  bool: Uint8Array,
} as const satisfies Record<HostTensor['type'], unknown>;

/** @throws `tensor-type`, `tensor-shape` naming the tensor; memory shared between threads is copied first, as the runtime refuses it. */
export function toRuntime(name: string, tensor: HostTensor, label: string): Tensor {
  const expected = Object.hasOwn(arrayTypes, tensor.type) ? arrayTypes[tensor.type] : null;
  if (!expected || !(tensor.data instanceof expected))
    throw new MongeError({
      code: 'tensor-type',
      what: 'the values do not fit the declared type',
      where: { op: label, tensor: name },
      got: `${tensor.type} in a ${Object.prototype.toString.call(tensor.data).slice(8, -1)}`,
      expected: expected ? expected.name : `one of ${Object.keys(arrayTypes).join(', ')}`,
    });
  const count = tensor.dims.reduce((product, size) => product * size, 1);
  if (count !== tensor.data.length)
    throw new MongeError({
      code: 'tensor-shape',
      what: 'the shape does not fit the number of values',
      where: { op: label, tensor: name },
      got: `${tensor.data.length} values`,
      expected: `[${tensor.dims.join(', ')}] = ${count}`,
    });
  const shared = tensor.data.buffer instanceof SharedArrayBuffer;
  return new Tensor(tensor.type, shared ? tensor.data.slice() : tensor.data, tensor.dims);
}

/** @throws `tensor-type` for an output in a type the engine has no use for. */
export function fromRuntime(name: string, tensor: Tensor, label: string): HostTensor {
  const type = tensor.type as keyof typeof arrayTypes;
  if (!Object.hasOwn(arrayTypes, type))
    throw new MongeError({
      code: 'tensor-type',
      what: 'the model gives values of a type that is not supported',
      where: { op: label, tensor: name },
      got: tensor.type,
      expected: `one of ${Object.keys(arrayTypes).join(', ')}`,
    });
  const data = tensor.data as HostTensor['data'];
  // Where the language has a Float16Array the runtime gives that; here halves are their bits.
  if (type === 'float16' && !(data instanceof Uint16Array)) {
    const { buffer, byteOffset, length } = tensor.data as unknown as Uint16Array;
    return { type, data: new Uint16Array(buffer, byteOffset, length), dims: tensor.dims };
  }
  return { type, data, dims: tensor.dims };
}

/** @throws `feeds-missing`, `feeds-unknown` when the fed names are not exactly the model's inputs. */
export function checkFeeds(given: readonly string[], inputs: readonly string[], label: string): void {
  const missing = inputs.find((name) => !given.includes(name));
  if (missing !== undefined)
    throw new MongeError({
      code: 'feeds-missing',
      what: 'an input of the model was not given',
      where: { op: label, tensor: missing },
      got: given.join(', ') || 'none',
      expected: inputs.join(', '),
    });
  const unknown = given.find((name) => !inputs.includes(name));
  if (unknown !== undefined)
    throw new MongeError({
      code: 'feeds-unknown',
      what: 'the model has no such input',
      where: { op: label, tensor: unknown },
      expected: inputs.join(', ') || 'no inputs',
    });
}
