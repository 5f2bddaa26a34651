/** @file The rules by which a comparison holds. */
import { describe, expect, it } from 'vitest';
import { compare, fiveOfFive, signOrMargin, within, type Rule } from './compare';

const test = (larger: number[], smaller: number[], rule: Rule) => compare('a > b', larger, smaller, rule);

describe('five of five', () => {
  it.each<[string, number[], number[], boolean | null]>([
    ['all agree', [2, 3, 4, 5, 6], [1, 2, 3, 4, 5], true],
    ['one does not', [2, 3, 4, 5, 6], [1, 2, 3, 4, 7], false],
    ['one is equal', [2, 3, 4, 5, 6], [1, 2, 3, 4, 6], false],
    ['three agree', [2, 3, 4], [1, 2, 3], null],
    ['one of three does not', [2, 3, 4], [1, 2, 5], false],
  ])('%s', (_what, larger, smaller, holds) => {
    expect(test(larger, smaller, fiveOfFive).holds).toBe(holds);
  });
});

describe('sign or margin', () => {
  it.each<[string, number[], number[], boolean | null]>([
    ['five agree by little', [2.1, 3.1, 4.1, 5.1, 6.1], [2, 3, 4, 5, 6], true],
    ['three agree by little', [2.1, 3.1, 4.1], [2, 3, 4], false],
    ['three agree by three deviations', [5, 6, 7], [2, 3, 4], true],
    ['two agree', [5, 6], [2, 3], null],
    ['the margin is the wrong way', [2, 3, 4], [5, 6, 7], false],
    ['values never vary', [3, 3, 3], [2, 2, 2], true],
    ['all are equal', [2, 2, 2], [2, 2, 2], false],
  ])('%s', (_what, larger, smaller, holds) => {
    expect(test(larger, smaller, signOrMargin).holds).toBe(holds);
  });

  it('tells the margin in pooled deviations', () => {
    expect(test([5, 6, 7], [2, 3, 4], signOrMargin).rule).toBe(
      '3 of 3 seeds agree, margin 3.0 pooled deviations',
    );
  });
});

describe('a value that is missing', () => {
  it('never lets a comparison hold, and leaves numbers that can be stored', () => {
    const result = test([5, 6, NaN, 8, 9], [1, 1, 1, 1, 1], fiveOfFive);
    expect(result).toMatchObject({
      holds: false,
      agree: 4,
      differences: [4, 5, 7, 8],
      mean: 6,
      interval: null,
    });
    expect(test([NaN, NaN, NaN], [1, 1, 1], signOrMargin).holds).toBe(false);
    expect(test([Infinity, 2, 3], [1, 1, 1], signOrMargin).holds).toBe(false);
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });
});

describe('within', () => {
  it('holds at the bound only if every value is inside', () => {
    expect(within('small', [0.01, -0.02, 0.029], 0.03, 3).holds).toBe(true);
    expect(within('small', [0.01, -0.04, 0.029], 0.03, 3).holds).toBe(false);
    expect(within('small', [0.01, 0.02], 0.03, 3).holds).toBeNull();
  });
});
