/** @file How rows are dealt out: every row once, the shares kept, caps, file order, and what is refused. */
import { describe, expect, it } from 'vitest';
import { codeOf } from '../../native-models/testing/code-of';
import { parseShares, splitCounts, splitRows, type SplitRows } from './split';
import { tableSettings } from './testing';

const all = ({ train, fit, calibration, test }: SplitRows) => [...train, ...fit, ...calibration, ...test];
const lengths = ({ train, fit, calibration, test }: SplitRows) =>
  [train, fit, calibration, test].map((part) => part.length);

describe('splitRows', () => {
  it.each([4, 5, 7, 10, 103, 768, 5001])('uses each of %i rows exactly once', (rows) => {
    const split = splitRows(rows, tableSettings(), 3, 0);
    expect(all(split).sort((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, row) => row));
    expect(Math.min(...lengths(split))).toBeGreaterThan(0);
  });

  it('keeps the shares, and gives rows beyond the caps to training up to its own', () => {
    expect(lengths(splitRows(1000, tableSettings(), 0, 0))).toEqual([500, 150, 150, 200]);
    expect(splitCounts(45_730, tableSettings())).toEqual({
      ...{ train: 20_000, fit: 2048, calibration: 2048, test: 2000 },
      left: 45_730 - 26_096,
    });
    const tight = tableSettings({ trainRows: 700, calibrationRows: 100, testRows: 50 });
    expect(splitCounts(1000, tight)).toEqual({ train: 700, fit: 100, calibration: 100, test: 50, left: 50 });
    // The toys need next to nothing to train on.
    expect(splitCounts(3001, tableSettings({ splits: '0/25/8.33/66.67' }))).toMatchObject({
      train: 1,
      fit: 750,
    });
  });

  it('is another for every seed and repeat, and the same for the same', () => {
    const order = (seed: number, repeat: number) => all(splitRows(50, tableSettings(), seed, repeat)).join();
    expect(new Set([order(1, 0), order(1, 1), order(2, 0)]).size).toBe(3);
    expect(order(1, 1)).toBe(order(1, 1));
  });

  it('deals out blocks in file order, the last row to the test', () => {
    const split = splitRows(1000, tableSettings({ order: 'blocks', trainRows: 400 }), 5, 2);
    expect(all(split)).toEqual(Array.from({ length: 900 }, (_, row) => row + 100));
  });

  it('refuses shares that are none, and too few rows', () => {
    for (const splits of ['50/20/20', '50/20/20/20', 'a/b/c/d', '120/-10/-5/-5', '', '40/20/20/20/0'])
      expect(
        codeOf(() => parseShares(splits)),
        splits,
      ).toBe('splits-invalid');
    expect(parseShares(' 40 / 20/20% /20 ')).toEqual({ train: 0.4, fit: 0.2, calibration: 0.2, test: 0.2 });
    expect(codeOf(() => splitRows(3, tableSettings(), 0, 0))).toBe('too-few-rows');
  });
});
