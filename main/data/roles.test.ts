/** @file Roles: the guess, the user's corrections, and what cannot be. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from './index';
import { openWorkbench, rejection, type FileWorkbench } from './testing/workbench';
import type { Role } from '../contract/data';

let bench: FileWorkbench;
let table: string;
beforeAll(async () => {
  bench = await openWorkbench();
  const rows = Array.from({ length: 60 }, (_, i) => `${i + 1},${i * 0.5},${i * 0.25},note ${i},${i % 3}`);
  table = await bench.file('table.csv', `id,a,b,note,kind\n${rows.join('\n')}\n`);
});
afterAll(() => bench.close());

const rolesOf = async (path: string, roles?: Record<string, Role>) =>
  (await openDataset(path, { roles })).info.columns.map((c) => c.role);

describe('roles', () => {
  it('are guessed: row numbers ignored, few whole numbers at the end a label, text text', async () => {
    expect(await rolesOf(table)).toEqual(['ignore', 'feature', 'feature', 'text', 'label']);
  });

  it('follow the user, and only one column stays the label', async () => {
    expect(await rolesOf(table, { b: 'target', id: 'feature' })).toEqual([
      'feature',
      'feature',
      'target',
      'text',
      'label',
    ]);
    const dataset = await openDataset(table, { roles: { note: 'label' } });
    expect(dataset.info.columns.map((c) => c.role)).toEqual([
      'ignore',
      'feature',
      'feature',
      'label',
      'feature',
    ]);
    expect((await dataset.labels())?.names).toHaveLength(60);
    expect((await dataset.features()).matrix.names).toEqual(['a', 'b', 'kind']);
  });

  it.each([
    ['a column that is not there', { c: 'feature' }, 'column-unknown', 'c'],
    ['text as a feature', { note: 'feature' }, 'role-invalid', 'note'],
    ['numbers as an image', { a: 'image' }, 'role-invalid', 'a'],
    ['numbers as text', { a: 'text' }, 'role-invalid', 'a'],
    ['a role that does not exist', { a: 'toString' }, 'role-invalid', 'a'],
    ['two labels', { a: 'label', b: 'label' }, 'role-invalid', undefined],
  ])('refuse %s', async (_, roles, code, column) => {
    const error = await rejection(openDataset(table, { roles: roles as Record<string, Role> }));
    expect(error.code).toBe(code);
    expect(error.detail.where).toMatchObject({ file: 'table.csv', ...(column && { column }) });
  });

  it('give coded errors where a method asks for what is not there', async () => {
    const ignored = await openDataset(table, { roles: { a: 'ignore', b: 'ignore', kind: 'ignore' } });
    expect((await rejection(ignored.features())).code).toBe('no-numeric-columns');
    expect(await ignored.labels()).toBeNull();
    expect((await rejection(ignored.images([0]))).code).toBe('no-images');
    const gaps = await openDataset(await bench.file('gaps.csv', 'a,b\n1,\n,2\n'));
    expect((await rejection(gaps.features())).code).toBe('no-rows');
  });
});

describe('rows', () => {
  it('come page by page, the last page shorter, nothing beyond the end', async () => {
    const dataset = await openDataset(table);
    expect(await dataset.rows(58, 10)).toHaveLength(2);
    expect(await dataset.rows(60, 10)).toEqual([]);
    for (const [offset, count] of [
      [-1, 5],
      [0.5, 5],
      [0, NaN],
      [0, 1e9],
    ])
      expect((await rejection(dataset.rows(offset!, count!))).code).toBe('range-invalid');
  });
});
