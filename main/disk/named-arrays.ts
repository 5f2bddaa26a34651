/** @file Arrays by name, as methods keep them: read from a run's own files, and put together under prefixes. */
import { MongeError } from '../../native-models/error';
import { decodeSafetensors } from '../../native-models/io/safetensors';
import type { Arrays, NamedArray } from '../contract/define';

/** @throws what `decodeSafetensors` throws, and `safetensors-dtype` for a type that no run writes. */
export function decodeNamedArrays(bytes: Uint8Array, file: string): Arrays {
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

/** Numbers in a row. */
export function vector(data: NamedArray['data']): NamedArray {
  return { data, shape: [data.length] };
}

/** Rows of `width` numbers. */
export function matrix(data: NamedArray['data'], width: number): NamedArray {
  return { data, shape: [data.length / width, width] };
}

/** The arrays under longer names. */
export function prefixed(prefix: string, arrays: Arrays): Arrays {
  return Object.fromEntries(Object.entries(arrays).map(([name, array]) => [prefix + name, array]));
}

/** The arrays whose names begin with the prefix, without it: what `prefixed` was given. */
export function under(prefix: string, arrays: Arrays): Arrays {
  return Object.fromEntries(
    Object.entries(arrays)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, array]) => [name.slice(prefix.length), array]),
  );
}
