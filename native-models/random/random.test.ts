/** @file The random streams: published known answers, independence of chunking and order, and the shape of the distributions. */
import { describe, expect, it } from 'vitest';
import { codeOf } from '../testing/code-of';
import { expectClose } from '../testing/expect-close';
import { multiplyHigh, philox4x32 } from './philox';
import { fillNormals, fillUniformRow, stream, uniformAt } from './stream';

function words(counter: [number, number, number, number], key: [number, number]): string[] {
  const out = new Uint32Array(4);
  philox4x32(counter, key, out);
  return [...out].map((word) => word.toString(16).padStart(8, '0'));
}

describe('philox4x32', () => {
  it('gives the known answers published with Random123', () => {
    expect(words([0, 0, 0, 0], [0, 0])).toEqual(['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8']);
    const ones = 0xffffffff;
    expect(words([ones, ones, ones, ones], [ones, ones])).toEqual([
      '408f276d',
      '41c83b0e',
      'a20bc7c6',
      '6d5451fd',
    ]);
    expect(words([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toEqual([
      'd16cfe09',
      '94fdcceb',
      '5001e420',
      '24126ea1',
    ]);
  });

  it('multiplies 32-bit words exactly', () => {
    for (const [left, right] of [
      [0xffffffff, 0xffffffff],
      [0xd2511f53, 0x80000001],
      [65536, 65535],
      [0, 7],
    ] as const)
      expect(multiplyHigh(left, right)).toBe(Number((BigInt(left) * BigInt(right)) >> 32n));
  });
});

describe('stream', () => {
  it('draws the same numbers in one call or in many', () => {
    for (const kind of ['uniform', 'normal'] as const) {
      const whole = stream(7, 'noise', 3)[kind](new Float32Array(1000));
      const pieces = stream(7, 'noise', 3);
      const joined = [1, 2, 3, 250, 5, 739].flatMap((size) => [...pieces[kind](new Float32Array(size))]);
      expect(joined).toEqual([...whole]);
    }
  });

  it('depends on seed, label and step, each by itself, also above 2^32', () => {
    const first = (seed: number, label: string, step?: number) =>
      stream(seed, label, step).uint32(new Uint32Array(4)).join();
    const seen = new Set([
      first(1, 'a'),
      first(2, 'a'),
      first(1 + 2 ** 32, 'a'),
      first(1, 'b'),
      first(1, 'a', 1),
      first(1, 'a', 2 ** 32),
    ]);
    expect(seen.size).toBe(6);
    expect(first(1, 'a', 0)).toBe(first(1, 'a'));
  });

  it('has uniform and normal moments', () => {
    const count = 200_000;
    const uniform = stream(1, 'moments').uniform(new Float32Array(count));
    expect(uniform.every((value) => value > 0 && value < 1)).toBe(true);
    const normal = stream(1, 'moments').normal(new Float32Array(count));
    const moments = (values: Float32Array, centre: number) =>
      [1, 2, 3, 4].map((power) => mean(values, (value) => (value - centre) ** power));
    // Five standard errors of the widest moment.
    expectClose(moments(uniform, 0.5), [0, 1 / 12, 0, 1 / 80], { atol: 0.004 });
    expectClose(moments(normal, 0), [0, 1, 0, 3], { atol: 0.11 });
  });

  it('draws integers evenly and permutations whole', () => {
    const counts = new Float64Array(7);
    for (const value of stream(5, 'die').integers(new Int32Array(70_000), 7)) counts[value]! += 1;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
    const order = stream(5, 'order').permutation(1000);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, index) => index));
    expect([...order]).not.toEqual([...order].sort((a, b) => a - b));
  });

  it('refuses keys and bounds it cannot represent', () => {
    expect(codeOf(() => stream(-1, 'a'))).toBe('random-key');
    expect(codeOf(() => stream(1.5, 'a'))).toBe('random-key');
    expect(codeOf(() => stream(1, 'a', NaN))).toBe('random-key');
    expect(codeOf(() => stream(1, 'a').integers(new Int32Array(1), 0))).toBe('random-bound');
  });
});

describe('uniformAt', () => {
  it('agrees with rows filled in tiles of any width', () => {
    const row = fillUniformRow(3, 'gumbel', 11, 0, new Float64Array(40));
    const tiled = [
      ...fillUniformRow(3, 'gumbel', 11, 0, new Float64Array(13)),
      ...fillUniformRow(3, 'gumbel', 11, 13, new Float64Array(27)),
    ];
    expect(tiled).toEqual([...row]);
    row.forEach((value, j) => expect(uniformAt(3, 'gumbel', 11, j)).toBe(value));
    expect(uniformAt(3, 'gumbel', 12, 0)).not.toBe(row[0]);
  });
});

function mean(values: Float32Array, of: (value: number) => number): number {
  return values.reduce((sum, value) => sum + of(value), 0) / values.length;
}

describe('fillNormals', () => {
  it('gives any part of a sequence of normals as if the whole were drawn', () => {
    for (const [seed, step] of [
      [3, 0],
      [2 ** 40 + 7, 2 ** 33],
    ] as const) {
      const whole = stream(seed, 'part', step).normal(new Float32Array(40));
      for (let first = 0; first < 9; first++)
        for (const count of [0, 1, 2, 7, 30])
          expect([...fillNormals(seed, 'part', step, first, new Float32Array(count))]).toEqual([
            ...whole.subarray(first, first + count),
          ]);
    }
  });
});
