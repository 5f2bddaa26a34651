/** @file Which columns serve for what: names and `last:K`, what is left out and why, and what is refused. */
import { describe, expect, it } from 'vitest';
import { codeOf } from '../../native-models/testing/code-of';
import { chooseColumns } from './choose';
import { csvDataset, tableSettings } from './testing';

/** 100 rows; columns given by a function of the row. */
function table(columns: Record<string, (row: number) => string | number>): string {
  const names = Object.keys(columns);
  const lines = Array.from({ length: 100 }, (_, row) => names.map((name) => columns[name]!(row)).join(','));
  return [names.join(','), ...lines, ''].join('\n');
}

const curve = (row: number) => (Math.sin(row) + row / 7).toFixed(3);
const household = {
  '': (row: number) => 1000 + 7 * row,
  place: (row: number) => ['town', 'village', 'farm'][row % 3]!,
  kids: (row: number) => row % 4,
  subject_id: (row: number) => row % 9,
  count: (row: number) => row + 5,
  visited: (row: number) => new Date(row * 86_400_000).toISOString().slice(0, 10),
  same: () => 4,
  holes: (row: number) => (row % 3 === 0 ? '' : curve(row)),
  street: (row: number) => `Street ${row % 25}`,
  acid: (row: number) => row % 6,
  area: curve,
  food: curve,
  rent: (row: number) => Math.cos(row).toFixed(3),
};

describe('chooseColumns', () => {
  it('takes every usable column beside the targets, and says which others it leaves out', async () => {
    const { info } = await csvDataset(table(household));
    const chosen = chooseColumns(info, tableSettings({ targets: ['last:2'] }));
    expect(chosen).toMatchObject({
      task: 'regression',
      targets: ['food', 'rent'],
      features: ['place', 'kids', 'acid', 'area'],
      predictions: [],
    });
    const about = (word: string) => chosen.notices.filter((notice) => notice.includes(`“${word}”`));
    expect(about('column_1')).toEqual([expect.stringContaining('“column_1”, “subject_id”, “count”')]);
    for (const [word, reason] of [
      ['visited', 'dates'],
      ['same', 'same value'],
      ['holes', 'missing'],
      ['street', 'more than 20 words'],
    ] as const)
      expect(about(word), word).toEqual([expect.stringContaining(reason)]);
    expect(chosen.notices).toHaveLength(5);
  });

  it('takes what is asked for by name, also what it would leave out itself', async () => {
    const { info } = await csvDataset(table(household));
    const chosen = chooseColumns(
      info,
      tableSettings({ targets: ['area', 'kids'], features: ['holes', 'count', 'street', 'last:2'] }),
    );
    expect(chosen).toMatchObject({
      targets: ['area', 'kids'],
      features: ['holes', 'count', 'street', 'food', 'rent'],
      notices: [],
    });
  });

  it('leaves out a column of numbers that a person ignores', async () => {
    const { info } = await csvDataset(table(household), { kids: 'ignore', rent: 'ignore' });
    const chosen = chooseColumns(info, tableSettings());
    expect(chosen.targets).toEqual(['area', 'food']);
    expect(chosen.features).toEqual(['place', 'acid']);
  });

  it('takes unnamed columns for what they hold where none has a name', async () => {
    const lines = Array.from(
      { length: 40 },
      (_, row) => `${(row * 37) % 101},${curve(row)},${curve(2 * row)}`,
    );
    const { info } = await csvDataset(lines.join('\n'));
    expect(info.columns[0]!.name).toBe('column_1');
    expect(chooseColumns(info, tableSettings()).features).toEqual(['column_1']);
  });

  it('makes a classification of one target of classes', async () => {
    const text = table({ a: curve, b: curve, kind: (row) => (row % 3 === 0 ? 'x' : 'y') });
    const { info } = await csvDataset(text);
    expect(chooseColumns(info, tableSettings({ targets: ['kind'] }))).toMatchObject({
      task: 'classification',
      features: ['a', 'b'],
      notices: [expect.stringContaining('classes')],
    });
    expect(chooseColumns(info, tableSettings({ targets: ['b'] })).notices).toEqual([
      expect.stringContaining('one target only'),
    ]);
  });

  it('takes predictions from the columns before the targets, and not for features', async () => {
    const { info } = await csvDataset(table({ a: curve, p: curve, q: curve, y: curve, z: curve }));
    const chosen = chooseColumns(info, tableSettings({ base: 'column', predictions: ['last:2'] }));
    expect(chosen).toMatchObject({ targets: ['y', 'z'], predictions: ['p', 'q'], features: ['a'] });
  });

  it('refuses with a code that a test can rely on', async () => {
    const { info } = await csvDataset(table(household));
    const code = (given: Parameters<typeof tableSettings>[0]) =>
      codeOf(() => chooseColumns(info, tableSettings(given)));
    expect(code({ targets: ['fodo'] })).toBe('column-unknown');
    expect(code({ targets: ['last:99'] })).toBe('column-unknown');
    expect(code({ targets: [] })).toBe('targets-missing');
    expect(code({ targets: ['place', 'rent'] })).toBe('target-not-numeric');
    expect(code({ targets: ['visited'] })).toBe('target-not-numeric');
    expect(code({ features: ['rent', 'kids'] })).toBe('column-twice');
    expect(code({ features: ['visited'] })).toBe('column-unsuitable');
    expect(code({ base: 'column', predictions: ['area'] })).toBe('predictions-count');
    expect(code({ base: 'column', predictions: ['area', 'rent'] })).toBe('column-twice');
    const bare = await csvDataset(table({ y: curve, z: curve }));
    expect(codeOf(() => chooseColumns(bare.info, tableSettings()))).toBe('no-features');
  });
});
