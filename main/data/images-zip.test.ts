/** @file A zip of images opens like the folder it was made from; an archive of arrays stays an NPZ. */
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from './index';
import { zipEntries } from '../../native-models';
import { joined, npy, png, raw, text, zip, zipStored } from './testing/bytes';
import { openWorkbench, type FileWorkbench } from './testing/workbench';
import type { Dataset } from '../contract/data';

let bench: FileWorkbench;
beforeAll(async () => {
  bench = await openWorkbench();
});
afterAll(() => bench.close());

const open = async (name: string, content: Uint8Array) => openDataset(await bench.file(name, content));
const names = async (dataset: Dataset) => (await dataset.rows(0, 20)).map((row) => row[1]);
const classes = async (dataset: Dataset) => {
  const labels = await dataset.labels();
  return labels && Array.from(labels.codes, (code) => labels.names[code]);
};

const pets = {
  'cat/1.png': png(6, 4, 10),
  'cat/2.png': png(6, 4, 20),
  'cat-like/1.png': png(6, 4, 30, 3),
  'dog/1.png': png(6, 4, 40),
};

describe('a zip of images', () => {
  it('is the folder it was made from: rows, order, classes, pixels, description', async () => {
    for (const [name, bytes] of Object.entries(pets)) await bench.file(`pets/${name}`, bytes);
    await bench.file('pets/notes.md', 'fed twice');
    await bench.file('pets/.DS_Store', 'desk');
    const below = Object.fromEntries(Object.entries(pets).map(([name, bytes]) => [`pets/${name}`, bytes]));
    const folder = await openDataset(`${bench.folder}/pets`);
    const archive = await open(
      'pets.zip',
      zip({ ...below, 'pets/notes.md': text('fed twice'), 'pets/.DS_Store': text('desk') }),
    );
    expect(archive.info).toMatchObject({ format: 'images', rows: 4, name: 'pets.zip', compression: 'none' });
    expect(archive.info.columns).toEqual(folder.info.columns);
    expect(archive.info.warnings).toEqual(folder.info.warnings);
    expect(archive.info.warnings.map((one) => one.code)).toEqual(['files-skipped']);
    expect(await names(archive)).toEqual(['cat/1.png', 'cat/2.png', 'cat-like/1.png', 'dog/1.png']);
    expect(await archive.rows(0, 4)).toEqual(await folder.rows(0, 4));
    expect(await archive.images([0, 1, 2, 3])).toEqual(await folder.images([0, 1, 2, 3]));
    expect(await classes(archive)).toEqual(['cat', 'cat', 'cat-like', 'dog']);
  });

  it.each([
    ['at its top', pets, ['cat/1.png', 'cat/2.png', 'cat-like/1.png', 'dog/1.png']],
    ['without classes', { 'b.png': png(4, 4, 1), 'a.png': png(4, 4, 2) }, ['a.png', 'b.png']],
    [
      'of one class',
      { 'set/cat/1.png': png(4, 4, 1), 'set/cat/2.png': png(4, 4, 2) },
      ['cat/1.png', 'cat/2.png'],
    ],
    ['with a Mac’s leftovers', { 'cat/1.png': png(4, 4, 1), '__MACOSX/cat/._1.png': text('x') }, ['1.png']],
    [
      'with Windows’ separators',
      { 'cat\\1.png': png(4, 4, 1), 'dog\\1.png': png(4, 4, 2) },
      ['cat/1.png', 'dog/1.png'],
    ],
    [
      'with paths from here',
      { './cat/1.png': png(4, 4, 1), './dog/1.png': png(4, 4, 2) },
      ['cat/1.png', 'dog/1.png'],
    ],
    ['with folders as entries', { 'cat/': new Uint8Array(0), 'cat/1.png': png(4, 4, 1) }, ['1.png']],
    [
      'and an array',
      { 'cat/1.png': png(4, 4, 1), 'x.npy': npy('<f4', '(1,)', raw(Float32Array.of(1))) },
      ['1.png'],
    ],
  ])('%s', async (title, entries, expected) => {
    const dataset = await open(`${title}.zip`, zip(entries));
    expect(await names(dataset)).toEqual(expected);
  });

  it('opens stored as well as deflated, and follows no link', async () => {
    const entries = { 'cat/1.png': png(4, 4, 1), 'cat/2.png': text('../../../etc/passwd') };
    const unix = { os: 3, attrs: 0o120777 << 16 };
    const linked = zipSync({ 'cat/1.png': entries['cat/1.png'], 'cat/2.png': [entries['cat/2.png'], unix] });
    expect(await names(await open('linked.zip', linked))).toEqual(['1.png']);
    expect(await names(await open('stored.zip', zipStored({ 'cat/1.png': entries['cat/1.png'] })))).toEqual([
      '1.png',
    ]);
  });

  it('keeps classes apart whose names are not UTF-8', async () => {
    const entries = { 'caf#/1.png': png(4, 4, 1), 'caf%/1.png': png(4, 4, 2) };
    const bytes = Buffer.from(zip(entries))
      .toString('latin1')
      .replaceAll('caf#', 'caf\xe9')
      .replaceAll('caf%', 'caf\xe8');
    const dataset = await open('latin.zip', Uint8Array.from(Buffer.from(bytes, 'latin1')));
    expect(await classes(dataset)).toEqual(['cafè', 'café']);
  });
});

describe('an archive of arrays', () => {
  const arrays = () => zip({ 'x.npy': npy('<f4', '(3,)', raw(Float32Array.of(1, 2, 3))) });

  it('is an NPZ under either name', async () => {
    for (const name of ['arrays.npz', 'arrays.zip'])
      expect((await open(name, arrays())).info).toMatchObject({ format: 'npz', rows: 3 });
  });
});

describe('an archive of more than 65,535 entries', () => {
  /** Moves the true count to the record that large archives have, and leaves 65,535 where it does not fit. */
  function withLargeCount(bytes: Uint8Array, declared: number): Uint8Array {
    const end = bytes.length - 22;
    const view = new DataView(bytes.slice().buffer);
    const record = new DataView(new ArrayBuffer(56 + 20));
    record.setUint32(0, 0x06064b50, true);
    record.setBigUint64(32, BigInt(declared), true);
    record.setBigUint64(48, BigInt(view.getUint32(end + 16, true)), true);
    record.setUint32(56, 0x07064b50, true);
    record.setBigUint64(64, BigInt(end), true);
    view.setUint16(end + 10, 0xffff, true);
    const changed = new Uint8Array(view.buffer);
    return joined(changed.subarray(0, end), new Uint8Array(record.buffer), changed.subarray(end));
  }

  it('is counted by the record made for it', () => {
    const entries = zipEntries('large.zip', withLargeCount(zip(pets), 4));
    expect(entries.map((entry) => entry.name)).toEqual(Object.keys(pets));
  });

  it.each([
    [5, 'corrupt-zip'],
    [3_000_000, 'file-too-large'],
  ])('that declares %i entries but has four is %s', (declared, code) => {
    expect(() => zipEntries('large.zip', withLargeCount(zip(pets), declared))).toThrow(code);
  });
});
