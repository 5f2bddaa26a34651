/** @file From a data set to numbers: one-hot categories, missing values, classes; and a later file read the same way. */
import { describe, expect, it } from 'vitest';
import { prepareLike, prepareTable } from './prepare';
import { csvDataset, settings } from './testing';

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
    const table = await prepareTable(await csvDataset(TEXT), settings(), 0);
    expect(table.names).toEqual(['size', 'colour=blue', 'colour=red']);
    expect([...table.index]).toEqual([0, 1, 2, 3, 5]);
    expect([...table.raw]).toEqual([1, 0, 1, 2, 1, 0, NaN, 0, 1, 4, NaN, NaN, 6, 0, 1]);
    expect([...table.y]).toEqual([10, 1, 20, 2, 30, 3, 40, 4, 60, 6]);
    expect(table).toMatchObject({ rows: 5, targets: ['y', 'z'], task: 'regression', standardise: true });
    expect(table.notices).toEqual(['1 of 6 rows are left out: a target is missing.']);
  });

  it('keeps predictions beside the targets, and a table without features usable', async () => {
    const text = 'p,q,y,z\n1,2,3,4\n5,,7,8\n9,10,11,12\n13,14,15,16\n';
    const given = settings({ base: 'column', predictions: ['p', 'q'] });
    const table = await prepareTable(await csvDataset(text), given, 0);
    expect([...table.given!]).toEqual([1, 2, 9, 10, 13, 14]);
    expect(table).toMatchObject({ rows: 3, names: ['nothing'] });
    expect([...table.raw]).toEqual([0, 0, 0]);
  });

  it('numbers the classes of a classification', async () => {
    const data = await csvDataset(TEXT);
    const words = await prepareTable(data, settings({ targets: ['colour'] }), 0);
    expect([words.classes, [...words.y]]).toEqual([
      ['blue', 'red'],
      [1, 0, 1, 0, 1],
    ]);
    const yes = await csvDataset('a,b\n5,true\n2,false\n3,true\n8,false\n');
    const booleans = await prepareTable(yes, settings({ targets: ['b'] }), 0);
    expect([booleans.classes, [...booleans.y]]).toEqual([
      ['false', 'true'],
      [1, 0, 1, 0],
    ]);
    const one = await csvDataset('a,b\n5,true\n2,true\n9,true\n');
    await expect(prepareTable(one, settings({ targets: ['b'] }), 0)).rejects.toMatchObject({
      code: 'one-class',
    });
  });

  it('reads a second file with the columns and words of the first', async () => {
    const table = await prepareTable(await csvDataset(TEXT), settings(), 0);
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
    await expect(prepareTable(undefined, settings(), 0)).rejects.toMatchObject({ code: 'input-missing' });
    const empty = await csvDataset('a,y,z\n1,2,\n3,,4\n5,,6\n');
    await expect(prepareTable(empty, settings(), 0)).rejects.toMatchObject({ code: 'no-rows' });
  });
});

describe('toys', () => {
  it('have the moments of their law, the known mean as prediction, and new rows for every seed', async () => {
    const rows = 40_000;
    const draw = (problem: 'mixture' | 'heteroscedastic' | 'classes', seed = 1) =>
      prepareTable(undefined, settings({ problem, problemRows: rows }), seed);
    const mixture = await draw('mixture');
    const moment = (y: Float32Array, a: number, b: number, of = (_: number) => true) => {
      let [sum, count] = [0, 0];
      for (let row = 0; row < rows; row++)
        if (of(row)) [sum, count] = [sum + y[2 * row + a]! * y[2 * row + b]!, count + 1];
      return sum / count;
    };
    // Of component covariances and means: (2/3·(6 + 20.25) + 2/3)/100, (2/3·6 + 2/3)/100, and no correlation.
    expect(moment(mixture.y, 0, 0)).toBeCloseTo(0.18167, 2);
    expect(moment(mixture.y, 1, 1)).toBeCloseTo(0.04667, 2);
    expect(moment(mixture.y, 0, 1)).toBeCloseTo(0, 2);
    expect(mixture.given!.every((value) => value === 0)).toBe(true);
    expect(mixture.standardise).toBe(false);
    const uneven = await draw('heteroscedastic');
    const x = uneven.raw;
    expect(Math.max(...x)).toBeGreaterThan(1.99);
    const ratio =
      moment(uneven.y, 0, 0, (row) => x[row]! > 1.9) /
      moment(uneven.y, 0, 0, (row) => Math.abs(x[row]! - 0.5) < 0.1);
    expect(ratio).toBeGreaterThan(3.3);
    expect(ratio).toBeLessThan(4.6);
    const classes = await draw('classes');
    expect(classes).toMatchObject({ task: 'classification', classes: ['a', 'b', 'c'], names: ['x1', 'x2'] });
    expect((await draw('mixture', 2)).y[0]).not.toBe(mixture.y[0]);
    expect((await draw('mixture')).y).toEqual(mixture.y);
  });
});
