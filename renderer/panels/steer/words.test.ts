/** @file What the panel says of strengths, seeds and texts. */
import { describe, expect, it } from 'vitest';
import { steerOverview } from '../../testing/memory-steer';
import { fewTextsWarning, fittedWords, lambdaText, nextSeeds, readSeeds, safeWord, seedsText } from './words';

describe('the word beside the slider', () => {
  it('says how far is safe, and turns amber beyond it', () => {
    expect(safeWord({ safe: 0.86 }, 0.8)).toEqual({ text: 'safe to 0.86', beyond: false });
    expect(safeWord({ safe: 0.86 }, 0.87)).toEqual({
      text: 'beyond 0.86: side effects not covered',
      beyond: true,
    });
    expect(safeWord(null, 0.8)).toBeNull();
  });
});

describe('seeds', () => {
  it('are a number, a range or a list, and at most twelve', () => {
    expect(readSeeds('7 – 9')).toEqual([7, 8, 9]);
    expect(readSeeds('3, 5,8')).toEqual([3, 5, 8]);
    expect(readSeeds('7-70')).toHaveLength(12);
    for (const wrong of ['', 'x', '9 – 7', '1,,2', '-3']) expect(readSeeds(wrong)).toBeNull();
  });

  it('are written as they are read, and new ones have not been seen', () => {
    expect(seedsText([7, 8, 9])).toBe('7 – 9');
    expect(readSeeds(seedsText([4]))).toEqual([4]);
    expect(nextSeeds([7, 8, 9])).toEqual([10, 11, 12]);
  });
});

it('few texts leave a slope to chance, as a square root of their number', () => {
  expect(fewTextsWarning(32)).toBe('32 texts: w ± 0.18 by chance');
  expect(fewTextsWarning(64)).toBe('');
});

it('says how many hooks are fitted while some are to come', () => {
  expect(fittedWords(steerOverview({ fitted: 2 }))).toBe('2 of 3 hooks');
  expect(fittedWords(steerOverview({ fitted: 3 }))).toBe('');
  expect(lambdaText(-0.5)).toBe('−0.50');
});
