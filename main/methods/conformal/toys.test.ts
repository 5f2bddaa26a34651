/** @file Toys: the moments of their laws, and new rows for every seed. */
import { describe, expect, it } from 'vitest';
import { readTable } from './toys';
import { settings } from './testing';

describe('toys', () => {
  it('have the moments of their law, the known mean as prediction, and new rows for every seed', async () => {
    const rows = 40_000;
    const draw = (problem: 'mixture' | 'heteroscedastic' | 'classes', seed = 1) =>
      readTable(undefined, settings({ problem, problemRows: rows }), seed);
    const mixture = await draw('mixture');
    const moment = (y: Float32Array, a: number, b: number, of = (_: number) => true) => {
      let [sum, count] = [0, 0];
      for (let row = 0; row < rows; row++)
        if (of(row)) [sum, count] = [sum + y[2 * row + a]! * y[2 * row + b]!, count + 1];
      return sum / count;
    };
    // Of component covariances and means: (2/3·(6 + 20.25) + 2/3)/100, (2/3·6 + 2/3)/100, and no correlation.
    expect(moment(mixture.y, 0, 0)).toBeCloseTo(0.18167, 2);
    expect(moment(mixture.y, 1, 1)).toBeCloseTo(0.04667, 2);
    expect(moment(mixture.y, 0, 1)).toBeCloseTo(0, 2);
    expect(mixture.given!.every((value) => value === 0)).toBe(true);
    expect(mixture.standardise).toBe(false);
    const uneven = await draw('heteroscedastic');
    const x = uneven.raw;
    expect(Math.max(...x)).toBeGreaterThan(1.99);
    const ratio =
      moment(uneven.y, 0, 0, (row) => x[row]! > 1.9) /
      moment(uneven.y, 0, 0, (row) => Math.abs(x[row]! - 0.5) < 0.1);
    expect(ratio).toBeGreaterThan(3.3);
    expect(ratio).toBeLessThan(4.6);
    const classes = await draw('classes');
    expect(classes).toMatchObject({ task: 'classification', classes: ['a', 'b', 'c'], names: ['x1', 'x2'] });
    expect((await draw('mixture', 2)).y[0]).not.toBe(mixture.y[0]);
    expect((await draw('mixture')).y).toEqual(mixture.y);
  });
});
