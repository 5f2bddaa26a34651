/** @file Continuations compared token by token, and what is known of their texts laid over their tokens. */
import { describe, expect, it } from 'vitest';
import type { LanguageToken, SteeredText } from '../../../../main/rpc/contract';
import { differences, lexiconPattern, perplexityOf, shiftOf } from './compare';

describe('two continuations', () => {
  it('differ where the longest common part leaves a token out', () => {
    expect(differences([1, 2, 3, 4], [1, 9, 3, 4])).toEqual({
      ...{ left: [false, true, false, false], right: [false, true, false, false], first: 1 },
    });
    // One token more moves what follows, which is still the same.
    expect(differences([1, 2, 3], [1, 7, 2, 3]).right).toEqual([false, true, false, false]);
  });

  it('do not differ where one only ends earlier, which is not a first difference', () => {
    expect(differences([1, 2], [1, 2, 3])).toEqual({
      left: [false, false],
      right: [false, false, true],
      first: null,
    });
    expect(differences([], []).first).toBeNull();
  });
});

const token = (text: string, start: number): LanguageToken => ({
  ...{ id: 0, text, start, end: start + text.length, special: false },
});
const likely = (text: string) => [{ id: 0, text, probability: 1 }];

/** `<s>The cat sat`, read as `The`, ` cat`, ` sat`. */
const read: SteeredText = {
  tokens: [{ ...token('', 0), special: true }, token('The', 0), token(' cat', 3), token(' sat', 7)],
  divergence: Float32Array.of(0.1, 0.2, 0.3, 0.4),
  unsteered: Float32Array.of(NaN, -1, -2, -3),
  steered: Float32Array.of(NaN, -1.5, -2.5, -1),
  before: ['a', 'b', 'c', 'd'].map(likely),
  after: ['e', 'f', 'g', 'h'].map(likely),
};

describe('what steering does at a token', () => {
  it('is told by the token before it, and by the token itself for its own probability', () => {
    const shift = shiftOf('The', [{ text: ' cat' }, { text: ' sat' }], read);
    expect([...shift.divergence]).toEqual([Math.fround(0.2), Math.fround(0.3)]);
    expect([...shift.unsteered]).toEqual([-2, -3]);
    expect([...shift.steered]).toEqual([-2.5, -1]);
    expect([shift.before, shift.after].map((lists) => lists[1]![0]!.text)).toEqual(['c', 'g']);
  });

  it('is that of the token which holds the place, where the text is cut otherwise than it was written', () => {
    const shift = shiftOf('The', [{ text: ' c' }, { text: 'at' }, { text: ' sat' }], read);
    expect([...shift.unsteered]).toEqual([-2, -2, -3]);
  });

  it('is unknown of what stands for no text, such as the end', () => {
    const shift = shiftOf('The', [{ text: ' cat' }, { text: ' sat' }, { text: '' }], read);
    expect(shift.divergence[2]).toBeNaN();
    expect(shift.after[2]).toEqual([]);
  });

  it('gives the perplexity of all that is known', () => {
    expect(perplexityOf([{ unsteered: Float32Array.of(NaN, -1, -3) }])).toBeCloseTo(Math.exp(2), 6);
    expect(perplexityOf([])).toBeNaN();
  });
});

it('finds words of a lexicon and stems, and no parts of other words', () => {
  const found = (text: string) => text.match(lexiconPattern(['goal*', 'cup', 'one to nil'])!) ?? [];
  expect(found('Goalkeepers want the cup')).toEqual(['Goalkeepers', 'cup']);
  expect(found('a cupboard ended One to Nil')).toEqual(['One to Nil']);
  expect(lexiconPattern(['', ' '])).toBeNull();
});
