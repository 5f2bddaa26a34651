/** @file NPY and NPZ: what NumPy wrote, round trips of every type, and headers that promise what is not there. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../testing/code-of';
import { decodeNpy, decodeNpz, encodeNpy, encodeNpz } from './npy';

// Written by NumPy 2.4 with bench/reference/numpy_arrays.py.
const fixture = readFileSync(fileURLToPath(new URL('../testing/numpy-arrays.npz', import.meta.url)));

describe('what NumPy wrote', () => {
  const arrays = decodeNpz(fixture, 'numpy-arrays.npz');
  const signed = [-2, -1, 0, 1, 2, 3];
  const unsigned = [0, 1, 2, 3, 4, 5];
  const big = (values: number[]) => values.map(BigInt);
  const matrix = { shape: [2, 3] };

  it.each([
    ['f2', { ...matrix, data: Float32Array.from(signed), dtype: 'float16' }],
    ['f4', { ...matrix, data: Float32Array.from(signed) }],
    ['f8', { ...matrix, data: Float64Array.from(signed) }],
    ['i1', { ...matrix, data: Int8Array.from(signed) }],
    ['i2', { ...matrix, data: Int16Array.from(signed) }],
    ['i4', { ...matrix, data: Int32Array.from(signed) }],
    ['i8', { ...matrix, data: BigInt64Array.from(big(signed)) }],
    ['u1', { ...matrix, data: Uint8Array.from(unsigned) }],
    ['u2', { ...matrix, data: Uint16Array.from(unsigned) }],
    ['u4', { ...matrix, data: Uint32Array.from(unsigned) }],
    ['u8', { ...matrix, data: BigUint64Array.from(big(unsigned)) }],
    ['bool', { ...matrix, data: Uint8Array.of(0, 1, 0, 1, 0, 1), dtype: 'bool' }],
    ['big-f2', { ...matrix, data: Float32Array.from(signed), dtype: 'float16' }],
    ['big-f4', { ...matrix, data: Float32Array.from(signed) }],
    ['big-f8', { ...matrix, data: Float64Array.from(signed) }],
    ['big-i2', { ...matrix, data: Int16Array.from(signed) }],
    ['big-i4', { ...matrix, data: Int32Array.from(signed) }],
    ['big-i8', { ...matrix, data: BigInt64Array.from(big(signed)) }],
    ['big-u8', { shape: [2], data: BigUint64Array.of(2n ** 64n - 1n, 2n ** 53n + 1n) }],
    ['fortran', { shape: [2, 3, 4], data: Float32Array.from({ length: 24 }, (_, i) => i) }],
    ['fortran-i8', { ...matrix, data: BigInt64Array.from(big(signed)) }],
    ['scalar', { shape: [], data: Float64Array.of(2.5) }],
    ['empty', { shape: [0, 4], data: new Float32Array(0) }],
    ['version-2', { ...matrix, data: Float32Array.from(signed) }],
    ['version-3', { ...matrix, data: Float32Array.from(signed) }],
  ])('%s', (name, expected) => expect(arrays[name]).toEqual(expected));

  it('comes back from our own bytes', () => {
    expect(decodeNpz(encodeNpz(arrays))).toEqual(
      Object.fromEntries(Object.entries(arrays).sort(([a], [b]) => (a < b ? -1 : 1))),
    );
  });
});

it('writes bfloat16 as float32, which NumPy has and which holds it exactly', () => {
  const data = Float32Array.of(1.5, -(2 ** 100));
  const decoded = decodeNpy(encodeNpy({ data, shape: [2], dtype: 'bfloat16' }));
  expect(decoded).toEqual({ data, shape: [2] });
});

/** An NPY file of version 1 with any header. */
function file(header: string, values = 0): Uint8Array {
  const text = new TextEncoder().encode(header);
  return Uint8Array.from([
    ...[0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length & 255, text.length >> 8],
    ...text,
    ...new Uint8Array(values),
  ]);
}
const header = (shape: string, descr = '<f4') =>
  `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`;

describe('damage', () => {
  it.each([
    ['nothing', new Uint8Array(0), 'wrong-magic'],
    ['text', new TextEncoder().encode('x,y\n'), 'wrong-magic'],
    ['half a header', file(header('(2,)')).subarray(0, 30), 'truncated'],
    ['half the values', file(header('(2,)'), 7), 'truncated'],
    ['2^60 values', file(header('(1073741824, 1073741824)'), 8), 'truncated'],
    ['more than all numbers', file(header('(99999999999999999999,)'), 8), 'truncated'],
    ['a thousand dimensions', file(header(`(${'1,'.repeat(1000)})`), 8), 'malformed-header'],
    ['no shape', file("{'descr': '<f4', 'fortran_order': False}"), 'malformed-header'],
    ['objects', file(header('(2,)', '|O'), 8), 'unsupported-dtype'],
    ['complex numbers', file(header('(2,)', '<c8'), 16), 'unsupported-dtype'],
    ['a type of no width', file(header('(2,)', '<f3'), 16), 'unsupported-dtype'],
    ['text of characters', file(header('(2,)', '<U4'), 32), 'unsupported-dtype'],
  ])('%s', (_what, bytes, code) => expect(codeOf(() => decodeNpy(bytes, 'x.npy'))).toBe(code));

  it('names the entry of an archive', () => {
    const archive = zipSync({ 'weights.npy': file(header('(9,)'), 4) });
    expect(() => decodeNpz(archive, 'model.npz')).toThrow(
      expect.objectContaining({
        code: 'truncated',
        detail: expect.objectContaining({
          where: expect.objectContaining({ file: 'model.npz/weights.npy' }) as object,
        }) as object,
      }) as Error,
    );
    expect(codeOf(() => decodeNpz(zipSync({ 'a.txt': new Uint8Array(3) })))).toBe('no-arrays');
  });
});
