/** @file The monotone map on the line against what defines it. */
import { describe, expect, it } from 'vitest';
import { stream } from '../../native-models';
import { expectClose } from '../../native-models/testing/expect-close';
import { lineMap, throughLine } from './line';

const draw = (count: number, label: string) => stream(1, label).normal(new Float32Array(count));

describe('lineMap', () => {
  it('sends the i-th smallest to the i-th smallest', () => {
    const [source, target] = [draw(50, 'a'), draw(50, 'b')];
    const map = lineMap(source, target);
    const pushed = [...source].map((value) => throughLine(map, value)).sort((a, b) => a - b);
    expectClose(
      pushed,
      [...target].sort((a, b) => a - b),
      {},
    );
  });

  it('is cheaper than other pairings, for squares as for absolute values', () => {
    const [source, target] = [draw(40, 'a'), draw(40, 'b')];
    const map = lineMap(source, target);
    for (const power of [1, 2, 3]) {
      const cost = (partner: (value: number, row: number) => number) =>
        source.reduce((sum, value, row) => sum + Math.abs(partner(value, row) - value) ** power, 0);
      const best = cost((value) => throughLine(map, value));
      for (let step = 0; step < 20; step++) {
        const order = stream(2, 'pairing', step).permutation(40);
        expect(cost((_, row) => target[order[row]!]!)).toBeGreaterThan(best);
      }
    }
  });

  it('takes the mean of the partners of equal values, and quantiles where counts differ', () => {
    expect(lineMap([1, 1, 2], [3, 5, 9])).toEqual({
      from: Float64Array.of(1, 2),
      to: Float64Array.of(4, 9),
    });
    const doubled = lineMap([0, 1], [0, 0, 10, 10]);
    expectClose(doubled.to, [0, 10], {});
  });

  it('moves values beyond the extremes as far as the extremes', () => {
    const map = lineMap([0, 1], [10, 20]);
    expect([-1, 0.5, 3].map((value) => throughLine(map, value))).toEqual([9, 15, 22]);
    expect(throughLine(lineMap([], []), 1)).toBeNaN();
  });
});
