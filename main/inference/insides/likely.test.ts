/** @file What is told of a row of logits, against closed forms. */
import { describe, expect, it } from 'vitest';
import { logSumExp } from '../sampling';
import { divergenceOf, entropyOf, largest } from './likely';

describe('logits', () => {
  it('have the entropy of an even die, and none where one is certain', () => {
    expect(entropyOf(new Float32Array(6).fill(3))).toBeCloseTo(Math.log(6), 12);
    expect(entropyOf(Float32Array.of(0, 900, 0))).toBe(0);
  });

  it('do not change with an offset', () => {
    const row = [0.3, -1.2, 2.5, 0.1];
    const moved = row.map((value) => value + 1000);
    expect(entropyOf(moved)).toBeCloseTo(entropyOf(row), 10);
    expect(divergenceOf(row, moved)).toBeCloseTo(0, 10);
    expect(logSumExp(moved)).toBeCloseTo(logSumExp(row) + 1000, 10);
  });

  it('diverge as two coins do', () => {
    const coin = (p: number) => [Math.log(p), Math.log(1 - p)];
    const expected = 0.7 * Math.log(0.7 / 0.4) + 0.3 * Math.log(0.3 / 0.6);
    expect(divergenceOf(coin(0.7), coin(0.4))).toBeCloseTo(expected, 12);
  });

  it('name the largest, the smaller id first among equals', () => {
    expect(largest([1, 5, 5, -2, 7], 3)).toEqual([4, 1, 2]);
    expect(largest([1], 5)).toEqual([0]);
  });

  it('are refused where one is no number', () =>
    expect(() => logSumExp([1, NaN])).toThrow(expect.objectContaining({ code: 'logits-not-finite' })));
});
