/** @file Arrays come back from bytes exactly, and every kind of damage is a coded error that names the tensor. */
import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { encodeNpy, encodeNpz } from './npy';
import { decodeSafetensors, encodeSafetensors } from './safetensors';

const arrays = {
  weights: { data: Float32Array.of(1, -0, NaN, Infinity, 1e-45, 6), shape: [2, 3] },
  double: { data: Float64Array.of(Math.PI), shape: [] },
  codes: { data: Int32Array.of(-1, 2 ** 31 - 1), shape: [2] },
  rows: { data: Uint32Array.of(2 ** 32 - 1), shape: [1] },
  pixels: { data: Uint8Array.of(0, 255, 7), shape: [3, 1] },
  nothing: { data: new Float32Array(0), shape: [0, 4] },
};

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
