/** @file The typed arrays behind tensors on the host; apart from the runtime, so that methods can be listed without loading it. */
import type { HostTensor } from './types';

export const arrayTypes = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

/** Zeros of an element type. */
export function hostArray(type: HostTensor['type'], length: number): HostTensor['data'] {
  return new arrayTypes[type](length);
}
