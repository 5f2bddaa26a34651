/** @file What a run keeps by name is read back, listed, replaced and dropped; names stay inside the folder. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { dropKeptExcept, listKept, readKept, writeKept } from './kept';

let run: string;
beforeEach(() => void (run = mkdtempSync(join(tmpdir(), 'monge-kept-'))));
afterEach(() => rmSync(run, { recursive: true }));

const arrays = (...values: number[]) => ({ x: { data: Float64Array.from(values), shape: [values.length] } });

it('keeps the last of each name', async () => {
  expect([await listKept(run), await readKept(run, 'split')]).toEqual([[], null]);
  await writeKept(run, 'split', arrays(1));
  await writeKept(run, 'repeat 1', arrays(2));
  await writeKept(run, 'split', arrays(3, NaN));
  expect(await listKept(run)).toEqual(['repeat 1', 'split']);
  expect(await readKept(run, 'split')).toEqual(arrays(3, NaN));
  expect(readdirSync(join(run, 'kept'))).toHaveLength(2);
});

it('drops what is not named', async () => {
  for (const name of ['a', 'b', 'c']) await writeKept(run, name, arrays(1));
  await dropKeptExcept(run, ['b', 'never kept']);
  expect(await listKept(run)).toEqual(['b']);
});

it.each(['../outside', 'a/b', '.hidden', 'con'])('refuses the name %s', async (name) => {
  await expect(writeKept(run, name, arrays(1))).rejects.toMatchObject({ code: 'unsafe-name' });
  await expect(readKept(run, name)).rejects.toMatchObject({ code: 'unsafe-name' });
});
