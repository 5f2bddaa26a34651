/** @file 16-bit floats: every pattern comes back, and rounding is to the nearest with ties to even. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bfloat16ToNumber, halfToNumber, narrow, numberToBfloat16, numberToHalf, widen } from './halves';

const formats = [
  { name: 'float16' as const, toNumber: halfToNumber, toBits: numberToHalf, infinity: 0x7c00, nan: 0x7e00 },
  {
    name: 'bfloat16' as const,
    toNumber: bfloat16ToNumber,
    toBits: numberToBfloat16,
    infinity: 0x7f80,
    nan: 0x7fc0,
  },
];

it('decodes half precision to the last bit', () => {
  expect([0x0001, 0x03ff, 0x0400, 0x7bff, 0x7c00, 0x8000].map(halfToNumber)).toEqual([
    2 ** -24,
    (1023 / 1024) * 2 ** -14,
    2 ** -14,
    65504,
    Infinity,
    -0,
  ]);
  expect(halfToNumber(0x7c01)).toBeNaN();
});

describe.each(formats)('$name', ({ name, toNumber, toBits, infinity, nan }) => {
  const patterns = Uint16Array.from({ length: 0x10000 }, (_, bits) => bits);

  it('gives back every pattern; all NaNs become the quiet one', () => {
    const wide = widen(name, patterns);
    const back = narrow(name, wide);
    // Subnormal float32 are compared by their bits: a thread in which the runtime computed may read them as zero.
    const wideBits = new Uint32Array(wide.buffer);
    const isExact = (bits: number) =>
      name === 'bfloat16' ? wideBits[bits] === bits * 0x10000 : Object.is(wide[bits], toNumber(bits));
    const wrong = [...patterns].filter((bits) => {
      const isNaN = (bits & 0x7fff) > infinity;
      return isNaN ? !Number.isNaN(wide[bits]) || back[bits] !== nan : !isExact(bits) || back[bits] !== bits;
    });
    expect(wrong).toEqual([]);
  });

  it('rounds to the nearer neighbour, to the even one between two, in normal and subnormal range', () => {
    for (const bits of [0, 1, 2, 0x7e, 0x7f, 0x80, 0x3ff, 0x400, 0x3c00, 0x3c01, infinity - 2]) {
      const [low, high] = [toNumber(bits), toNumber(bits + 1)];
      const middle = (low + high) / 2;
      expect(toBits(middle)).toBe(bits % 2 === 0 ? bits : bits + 1);
      // Half a unit of a float64 beyond the tie decides: rounding by way of float32 would lose it.
      expect(toBits(middle * (1 - 2 ** -52))).toBe(bits);
      expect(toBits(middle * (1 + 2 ** -52))).toBe(bits + 1);
      expect(toBits(-middle * (1 + 2 ** -52))).toBe((bits + 1) | 0x8000);
    }
  });

  it('overflows to infinity from half a unit beyond the largest number on, and underflows to signed zero', () => {
    const largest = toNumber(infinity - 1);
    const unit = largest - toNumber(infinity - 2);
    expect(toBits(largest + unit / 2)).toBe(infinity);
    expect(toBits((largest + unit / 2) * (1 - 2 ** -52))).toBe(infinity - 1);
    expect([Infinity, -Infinity, 1e300, NaN, -0].map(toBits)).toEqual([
      infinity,
      infinity | 0x8000,
      infinity,
      nan,
      0x8000,
    ]);
    expect(toBits(-toNumber(1) / 2)).toBe(0x8000);
  });

  it('never has a nearer neighbour', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (value) => {
        const bits = toBits(value);
        const distance = (pattern: number) => Math.abs(toNumber(pattern) - value);
        const magnitude = bits & 0x7fff;
        if (magnitude === infinity) return Math.abs(value) > toNumber(infinity - 1);
        const sign = bits & 0x8000;
        return (
          (magnitude === 0 || distance(bits) <= distance((magnitude - 1) | sign)) &&
          distance(bits) <= distance((magnitude + 1) | sign)
        );
      }),
      { seed: 3, numRuns: 2000 },
    );
  });
});
