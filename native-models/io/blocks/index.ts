/** @file Stored weights as float32: plain numbers, and every block type of GGUF, exactly as ggml's reference has them. */
import { MongeError } from '../../error';
import { readElements } from '../elements';
import { weightTypes, type WeightType } from '../weight-types';
import { dequantiseIq4Nl, dequantiseIq4Xs } from './iq4';
import { dequantiseQ2K, dequantiseQ3K, dequantiseQ4K, dequantiseQ5K, dequantiseQ6K } from './k-blocks';
import { dequantiseQ40, dequantiseQ41, dequantiseQ50, dequantiseQ51, dequantiseQ80 } from './small-blocks';

/** Fills `values` from as many whole blocks as it has room for. */
type Dequantise = (bytes: Uint8Array, values: Float32Array) => void;

const blockTypes: Readonly<Record<Exclude<WeightType, 'F32' | 'F16' | 'BF16'>, Dequantise>> = {
  Q4_0: dequantiseQ40,
  Q4_1: dequantiseQ41,
  Q5_0: dequantiseQ50,
  Q5_1: dequantiseQ51,
  Q8_0: dequantiseQ80,
  Q2_K: dequantiseQ2K,
  Q3_K: dequantiseQ3K,
  Q4_K: dequantiseQ4K,
  Q5_K: dequantiseQ5K,
  Q6_K: dequantiseQ6K,
  IQ4_NL: dequantiseIq4Nl,
  IQ4_XS: dequantiseIq4Xs,
};

const plainTypes = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' } as const;

/** How many weights lie in `bytes`. @throws `weight-bytes` where they are no whole blocks */
export function weightsIn(type: WeightType, bytes: number): number {
  const block = weightTypes[type];
  if (bytes % block.bytes === 0) return (bytes / block.bytes) * block.elements;
  throw new MongeError({
    code: 'weight-bytes',
    what: `the bytes are no whole blocks of ${type}`,
    got: `${bytes} bytes`,
    expected: `a multiple of ${block.bytes}`,
  });
}

/**
 * The values of whole blocks, in their own memory. Every intermediate product fits a double exactly, so that the one
 * rounding to float32 gives the reference's bits; only the payload of NaN is not kept.
 * @throws `weight-bytes`
 */
export function dequantise(type: WeightType, bytes: Uint8Array): Float32Array {
  const count = weightsIn(type, bytes.length);
  if (type === 'F32' || type === 'F16' || type === 'BF16')
    return readElements(plainTypes[type], bytes).data as Float32Array;
  const values = new Float32Array(count);
  blockTypes[type](bytes, values);
  return values;
}
