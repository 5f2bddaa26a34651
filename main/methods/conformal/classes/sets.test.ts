/** @file Sets of classes, counted by hand. */
import { describe, expect, it } from 'vitest';
import { measureSets, membersOf } from './sets';

/** Four rows of three classes; at radius .5 their sets are {0}, {0, 1}, {} and {0, 1, 2}. */
const SCORES = Float64Array.of(0.1, 0.9, 0.8, 0.2, 0.5, 0.7, 0.6, 0.8, 0.9, 0.1, 0.1, 0.4);

describe('sets at a radius', () => {
  it('are measured plainly, empty ones and full ones too', () => {
    expect(measureSets({ scores: SCORES, truth: [0, 1, 1, 0], classes: 3 }, 0.5)).toEqual({
      coverage: 0.75,
      meanSize: 1.5,
      singletons: 0.25,
      empty: 0.25,
      everything: 0.25,
      coverageByClass: [1, 0.5, NaN],
      classCoverage: 0.5,
      sizes: [1, 1, 1, 1],
    });
  });

  it('hold every class where the radius is infinite, even one without a score', () => {
    expect(membersOf(Float64Array.of(3, NaN), Infinity)).toEqual([true, true]);
    expect(membersOf(Float64Array.of(3, NaN), 5)).toEqual([true, false]);
    const { coverage, everything } = measureSets(
      { scores: SCORES, truth: [2, 2, 2, 2], classes: 3 },
      Infinity,
    );
    expect([coverage, everything]).toEqual([1, 1]);
  });
});
