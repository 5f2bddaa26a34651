/** @file Quantised blocks in the runtime's form are the same numbers: golden blocks, every type, and the traps that look right. */
import { describe, expect, it } from 'vitest';
import { dequantise } from '../../../io/blocks';
import { weightTypes } from '../../../io/weight-types';
import { stream } from '../../../random/stream';
import { codeOf } from '../../../testing/code-of';
import { expectClose } from '../../../testing/expect-close';
import {
  eightBitForm,
  fourBitForm,
  isFourBit,
  requantised,
  twoFourBitForms,
  type BlockForm,
} from './block-forms';

const hex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));

/** What the runtime computes from a form: d (q − z), plus the offset that comes with the block's sum. */
function valuesOf(
  { integers, scales, offsets }: BlockForm,
  bits: 4 | 8,
  zero = bits === 4 ? 8 : 128,
): number[] {
  const elements = bits === 8 ? [...integers] : [...integers].flatMap((pair) => [pair & 15, pair >> 4]);
  return elements.map((q, k) => {
    const block = Math.floor(k / 32);
    return scales[block]! * (q - zero) + (offsets?.[block] ?? 0);
  });
}

const q41 = hex('003800c2f0e1d2c3b4a5968778695a4b3c2d1e0f');

describe('the golden Q4_1 block: d = .5, m = −3, rising by .5 to 4.5 and back', () => {
  const rising = Array.from({ length: 16 }, (_, k) => -3 + k / 2);
  const expected = [...rising, ...rising.toReversed()];

  it('is exact with its nibbles in pairs, low ones first, and the minimum apart', () => {
    const form = fourBitForm('Q4_1', q41);
    expect([...form.integers.subarray(0, 3)]).toEqual([0x10, 0x32, 0x54]);
    expect([...form.scales]).toEqual([0.5]);
    expect([...form.offsets!], 'm + 8 d').toEqual([1]);
    expect(valuesOf(form, 4)).toEqual(expected);
  });

  it('would be off by up to 7 with its bytes as they are in the file', () => {
    const unchanged = { ...fourBitForm('Q4_1', q41), integers: q41.subarray(4) };
    const errors = valuesOf(unchanged, 4).map((value, k) => Math.abs(value - expected[k]!));
    expect(Math.max(...errors)).toBe(7);
  });

  it('would be another model with −m/d rounded to a zero point, where that is no whole number', () => {
    // m = −3.125: the zero point 6.25 becomes 6.
    const uneven = hex('003840c2f0e1d2c3b4a5968778695a4b3c2d1e0f');
    const { integers, scales } = fourBitForm('Q4_1', uneven);
    const rounded = valuesOf({ integers, scales, offsets: null }, 4, 6);
    expect(rounded[0]! - dequantise('Q4_1', uneven)[0]!).toBe(0.125);
  });
});

describe('other golden blocks', () => {
  it('Q4_0 needs no offsets', () => {
    const form = fourBitForm('Q4_0', hex('0034f0e1d2c3b4a5968778695a4b3c2d1e0f'));
    expect(form.offsets).toBeNull();
    const rising = Array.from({ length: 16 }, (_, k) => -2 + k / 4);
    expect(valuesOf(form, 4)).toEqual([...rising, ...rising.toReversed()]);
  });

  it('Q8_0 is exact in 8 bits, and as two 4-bit halves whose products add up', () => {
    const eight = eightBitForm(
      'Q8_0',
      hex('0030f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff000102030405060708090a0b0c0d0e0f'),
    );
    const expected = Array.from({ length: 32 }, (_, k) => -2 + k / 8);
    expect(valuesOf(eight, 8)).toEqual(expected);
    const { high, low } = twoFourBitForms(eight);
    const sums = valuesOf(high, 4).map((value, k) => value + valuesOf(low, 4, 0)[k]!);
    expect(sums).toEqual(expected);
  });
});

it.each(['Q4_0', 'Q4_1', 'Q4_K', 'Q5_0', 'Q5_1', 'Q8_0'] as const)(
  '%s: any blocks, bit patterns and all',
  (type) => {
    const blocks = new Uint8Array(12 * weightTypes[type].bytes);
    const words = stream(3, type).integers(new Int32Array(blocks.length), 256);
    blocks.forEach((_, k) => (blocks[k] = words[k]!));
    // Scales are halves of moderate size: 0x2800 … 0x2fff.
    const halves = type === 'Q4_1' || type === 'Q5_1' || type === 'Q4_K' ? 2 : 1;
    for (let at = 0; at < blocks.length; at += weightTypes[type].bytes)
      for (let half = 0; half < halves; half++) blocks[at + 2 * half + 1] = 0x28 | (words[at]! & 7);
    const form = isFourBit(type) ? fourBitForm(type, blocks) : eightBitForm(type, blocks);
    const expected = dequantise(type, blocks);
    const scale = Math.max(...expected.map(Math.abs));
    expectClose(valuesOf(form, isFourBit(type) ? 4 : 8), expected, { atol: 2e-7 * scale });
    expect(
      codeOf(() =>
        isFourBit(type) ? fourBitForm(type, blocks.subarray(1)) : eightBitForm(type, blocks.subarray(1)),
      ),
    ).toBe('weight-bytes');
  },
);

it('rounds to 8 bits by half a step at most, and blocks of zeros stay zeros', () => {
  const values = stream(1, 'weights').normal(new Float32Array(96));
  values.fill(0, 32, 64);
  const form = requantised(values);
  const errors = valuesOf(form, 8).map(
    (value, k) => Math.abs(value - values[k]!) / (form.scales[k >> 5]! || 1),
  );
  expect(Math.max(...errors)).toBeLessThan(0.501);
  expect(valuesOf(form, 8).slice(32, 64)).toEqual(Array(32).fill(0));
});
