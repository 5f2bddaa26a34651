/** @file What is said of tasks that share statements. */
import { describe, expect, it } from 'vitest';
import type { RunItems } from './items';
import { leakNotice, leaksOf, twinsOf } from './leaks';

type Task = RunItems['tasks'][number];

/** A task whose last text is its test split, the one before its validation split. */
function task(name: string, texts: readonly string[]): Task {
  const items = texts.map((text, k) => ({
    ...{ row: k + 1, text, prompt: 0, end: text.length, label: (k % 2) as 0 | 1, group: `${k}` },
  }));
  const [test, validation] = [texts.length - 1, texts.length - 2];
  const train = items.map((_, k) => k).filter((k) => k < validation);
  const about = { mode: 'statement' as const, groupedBy: 'text', given: items.length, baseRate: 0.5 };
  return { name, ...about, items, split: { train, validation: [validation], test: [test] }, pairs: null };
}

describe('leaksOf', () => {
  it('finds test items that another task learns from, and only in that direction', () => {
    const tasks = [
      task('cities', ['Rome is in Italy.', 'Oslo is in Italy.', 'Lima is in Peru.', 'Kyiv is in Ukraine.']),
      task('places', [
        'Bern is in Peru.',
        'Nice is in France.',
        'Cork is in Ireland.',
        ' rome  is in Italy. ',
      ]),
    ];
    const leaks = leaksOf({ tasks });
    expect(leaks).toEqual([{ learns: 'cities', tested: 'places', shared: 1, of: 1 }]);
    expect(leakNotice(leaks)).toContain('cities → places (1 of 1 test items)');
  });

  it('finds a statement of one task on both sides of its own split', () => {
    const leaks = leaksOf({ tasks: [task('twice', ['A is B.', 'C is D.', 'E is F.', 'A is B.'])] });
    expect(leaks).toEqual([{ learns: 'twice', tested: 'twice', shared: 1, of: 1 }]);
  });

  it('knows tasks that are mostly the same texts', () => {
    const one = task('one', ['A is B.', 'C is D.', 'E is F.', 'G is H.']);
    const near = task('near', ['A is B.', 'C is D.', 'e is f.', 'I is J.']);
    const far = task('far', ['A is B.', 'K is L.', 'M is N.', 'O is P.']);
    expect(twinsOf({ tasks: [one, near, far] })).toEqual([['one', 'near']]);
  });

  it('says nothing of tasks that share nothing, and names three pairs at most', () => {
    expect(leakNotice(leaksOf({ tasks: [task('one', ['a', 'b', 'c', 'd'])] }))).toBeNull();
    const many = Array.from({ length: 5 }, (_, k) => ({ learns: 'a', tested: `b${k}`, shared: 1, of: 2 }));
    expect(leakNotice(many)).toMatch(/b2 \(1 of 2 test items\) and 2 more\.$/);
  });
});
