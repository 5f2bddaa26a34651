/** @file Every block type decodes to the bits of ggml's reference, the golden blocks among them. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../../testing/code-of';
import { decodeNpz } from '../npy';
import { weightTypes, type WeightType } from '../weight-types';
import { dequantise, weightsIn } from './index';

const fixtures = decodeNpz(readFileSync(new URL('./testing/blocks.npz', import.meta.url)));

describe.each(Object.keys(weightTypes) as WeightType[])('%s', (type) => {
  it('has the bits of the reference, at ordinary and at extreme scales', () => {
    const bytes = fixtures[`${type}/bytes`]!.data as Uint8Array;
    const expected = fixtures[`${type}/values`]!.data as Float32Array;
    const blocks = bytes.length / weightTypes[type].bytes;
    expect(expected.length).toBe(blocks * weightTypes[type].elements);
    expect(bits(dequantise(type, bytes))).toEqual(bits(expected));
    // Off the start of its memory, as a tensor of a larger read is.
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(bits(dequantise(type, shifted.subarray(3)))).toEqual(bits(expected));
  });

  it('refuses bytes that are no whole blocks', () => {
    if (weightTypes[type].bytes > 1)
      expect(codeOf(() => weightsIn(type, weightTypes[type].bytes + 1))).toBe('weight-bytes');
  });
});

it.each([
  // d = .5 and m = -3: rising by .5 in the low digits, falling in the high ones.
  { type: 'Q4_1', hex: '003800c2f0e1d2c3b4a5968778695a4b3c2d1e0f', first: -3, step: 0.5 },
  { type: 'Q4_0', hex: '0034f0e1d2c3b4a5968778695a4b3c2d1e0f', first: -2, step: 0.25 },
] as const)('decodes the golden block of $type', ({ type, hex, first, step }) => {
  const rising = Array.from({ length: 16 }, (_, i) => first + step * i);
  expect([...dequantise(type, Buffer.from(hex, 'hex'))]).toEqual([...rising, ...rising.toReversed()]);
});

it('decodes the golden block of Q8_0', () => {
  const hex = '0030f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff000102030405060708090a0b0c0d0e0f';
  const rising = Array.from({ length: 32 }, (_, i) => (i - 16) / 8);
  expect([...dequantise('Q8_0', Buffer.from(hex, 'hex'))]).toEqual(rising);
});

/** The 32 bits of every value; those of NaN differ from machine to machine and are made the same. */
function bits(values: Float32Array): Uint32Array {
  return new Uint32Array(values.map((value) => (Number.isNaN(value) ? NaN : value)).buffer).map((pattern) =>
    (pattern & 0x7fffffff) > 0x7f800000 ? 0x7fc00000 : pattern,
  );
}
