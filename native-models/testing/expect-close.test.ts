/** @file The number comparison must fail where it should, and say where. */
import { describe, expect, it } from 'vitest';
import { expectClose } from './expect-close';

describe('expectClose', () => {
  it('accepts differences within the relative or absolute tolerance', () => {
    expectClose([100.5, 1e-9], [100, 0], { rtol: 0.01, atol: 1e-8 });
    expectClose([NaN, Infinity], [NaN, Infinity], {});
  });

  it('names the worst element and both values', () => {
    expect(() => expectClose([1, 2.5, 3.1], [1, 2, 3], { atol: 0.01 })).toThrow(
      /2 of 3 values .* worst at index 1; got 2.5, expected 2 \(difference 0.5\)/,
    );
  });

  it.each([
    ['a NaN for a number', [NaN], [1]],
    ['a number for a NaN', [1], [NaN]],
    ['an infinity for a number', [Infinity], [1]],
    ['too few values', [1], [1, 2]],
  ])('rejects %s at any tolerance', (_, actual, expected) => {
    expect(() => expectClose(actual, expected, { rtol: 1e9, atol: 1e9 })).toThrow(/not-close/);
  });
});
