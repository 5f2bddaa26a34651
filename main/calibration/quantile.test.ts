import { describe, expect, it } from 'vitest';
import { stream } from '../../native-models';
import { hitsAt, radiusFor, rankFor, sortScores } from './quantile';

describe('rankFor', () => {
  it.each([
    [9, 0.1, 9],
    [9, 0.05, 10],
    [20, 0.05, 20],
    [50, 0.1, 46],
    [100, 0.1, 91],
    [100, 0.2, 81],
    [250, 0.1, 226],
    [500, 0.1, 451],
    [1000, 0.1, 901],
    [2048, 0.1, 1845],
    [2048, 0.2, 1640],
  ])('of %i rows at α = %f takes score %i', (n, alpha, rank) => {
    expect(rankFor(n, alpha)).toBe(rank);
  });

  it('is not pushed up by rounding where (1 − α)(n + 1) is whole', () => {
    // In floating point .7 · 10 is 7 but (1 − .9) · 10 is below 1 and (1 − .3) · 10 is 7.000000000000001 or less.
    for (let n = 9; n < 2000; n += 10)
      for (const tenths of [1, 2, 3, 4, 5, 6, 7, 8, 9])
        expect(rankFor(n, tenths / 10)).toBe(((10 - tenths) * (n + 1)) / 10);
  });

  it.each([0, 1, -0.1, NaN])('refuses α = %f', (alpha) => {
    expect(() => rankFor(10, alpha)).toThrow(expect.objectContaining({ code: 'conformal-level' }));
  });
});

describe('radiusFor', () => {
  it('is the k-th smallest score, and everything where there are too few', () => {
    const sorted = sortScores(Float64Array.of(9, 1, 8, 2, 7, 3, 6, 4, 5));
    expect([...sorted]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(radiusFor(sorted, 0.1)).toBe(9);
    expect(radiusFor(sorted, 0.2)).toBe(8);
    expect(radiusFor(sorted, 0.05)).toBe(Infinity);
    expect(radiusFor(new Float64Array(0), 0.5)).toBe(Infinity);
  });

  it('takes a score that is not a number for infinitely large', () => {
    const sorted = sortScores(Float64Array.of(NaN, 1, 2, 3));
    expect(radiusFor(sorted, 0.2)).toBe(Infinity);
    expect(radiusFor(sorted, 0.4)).toBe(3);
    expect([...hitsAt(sorted, 3)]).toEqual([1, 1, 1, 0]);
    expect([...hitsAt(sorted, Infinity)]).toEqual([1, 1, 1, 1]);
  });

  it('covers k/(n + 1) of uniform scores on average', () => {
    const [n, draws] = [50, 4000];
    const scores = stream(1, 'test.scores').uniform(new Float32Array(n * draws));
    let sum = 0;
    for (let draw = 0; draw < draws; draw++)
      sum += radiusFor(sortScores(Float64Array.from(scores.subarray(draw * n, (draw + 1) * n))), 0.1);
    const mean = 46 / 51;
    const error = Math.sqrt((mean * (1 - mean)) / (n + 2) / draws);
    expect(Math.abs(sum / draws - mean)).toBeLessThan(4 * error);
  });
});
