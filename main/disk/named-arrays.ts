/** @file The arrays of a run's own files, in the types that methods keep. */
import { MongeError } from '../../native-models/error';
import { decodeSafetensors } from '../../native-models/io/safetensors';
import type { NamedArray } from '../contract/define';

/** @throws what `decodeSafetensors` throws, and `safetensors-dtype` for a type that no run writes. */
export function decodeNamedArrays(bytes: Uint8Array, file: string): Record<string, NamedArray> {
  const arrays = Object.entries(decodeSafetensors(bytes, file).arrays);
  return Object.fromEntries(
    arrays.map(([name, { data, shape, dtype }]) => {
      const kept =
        data instanceof Float32Array ||
        data instanceof Float64Array ||
        data instanceof Int32Array ||
        data instanceof Uint32Array ||
        data instanceof Uint8Array;
      if (kept && dtype === undefined) return [name, { data, shape }];
      throw new MongeError({
        code: 'safetensors-dtype',
        what: 'no run writes tensors of this type',
        where: { file, tensor: name },
        got: dtype ?? data.constructor.name,
        expected: 'F32, F64, I32, U32 or U8',
      });
    }),
  );
}
