/** @file What arrives from outside stays inside: uploads, file names, recent data sets and the roles chosen for them. */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Engine } from '../engine';
import { idx } from './testing/bytes';
import { datasetOf } from '../models/opened';
import { safeFileName } from '../disk/names';
import { workbench, type Workbench } from '../runs/testing/workbench';
import { uploadLimits } from './uploads';

let bench: Workbench;
let engine: Engine;
beforeEach(async () => {
  bench = workbench();
  engine = await bench.engine();
});
afterEach(() => bench.clean());

describe('an upload', () => {
  const bytes = new TextEncoder().encode('p,q\n1,2\n3,4\n');

  it('arrives in pieces and is kept under its hash', async () => {
    const { upload } = await engine.beginUpload('späte daten.csv', bytes.length);
    await Promise.all([
      engine.appendUpload(upload, 0, bytes.subarray(0, 5)),
      engine.appendUpload(upload, 5, bytes.subarray(5)),
    ]);
    const info = await engine.finishUpload(upload);
    const prefix = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    expect(info).toMatchObject({ id: prefix, name: 'späte daten.csv', rows: 2 });
    expect(info.path).toBe(join(bench.folder, 'workspace', 'uploads', prefix, 'späte daten.csv'));
    await expect(engine.finishUpload(upload)).rejects.toMatchObject({ code: 'upload-not-found' });
  });

  it.each([
    '../x.csv',
    '..',
    '',
    '.',
    '/etc/passwd',
    'a\\b.csv',
    'C:x',
    'nul',
    'con.csv',
    'a\0b',
    '.hidden',
    'x ',
  ])('cannot be called %j', async (name) => {
    await expect(engine.beginUpload(name, 1)).rejects.toMatchObject({ code: 'unsafe-name' });
    expect(readdirSync(join(bench.folder, 'workspace', 'uploads'))).toEqual(['.incoming']);
  });

  it('must come in order, whole, and no larger than announced', async () => {
    const { upload } = await engine.beginUpload('x.csv', 10);
    await engine.appendUpload(upload, 0, bytes.subarray(0, 4));
    const piece = (offset: number, length: number) =>
      engine.appendUpload(upload, offset, new Uint8Array(length));
    await expect(piece(0, 4)).rejects.toMatchObject({ code: 'upload-offset' });
    await expect(piece(5, 1)).rejects.toMatchObject({ code: 'upload-offset' });
    await expect(piece(4, 7)).rejects.toMatchObject({ code: 'upload-too-large' });
    await expect(engine.finishUpload(upload)).rejects.toMatchObject({ code: 'upload-incomplete' });
    await engine.cancelUpload(upload);
    await expect(piece(4, 1)).rejects.toMatchObject({ code: 'upload-not-found' });
    expect(readdirSync(join(bench.folder, 'workspace', 'uploads', '.incoming'))).toEqual([]);
    for (const size of [-1, 0.5, NaN, uploadLimits.fileBytes + 1])
      await expect(engine.beginUpload('x.csv', size)).rejects.toMatchObject({ code: 'upload-too-large' });
  });

  it('is limited in number', async () => {
    for (let i = 0; i < uploadLimits.atOnce; i++) await engine.beginUpload('x.csv', 1);
    await expect(engine.beginUpload('x.csv', 1)).rejects.toMatchObject({ code: 'too-many-uploads' });
  });
});

describe('files of one drop', () => {
  const images = idx([2, 3, 3], new Uint8Array(18).fill(7));
  const labels = idx([2], Uint8Array.of(4, 9));
  const send = async (name: string, bytes: Uint8Array, group?: string) => {
    const { upload } = await engine.beginUpload(name, bytes.length, group);
    await engine.appendUpload(upload, 0, bytes);
    return datasetOf(await engine.finishUpload(upload));
  };

  it('lie side by side, so that images find their labels, which are then no data set of their own', async () => {
    const alone = await send('set-labels-idx1-ubyte', labels, 'a1');
    const joined = await send('set-images-idx3-ubyte', images, 'a1');
    expect(dirname(joined.path)).toBe(join(bench.folder, 'workspace', 'uploads', 'drop-a1'));
    expect(joined.linkedFiles).toEqual([alone.path]);
    expect(joined.columns).toMatchObject([{ name: 'image' }, { name: 'label', role: 'label', maximum: 9 }]);
    expect((await engine.recentDatasets()).map(({ name }) => name)).toEqual(['set-images-idx3-ubyte']);
  });

  it('do not find files of another drop', async () => {
    await send('set-labels-idx1-ubyte', labels, 'a1');
    const { columns, linkedFiles } = await send('set-images-idx3-ubyte', images, 'b2');
    expect([columns.length, linkedFiles]).toEqual([1, undefined]);
  });

  it('never replace each other: of two with one name, from two folders, both stay', async () => {
    const first = await send('data.csv', new TextEncoder().encode('a\n1\n2\n'), 'a1');
    const second = await send('data.csv', new TextEncoder().encode('b\n1\n2\n3\n'), 'a1');
    expect([(await engine.dataset(first.id)).rows, (await engine.dataset(second.id)).rows]).toEqual([2, 3]);
    expect(readFileSync(first.path, 'utf8')).toBe('a\n1\n2\n');
  });

  it.each(['../..', 'a/b', 'a\\b', 'x'.repeat(300), 'a\0b'])('refuses the group %j', async (group) => {
    await expect(engine.beginUpload('x.csv', 1, group)).rejects.toMatchObject({ code: 'unsafe-name' });
    expect(readdirSync(join(bench.folder, 'workspace', 'uploads'))).toEqual(['.incoming']);
  });
});

it('takes ordinary names as they are', () => {
  for (const name of ['data.csv', 'train-images.idx3-ubyte.gz', '数据 (2).parquet', 'a..b'])
    expect(safeFileName(name)).toBe(name);
});

describe('recent data sets', () => {
  it('are remembered by the next engine, without files that are gone', async () => {
    const other = join(bench.folder, 'other.csv');
    writeFileSync(other, 'c\n1\n2\n');
    await engine.openPath(bench.csv);
    const { id } = await engine.openPath(other);
    const next = await bench.engine();
    expect((await next.recentDatasets()).map((info) => info.name)).toEqual(['other.csv', 'points.csv']);
    expect((await next.dataset(id)).rows).toBe(2);
    rmSync(other);
    expect(await next.recentDatasets()).toHaveLength(1);
    await expect(next.dataset('feedfeedfeedfeed')).rejects.toMatchObject({ code: 'dataset-not-found' });
  });

  it('name the same contents once, where they were opened last and still lie', async () => {
    const copy = join(bench.folder, 'copy.csv');
    writeFileSync(copy, readFileSync(bench.csv));
    await engine.openPath(bench.csv);
    const { id } = await engine.openPath(copy);
    expect((await engine.recentDatasets()).map((info) => info.name)).toEqual(['copy.csv']);
    rmSync(copy);
    const next = await bench.engine();
    expect((await next.recentDatasets()).map((info) => info.name)).toEqual(['points.csv']);
    expect((await next.dataset(id)).name).toBe('points.csv');
  });

  it('say when a file now holds something else', async () => {
    const { id } = await engine.openPath(bench.csv);
    writeFileSync(bench.csv, 'a,b\n5,6\n');
    const next = await bench.engine();
    await expect(next.dataset(id)).rejects.toMatchObject({ code: 'data-changed' });
  });

  it('survive an unreadable list', async () => {
    writeFileSync(join(bench.folder, 'workspace', 'recent.json'), '[{"info": {"path": "../../etc"}}, 3');
    expect(await (await bench.engine()).recentDatasets()).toEqual([]);
  });
});

describe('roles', () => {
  it('belong to the contents, wherever they lie, and reach the run and its command', async () => {
    const { id } = await engine.openPath(bench.csv);
    const changed = await engine.setRoles(id, { b: 'ignore' });
    expect(changed.columns.map((column) => column.role)).toEqual(['feature', 'ignore']);
    const copy = join(bench.folder, 'elsewhere', "o'clock copy.csv");
    mkdirSync(dirname(copy));
    writeFileSync(copy, readFileSync(bench.csv));

    const next = await bench.engine();
    expect(datasetOf(await next.openPath(copy)).columns[1]!.role).toBe('ignore');
    const { id: run } = await next.startRun({ method: 'counting', data: { data: id }, config: {}, seed: 2 });
    const record = await next.waitForRun(run);
    expect(record.status).toBe('done');
    expect(record.inputs[0]).toMatchObject({ input: 'data', roles: { b: 'ignore' }, rows: 3 });
    expect(record.command).toContain(String.raw`o'\''clock copy.csv' --role b=ignore `);
  });

  it('that name no column change nothing', async () => {
    const { id } = await engine.openPath(bench.csv);
    await expect(engine.setRoles(id, { z: 'label' })).rejects.toMatchObject({ code: 'column-unknown' });
    expect(existsSync(join(bench.folder, 'workspace', 'roles', `${id}.json`))).toBe(false);
  });

  it('that leave a method without input are found before a run is made', async () => {
    const { id } = await engine.openPath(bench.csv);
    await engine.setRoles(id, { a: 'ignore', b: 'ignore' });
    await expect(
      engine.startRun({ method: 'counting', data: { data: id }, config: {}, seed: 1 }),
    ).rejects.toMatchObject({ code: 'input-unsuitable' });
  });
});
