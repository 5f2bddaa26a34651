/** @file Arrays come back from bytes exactly, and every kind of damage is a coded error that names the tensor. */
import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { encodeNpy, encodeNpz } from './npy';
import { codeOf } from '../testing/code-of';
import { elementBytes, type StoredArray } from './elements';
import { decodeSafetensors, encodeSafetensors } from './safetensors';
import { safetensorsHeaderBytes, safetensorsIndex } from './safetensors-index';

const arrays = {
  weights: { data: Float32Array.of(1, -0, NaN, Infinity, 1e-45, 6), shape: [2, 3] },
  double: { data: Float64Array.of(Math.PI), shape: [] },
  codes: { data: Int32Array.of(-1, 2 ** 31 - 1), shape: [2] },
  rows: { data: Uint32Array.of(2 ** 32 - 1), shape: [1] },
  pixels: { data: Uint8Array.of(0, 255, 7), shape: [3, 1] },
  nothing: { data: new Float32Array(0), shape: [0, 4] },
  signed: { data: Int8Array.of(-128, 127), shape: [2] },
  short: { data: Int16Array.of(-32768, 5), shape: [2] },
  wide: { data: Uint16Array.of(65535), shape: [1] },
  long: { data: BigInt64Array.of(-(2n ** 63n), 2n ** 53n + 1n), shape: [2, 1] },
  longer: { data: BigUint64Array.of(2n ** 64n - 1n), shape: [] },
  half: { data: Float32Array.of(0.5, -Infinity, 2 ** -24), shape: [3], dtype: 'float16' },
  brain: { data: Float32Array.of(2 ** 126, -3, 2 ** -133), shape: [3], dtype: 'bfloat16' },
  mask: { data: Uint8Array.of(0, 1, 1), shape: [3], dtype: 'bool' },
} satisfies Record<string, StoredArray>;

it('round-trips every type, also out of a shared Node buffer', () => {
  const bytes = Buffer.concat([Buffer.from('xyz'), encodeSafetensors(arrays, { step: '3' })]).subarray(3);
  const decoded = decodeSafetensors(bytes);
  expect(decoded).toEqual({ arrays, metadata: { step: '3' } });
  expect(decoded.arrays['weights']!.data.buffer.byteLength).toBe(24);
});

it('gives equal bytes for equal contents, whatever the order of insertion', () => {
  const reversed = Object.fromEntries(Object.entries(arrays).reverse());
  expect(encodeSafetensors(reversed)).toEqual(encodeSafetensors(arrays));
});

it('rounds to a half type on request and keeps the type, so that it can be shown and written again', () => {
  const data = Float32Array.of(1 + 2 ** -11, 1 + 3 * 2 ** -11, 65519, 65520, NaN, 2 ** -25);
  const bytes = encodeSafetensors({ x: { data, shape: [6], dtype: 'float16' } });
  expect(safetensorsIndex(bytes, bytes.length).tensors[0]).toMatchObject({ dtype: 'F16', type: 'float16' });
  const decoded = decodeSafetensors(bytes).arrays['x']!;
  expect(decoded).toEqual({
    data: Float32Array.of(1, 1 + 2 ** -9, 65504, Infinity, NaN, 0),
    shape: [6],
    dtype: 'float16',
  });
  expect(encodeSafetensors({ x: decoded })).toEqual(bytes);
  const codes = { data: Int32Array.of(1), shape: [1], dtype: 'float16' as const };
  expect(codeOf(() => encodeSafetensors({ codes }))).toBe('array-type');
});

describe('the index', () => {
  const whole = encodeSafetensors(arrays, { step: '3' });

  it('needs the header alone, and says where each tensor lies', () => {
    const header = safetensorsHeaderBytes(whole.subarray(0, 8));
    const { tensors, metadata } = safetensorsIndex(whole.subarray(0, header), whole.length);
    expect(metadata).toEqual({ step: '3' });
    expect(tensors.map(({ name }) => name).sort()).toEqual(Object.keys(arrays).sort());
    const { from, to } = tensors.find(({ name }) => name === 'pixels')!;
    expect([...whole.subarray(from, to)]).toEqual([0, 255, 7]);
    expect(tensors.at(-1)!.to).toBe(whole.length);
    // Readers map the file into memory and cannot take a float64 that begins at an odd byte.
    for (const { type, from } of tensors) expect(from % elementBytes[type!]).toBe(0);
  });

  it('lists 8-bit floats with their size, and refuses their values with advice', () => {
    const bytes = file({ a: tensor('F8_E4M3', [2, 3], [0, 6]) }, 6);
    expect(safetensorsIndex(bytes, bytes.length).tensors).toMatchObject([{ dtype: 'F8_E4M3', type: null }]);
    expect(() => decodeSafetensors(bytes, 'f8.safetensors')).toThrow(
      expect.objectContaining({
        code: 'safetensors-dtype',
        detail: expect.objectContaining({
          where: { file: 'f8.safetensors', tensor: 'a' },
          help: expect.stringContaining('BF16') as string,
        }) as object,
      }) as Error,
    );
  });

  it('keeps a tensor and a note named like a property of every object', () => {
    const bytes = file(
      '{"__metadata__":{"__proto__":"x"},"__proto__":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}',
      1,
    );
    const { arrays, metadata } = decodeSafetensors(bytes);
    expect(Object.keys(arrays)).toEqual(['__proto__']);
    expect(Object.entries(metadata)).toEqual([['__proto__', 'x']]);
  });
});

/** A file with this header and this many bytes of values. */
function file(header: unknown, values: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + values);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}
const tensor = (dtype: unknown, shape: unknown, offsets: unknown) => ({
  dtype,
  shape,
  data_offsets: offsets,
});

describe('damage', () => {
  const whole = encodeSafetensors(arrays);
  it.each<[string, string, Uint8Array]>([
    ['no bytes', 'safetensors-truncated', new Uint8Array(0)],
    ['half a header', 'safetensors-truncated', whole.subarray(0, 40)],
    ['half the values', 'safetensors-offsets', whole.subarray(0, whole.length - 9)],
    ['bytes after the end', 'safetensors-offsets', file({ a: tensor('U8', [1], [0, 1]) }, 2)],
    ['a huge header length', 'safetensors-header', new Uint8Array(16).fill(0xff)],
    ['no JSON', 'safetensors-header', file('{"a":', 0)],
    ['a list for a header', 'safetensors-header', file([], 0)],
    ['a number for a tensor', 'safetensors-header', file({ a: 1 }, 0)],
    ['an unknown type', 'safetensors-dtype', file({ a: tensor('F4', [1], [0, 1]) }, 1)],
    ['an inherited name for a type', 'safetensors-dtype', file({ a: tensor('toString', [1], [0, 1]) }, 1)],
    ['a negative size', 'safetensors-shape', file({ a: tensor('U8', [-1], [0, 1]) }, 1)],
    ['an overflowing size', 'safetensors-shape', file({ a: tensor('U8', [2 ** 40, 2 ** 40], [0, 1]) }, 1)],
    ['a shape of text', 'safetensors-shape', file({ a: tensor('U8', 'big', [0, 1]) }, 1)],
    ['too few bytes for a shape', 'safetensors-shape', file({ a: tensor('F32', [2], [0, 4]) }, 4)],
    ['offsets backwards', 'safetensors-offsets', file({ a: tensor('U8', [1], [1, 0]) }, 1)],
    ['offsets outside', 'safetensors-offsets', file({ a: tensor('U8', [9], [0, 9]) }, 1)],
    [
      'an overlap',
      'safetensors-offsets',
      file({ a: tensor('U8', [2], [0, 2]), b: tensor('U8', [2], [1, 3]) }, 3),
    ],
    ['a gap', 'safetensors-offsets', file({ a: tensor('U8', [1], [0, 1]), b: tensor('U8', [1], [2, 3]) }, 3)],
  ])('%s', (_what, code, bytes) => {
    expect(() => decodeSafetensors(bytes, 'model.safetensors')).toThrow(
      expect.objectContaining({ code }) as Error,
    );
  });

  it('is refused on the way out too', () => {
    const bad = { a: { data: new Float32Array(3), shape: [2] } };
    expect(() => encodeSafetensors(bad)).toThrow(
      expect.objectContaining({ code: 'safetensors-shape' }) as Error,
    );
    expect(() => encodeNpy(bad.a)).toThrow(expect.objectContaining({ code: 'npy-shape' }) as Error);
  });
});

describe('npy', () => {
  it('writes the header NumPy documents, values aligned to 64 bytes', () => {
    const bytes = encodeNpy({ data: Int32Array.of(5, -6), shape: [2] });
    const text = new TextDecoder('latin1').decode(bytes.subarray(0, 128));
    expect(text.slice(1, 6)).toBe('NUMPY');
    expect(text.slice(10).trimEnd()).toMatch(
      /^\{'descr': '<i4', 'fortran_order': False, 'shape': \(2,\), \}/,
    );
    const start = 10 + new DataView(bytes.buffer).getUint16(8, true);
    expect(start % 64).toBe(0);
    expect([...new Int32Array(bytes.buffer.slice(start))]).toEqual([5, -6]);
  });

  it('zips several arrays, equal bytes for equal contents', () => {
    const npz = encodeNpz(arrays);
    expect(unzipSync(npz)['codes.npy']).toEqual(encodeNpy(arrays.codes));
    expect(encodeNpz(arrays)).toEqual(npz);
  });
});
