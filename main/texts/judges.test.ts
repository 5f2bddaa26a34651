/** @file Judges of texts: words found where they stand, words that tell, a classifier with its AUC, and diversity held to NLTK's. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { distinctShare, selfBleu } from './diversity';
import { Lexicon } from './lexicon';
import { tellingWords } from './telling-words';
import { fitTextJudge } from './text-judge';

describe('a lexicon', () => {
  const found = (words: string[], text: string) =>
    new Lexicon(words).hits(text).map(([start, end]) => text.slice(start, end));

  it('finds whole words in any case, and says where', () => {
    expect(new Lexicon(['goal']).hits('A Goal, no goalkeeper: GOAL')).toEqual([
      [2, 6],
      [23, 27],
    ]);
    expect(found(['foot'], 'football, barefoot, foot')).toEqual(['foot']);
    expect(found(['é'], 'café é')).toEqual(['é']);
  });

  it('takes stems, words with spaces, and signs as they are', () => {
    expect(found(['goal*', 'world cup'], 'goals at the World\n Cup, goal')).toEqual([
      'goals',
      'World\n Cup',
      'goal',
    ]);
    expect(found(['c++'], 'C++ and c')).toEqual(['C++']);
    expect(found([], 'anything')).toEqual([]);
  });

  it.each([['*'], [''], ['a*b']])('refuses %j', (word) => {
    expect(() => new Lexicon([word])).toThrow(expect.objectContaining({ code: 'lexicon-word' }));
  });
});

describe('words that tell', () => {
  const target = Array.from({ length: 20 }, (_, k) => `the team ${k % 2 ? 'scored' : 'won'} the match`);
  const source = Array.from({ length: 20 }, (_, k) => `the ${k % 2 ? 'river' : 'market'} of the town`);

  it('are those of the target, the most frequent first, and not those of both', () => {
    const words = tellingWords(target, source).map(({ word }) => word);
    expect(words.slice(0, 2)).toEqual(['match', 'team']);
    expect(words).toEqual(expect.arrayContaining(['scored', 'won']));
    expect(words).not.toContain('the');
  });

  it('are none where both sides say the same, and one text makes none', () => {
    expect(tellingWords(source, source)).toEqual([]);
    expect(tellingWords(['goal goal goal goal', ...source], source)).toEqual([]);
  });
});

describe('a judge', () => {
  const texts = (word: string, count: number) =>
    Array.from({ length: count }, (_, k) => `${word} number x${k}`);

  it('tells sides apart that have words of their own, and says how well', () => {
    const judge = fitTextJudge(
      { target: texts('goal', 30), source: texts('river', 12) },
      { target: texts('goal', 5), source: texts('river', 5) },
    );
    expect(judge).toMatchObject({ auc: 1, trained: 12 });
    const [own, other, unknown] = judge.judge(['a goal', 'a river', 'zzz']);
    expect(own).toBeGreaterThan(0.5);
    expect(other).toBeLessThan(0.5);
    expect(unknown).toBeCloseTo(0.5, 2);
  });

  it('is no better than chance on sides that are the same', () => {
    const same = Array.from({ length: 40 }, (_, k) => `w${k % 7} v${k % 3} u${k % 5}`);
    const judge = fitTextJudge(
      { target: same.slice(0, 15), source: same.slice(15, 30) },
      { target: same.slice(30, 35), source: same.slice(30, 35) },
    );
    expect(judge.auc).toBe(0.5);
  });
});

describe('diversity', () => {
  const references = JSON.parse(readFileSync(new URL('testing/self-bleu.json', import.meta.url), 'utf8')) as {
    texts: string[];
    value: number;
  }[];

  it.each(references)('Self-BLEU is that of NLTK: $texts.0', ({ texts, value }) => {
    expect(selfBleu(texts)).toBeCloseTo(value, 12);
  });

  it('is 1 of equal texts, 0 where no word is shared, nothing of one text', () => {
    expect(selfBleu(['one two three four', 'One two three four'])).toBeCloseTo(1, 12);
    expect(selfBleu(['aa bb cc dd', 'ee ff gg hh'])).toBe(0);
    expect(selfBleu(['aa'])).toBeNaN();
    expect(selfBleu(['', 'aa bb'])).toBe(0);
  });

  it('counts different words and pairs', () => {
    expect(distinctShare(['a b a', 'a b'], 1)).toBeCloseTo(2 / 5, 12);
    expect(distinctShare(['a b a', 'a b'], 2)).toBeCloseTo(2 / 3, 12);
    expect(distinctShare([''], 2)).toBeNaN();
  });
});
