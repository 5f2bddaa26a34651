/** @file The arithmetic of the study of splits on planted strengths: coverage, the best in hindsight, and shares of its gain. */
import { describe, expect, it } from 'vitest';
import { stream } from '../../../native-models';
import { between, largestWithinShare, sharesOf, splitsOf } from './splits';

const allowed = Float64Array.from(stream(1, 'planted').uniform(new Float32Array(400)));

describe('splits of one set of prompts', () => {
  const splits = splitsOf(allowed, 0.1);

  it('are violated as often as the level says, and lie in the band of one split', () => {
    const mean = splits.reduce((sum, { violated }) => sum + violated, 0) / splits.length;
    expect(Math.abs(mean - 20 / 201)).toBeLessThan(0.02);
    expect(splits.filter(({ inBand }) => inBand).length).toBeGreaterThanOrEqual(29);
  });

  it('have the best strength in hindsight where a tenth is violated', () => {
    expect(largestWithinShare(Float64Array.of(5, 1, 4, 2, 3), 0.2)).toBe(2);
    expect(largestWithinShare(Float64Array.of(5, 1, 4, 2, 3), 0)).toBe(1);
    for (const { hindsight } of splits) expect(Math.abs(hindsight - 0.1)).toBeLessThan(0.06);
  });

  it('lose nothing where the gain does not depend on the strength, and what they lose is told where it does', () => {
    const flat = sharesOf(splits, {
      all: 0.1,
      lambdas: [0, 0.01, 1],
      told: [
        [0, 0],
        [1, 1],
        [1, 1],
      ],
    });
    expect(flat.ofHindsight).toEqual([1, 1, 1]);
    expect(flat.gain).toEqual([1, 1, 1]);
    const rising = sharesOf(splits, {
      all: 0.1,
      lambdas: [0, 1],
      told: [
        [0, 0],
        [1, 1],
      ],
    });
    const of = (key: 'safe' | 'hindsight') => splits.reduce((sum, split) => sum + split[key], 0);
    expect(rising.ofHindsight[0]).toBeCloseTo(of('safe') / of('hindsight'), 9);
    expect(rising.ofAny[1]).toBe(1);
  });
});

it('values lie on lines between points, and at the ends outside', () => {
  expect([-1, 0, 0.5, 2, 3].map((x) => between([0, 1, 2], [0, 2, 6], x))).toEqual([0, 0, 1, 6, 6]);
});
