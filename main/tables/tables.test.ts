/** @file Real tables of ../shared/data/tables: what is predicted from how many features, and which columns are left out. Skipped loudly where absent. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../data';
import { encodeSplit } from './encode';
import { prepareTable } from './prepare';
import { SPLIT_PARTS, splitRows } from './split';
import { tableSettings } from './testing';

const FOLDER = '../shared/data/tables';
const present = existsSync(FOLDER);
if (!present) console.warn(`SKIPPED: tests on real tables, because ${FOLDER} is not there`);

describe.skipIf(!present)('a real table', { timeout: 60_000 }, () => {
  it.each([
    ['enb.arff', ['last:2'], 768, 8, []],
    ['jura.arff', ['last:3'], 359, 15, []],
    ['slump.arff', ['last:3'], 103, 7, []],
    ['rf1.arff', ['last:8'], 9125, 64, []],
    ['bio.csv', ['F7', 'F9'], 45_730, 8, []],
    ['air.csv', ['last:6'], 10_000, 15, []],
    ['births1.csv', ['last:2'], 10_000, 23, []],
    ['ansur2.csv', ['last:2'], 1986, 1, []],
    ['edm.arff', ['last:2'], 154, 16, []],
    ['wq.arff', ['last:14'], 1060, 16, []],
    ['sf1.arff', ['last:3'], 323, 31, []],
    ['households.csv', ['inc', 'food', 'house', 'utili'], 7207, 15, ['column_1', 'newid']],
  ] as const)(
    '%s, targets %j: %i rows, %i encoded features',
    async (file, targets, rows, features, dropped) => {
      const dataset = await openDataset(join(FOLDER, file));
      const table = await prepareTable(dataset, tableSettings({ targets: [...targets] }));
      expect([table.rows, table.names.length]).toEqual([rows, features]);
      const named = table.notices.flatMap((notice) =>
        [...notice.matchAll(/“(.*?)”/g)].map(([, name]) => name),
      );
      expect(named).toEqual(dropped);
      const { split } = encodeSplit(table, splitRows(table.rows, tableSettings(), 1, 0));
      for (const part of SPLIT_PARTS.map((name) => split[name]))
        for (const values of [part.x, part.y, part.raw]) expect(values.every(Number.isFinite)).toBe(true);
      if (file === 'rf1.arff') expect(table.raw.some(Number.isNaN)).toBe(true);
      await dataset.close();
    },
  );

  it('atp1d.arff leaves out its constant columns, by name', async () => {
    const dataset = await openDataset(join(FOLDER, 'atp1d.arff'));
    const table = await prepareTable(dataset, tableSettings({ targets: ['last:6'] }));
    expect(table.notices).toEqual([expect.stringContaining('same value in every row: “departdaytype”')]);
  });
});
