/** @file Tensors to ONNX Runtime's and back, with checks that name the tensor before native code sees it. */
import { Tensor } from 'onnxruntime-node';
import { MongeError } from '../../native-models/error';
import { withGpuLock } from './gpu-lock';
import { arrayTypes } from './host-array';
import type { DeviceTensor, HostTensor, WantedOutputs } from '../contract/compute';

/**
 * @throws `tensor-type`, `tensor-shape`, `tensor-released` naming the tensor; memory shared between threads is copied
 * first, as the runtime refuses it.
 */
export function toRuntime(name: string, tensor: HostTensor | DeviceTensor, label: string): Tensor {
  if (isOnDevice(tensor)) return onDevice(name, tensor, label);
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
  const type = knownType(name, tensor, label);
  const data = tensor.data as HostTensor['data'];
  // Where the language has a Float16Array the runtime gives that; here halves are their bits.
  if (type === 'float16' && !(data instanceof Uint16Array)) {
    const { buffer, byteOffset, length } = tensor.data as unknown as Uint16Array;
    return { type, data: new Uint16Array(buffer, byteOffset, length), dims: tensor.dims };
  }
  return { type, data, dims: tensor.dims };
}

/**
 * Wraps a value that lies on the GPU. Its values are never read directly: doing so aborts the process (ONNX Runtime
 * 1.30); a session with Identity on the GPU and its output on the host brings them back.
 */
export function keepOnDevice(
  name: string,
  tensor: Tensor,
  label: string,
  gpuLock: SharedArrayBuffer,
  onRelease: (released: DeviceTensor) => void,
): DeviceTensor {
  const kept: DeviceTensor = {
    location: 'device',
    type: knownType(name, tensor, label),
    dims: [...tensor.dims],
    async release() {
      const native = natives.get(kept);
      if (!native) return;
      natives.delete(kept);
      onRelease(kept);
      await withGpuLock(gpuLock, () => Promise.resolve(native.dispose()));
    },
  };
  natives.set(kept, tensor);
  return kept;
}

export function isOnDevice(tensor: HostTensor | DeviceTensor): tensor is DeviceTensor {
  return 'location' in tensor;
}

/** The runtime's tensors behind those that the engine hands around; gone once released. */
const natives = new WeakMap<DeviceTensor, Tensor>();

function onDevice(name: string, tensor: DeviceTensor, label: string): Tensor {
  const native = natives.get(tensor);
  if (native) return native;
  throw new MongeError({
    code: 'tensor-released',
    what: 'this value on the GPU was released before',
    where: { op: label, tensor: name },
  });
}

function knownType(name: string, tensor: Tensor, label: string): HostTensor['type'] {
  if (Object.hasOwn(arrayTypes, tensor.type)) return tensor.type as HostTensor['type'];
  throw new MongeError({
    code: 'tensor-type',
    what: 'the model gives values of a type that is not supported',
    where: { op: label, tensor: name },
    got: tensor.type,
    expected: `one of ${Object.keys(arrayTypes).join(', ')}`,
  });
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

/**
 * What the runtime is told to give; null for every output in memory of its own.
 * @throws `outputs-unknown` for a name that the model does not have
 */
export function fetchesOf(
  wanted: WantedOutputs | undefined,
  known: readonly string[],
  label: string,
): Record<string, Tensor | null> | null {
  const { outputs = known, into = {} } = wanted ?? {};
  const targets = Object.entries(into);
  if (outputs === known && targets.length === 0) return null;
  const fetches: Record<string, Tensor | null> = Object.fromEntries(outputs.map((name) => [name, null]));
  for (const [name, tensor] of targets) fetches[name] = toRuntime(name, tensor, label);
  const unknown = Object.keys(fetches).find((name) => !known.includes(name));
  if (unknown === undefined) return fetches;
  throw new MongeError({
    code: 'outputs-unknown',
    what: 'the model has no such output',
    where: { op: label, tensor: unknown },
    expected: known.join(', '),
  });
}
