/** @file Whole columns by name, whatever their role: what methods read that choose columns themselves. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDataset } from './index';
import type { Dataset } from '../contract/data';

let folder: string;
let dataset: Dataset;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'monge-columns-'));
  const rows = [
    'when,size,colour,fine,note',
    '2024-01-02,1.5,red,true,one two',
    '2024-01-03,,blue,false,three',
  ];
  const more = ['2024-01-04,2.5,,true,four five', '2024-01-05,3,red,true,six'];
  await writeFile(join(folder, 'table.csv'), [...rows, ...more].join('\n'));
  dataset = await openDataset(join(folder, 'table.csv'), { roles: { size: 'ignore' } });
});
afterAll(async () => {
  await dataset.close();
  await rm(folder, { recursive: true });
});

it('gives numbers with NaN where a value is missing, also of ignored columns', async () => {
  expect(await dataset.column('size')).toEqual({
    kind: 'numbers',
    values: Float32Array.of(1.5, NaN, 2.5, 3),
  });
  expect(await dataset.column('fine')).toEqual({ kind: 'numbers', values: Float32Array.of(1, 0, 1, 1) });
});

it('gives categories as codes, −1 where a value is missing', async () => {
  const colour = await dataset.column('colour');
  expect(colour.kind === 'categories' && [...colour.codes].map((code) => colour.names[code] ?? null)).toEqual(
    ['red', 'blue', null, 'red'],
  );
});

it('refuses dates and unknown names with the column in the message', async () => {
  await expect(dataset.column('when')).rejects.toMatchObject({ detail: { code: 'column-unsuitable' } });
  await expect(dataset.column('weight')).rejects.toMatchObject({
    detail: { code: 'column-unknown', where: { column: 'weight' } },
  });
});
