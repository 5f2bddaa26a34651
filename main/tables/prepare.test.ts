/** @file From a data set to numbers: one-hot categories, missing values, classes; and a later file read the same way. */
import { describe, expect, it } from 'vitest';
import { prepareLike, prepareTable } from './prepare';
import { csvDataset, tableSettings } from './testing';

const TEXT = `size,colour,y,z
1,red,10,1
2,blue,20,2
,red,30,3
4,,40,4
5,blue,,5
6,red,60,6
`;

describe('prepareTable', () => {
  it('writes categories as zeros and ones, keeps what is missing as NaN, drops rows without a target', async () => {
    const table = await prepareTable(await csvDataset(TEXT), tableSettings());
    expect(table.names).toEqual(['size', 'colour=blue', 'colour=red']);
    expect([...table.index]).toEqual([0, 1, 2, 3, 5]);
    expect([...table.raw]).toEqual([1, 0, 1, 2, 1, 0, NaN, 0, 1, 4, NaN, NaN, 6, 0, 1]);
    expect([...table.y]).toEqual([10, 1, 20, 2, 30, 3, 40, 4, 60, 6]);
    expect(table).toMatchObject({ rows: 5, targets: ['y', 'z'], task: 'regression', standardise: true });
    expect(table.notices).toEqual(['1 of 6 rows are left out: a target is missing.']);
  });

  it('keeps predictions beside the targets, and a table without features usable', async () => {
    const text = 'p,q,y,z\n1,2,3,4\n5,,7,8\n9,10,11,12\n13,14,15,16\n';
    const given = tableSettings({ base: 'column', predictions: ['p', 'q'] });
    const table = await prepareTable(await csvDataset(text), given);
    expect([...table.given!]).toEqual([1, 2, 9, 10, 13, 14]);
    expect(table).toMatchObject({ rows: 3, names: ['nothing'] });
    expect([...table.raw]).toEqual([0, 0, 0]);
  });

  it('numbers the classes of a classification', async () => {
    const data = await csvDataset(TEXT);
    const words = await prepareTable(data, tableSettings({ targets: ['colour'] }));
    expect([words.classes, [...words.y]]).toEqual([
      ['blue', 'red'],
      [1, 0, 1, 0, 1],
    ]);
    const yes = await csvDataset('a,b\n5,true\n2,false\n3,true\n8,false\n');
    const booleans = await prepareTable(yes, tableSettings({ targets: ['b'] }));
    expect([booleans.classes, [...booleans.y]]).toEqual([
      ['false', 'true'],
      [1, 0, 1, 0],
    ]);
    const one = await csvDataset('a,b\n5,true\n2,true\n9,true\n');
    await expect(prepareTable(one, tableSettings({ targets: ['b'] }))).rejects.toMatchObject({
      code: 'one-class',
    });
  });

  it('reads a second file with the columns and words of the first', async () => {
    const table = await prepareTable(await csvDataset(TEXT), tableSettings());
    const second = await csvDataset('colour,z,size\ngreen,1,7\nred,2,8\n');
    const { rows, raw } = await prepareLike(second, table);
    expect([rows, ...raw]).toEqual([2, 7, 0, 0, 8, 0, 1]);
    const other = await csvDataset('colour,size\n1,7\n2,8\n');
    await expect(prepareLike(other, table)).rejects.toMatchObject({ code: 'column-unsuitable' });
    await expect(prepareLike(await csvDataset('a\n1\n2\n'), table)).rejects.toMatchObject({
      code: 'column-unknown',
    });
  });

  it('refuses a run without data, and data without answers', async () => {
    await expect(prepareTable(undefined, tableSettings())).rejects.toMatchObject({ code: 'input-missing' });
    const empty = await csvDataset('a,y,z\n1,2,\n3,,4\n5,,6\n');
    await expect(prepareTable(empty, tableSettings())).rejects.toMatchObject({ code: 'no-rows' });
  });
});
