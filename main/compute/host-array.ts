/** @file The typed arrays behind tensors on the host; apart from the runtime, so that methods can be listed without loading it. */
import type { HostTensor } from '../contract/compute';

export const arrayTypes = {
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

/** Zeros of an element type. */
export function hostArray(type: HostTensor['type'], length: number): HostTensor['data'] {
  return new arrayTypes[type](length);
}
