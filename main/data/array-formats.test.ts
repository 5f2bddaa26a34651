/** @file NPY, NPZ, IDX, CIFAR, Parquet and image folders: values, shapes and byte orders. */
import { symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import jpeg from 'jpeg-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from './index';
import { cifarRecord, gzip, idx, joined, npy, png, raw, zip } from './testing/bytes';
import { openWorkbench, rejection, type FileWorkbench } from './testing/workbench';

let bench: FileWorkbench;
beforeAll(async () => {
  bench = await openWorkbench();
});
afterAll(() => bench.close());

const open = async (name: string, content: Uint8Array) => openDataset(await bench.file(name, content));

describe('NPY', () => {
  it.each([
    ['<f8', raw(Float64Array.of(1, -2, 3.5, 4))],
    ['<f4', raw(Float32Array.of(1, -2, 3.5, 4))],
    ['>f4', raw(Float32Array.of(1, -2, 3.5, 4)).reverse(), [4, 3.5, -2, 1]],
    ['<f2', raw(Int16Array.of(0x3c00, 0xc000 - 65536, 0x4300, 0x4400))],
    ['<i4', raw(Int32Array.of(1, -2, 3, 4)), [1, -2, 3, 4]],
    ['<i8', raw(BigInt64Array.of(1n, -2n, 3n, 4n)), [1, -2, 3, 4]],
    ['|i1', Uint8Array.of(1, 254, 3, 4), [1, -2, 3, 4]],
    ['|b1', Uint8Array.of(1, 0, 1, 1), [1, 0, 1, 1]],
  ])('reads %s', async (descr, data, expected = [1, -2, 3.5, 4]) => {
    const { matrix } = await (
      await open(`${descr.replace(/\W/g, 'x')}.npy`, npy(descr, '(2, 2)', data))
    ).features();
    expect([...matrix.data]).toEqual(expected);
    expect([matrix.rows, matrix.columns]).toEqual([2, 2]);
  });

  it('turns Fortran order into rows', async () => {
    const columnMajor = raw(Float32Array.of(1, 3, 5, 2, 4, 6));
    const { matrix } = await (await open('fortran.npy', npy('<f4', '(3, 2)', columnMajor, true))).features();
    expect([...matrix.data]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('sees pictures in [n, h, w] of bytes or brightness, and vectors in anything else', async () => {
    const bytes = await open('bytes.npy', npy('|u1', '(2, 4, 4)', new Uint8Array(32).fill(255)));
    expect(bytes.info.columns[0]).toMatchObject({
      kind: 'image',
      role: 'image',
      image: { height: 4, width: 4, channels: 1 },
    });
    const unit = await open(
      'unit.npy',
      npy('<f4', '(1, 3, 4, 4)', raw(new Float32Array(48).map((_, i) => Math.floor(i / 16) / 2))),
    );
    expect(unit.info.columns[0]?.image).toEqual({ height: 4, width: 4, channels: 3 });
    // Channels first on disk: red 0, green .5, blue 1.
    expect([...(await unit.features()).matrix.data.slice(0, 3)]).toEqual([-1, 0, 1]);
    const far = await open('far.npy', npy('<f4', '(2, 4, 4)', raw(new Float32Array(32).fill(1e6))));
    expect(far.info.columns[0]).toMatchObject({ kind: 'vector', width: 16 });
  });
});

describe('NPZ', () => {
  it('joins arrays of equal length and names the ones it leaves out', async () => {
    const dataset = await open(
      'set.npz',
      zip({
        'x.npy': npy('<f4', '(4, 2)', raw(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8))),
        'y.npy': npy('|u1', '(4,)', Uint8Array.of(0, 1, 1, 0)),
        'mean.npy': npy('<f4', '(2,)', raw(Float32Array.of(4, 5))),
      }),
    );
    expect(dataset.info.columns.map((c) => `${c.name} ${c.role}`)).toEqual([
      'x1 feature',
      'x2 feature',
      'y label',
    ]);
    expect((await dataset.labels())?.codes).toEqual(Int32Array.of(0, 1, 1, 0));
    expect(dataset.info.warnings.map((w) => w.code)).toEqual(['array-skipped']);
  });
});

describe('IDX', () => {
  const images = idx([2, 2, 2], Uint8Array.of(0, 255, 51, 204, 10, 20, 30, 40));

  it('finds its labels beside, scales features to [-1, 1], and gives pixels back as they were', async () => {
    await bench.file('set/t-labels-idx1-ubyte', idx([2], Uint8Array.of(7, 3)));
    const dataset = await open('set/t-images-idx3-ubyte.gz', gzip(images));
    expect(dataset.info.warnings.map((w) => w.code)).toEqual(['labels-joined']);
    expect(dataset.info.linkedFiles).toHaveLength(1);
    expect(await dataset.labels()).toEqual({ codes: Int32Array.of(1, 0), names: ['3', '7'] });
    const { matrix } = await dataset.features();
    expect(matrix.image).toEqual({ height: 2, width: 2, channels: 1 });
    expect([...matrix.data.slice(0, 4)].map((v) => v.toFixed(3))).toEqual([
      '-1.000',
      '1.000',
      '-0.600',
      '0.600',
    ]);
    expect([...(await dataset.images([1])).pixels]).toEqual([10, 20, 30, 40]);
    expect((await rejection(dataset.images([2]))).code).toBe('range-invalid');
  });

  it.each([
    ['too few labels', idx([1], Uint8Array.of(7))],
    ['a broken labels file', Uint8Array.of(0, 0, 8)],
  ])('opens without labels when there is %s', async (name, labels) => {
    await bench.file(`${name}/t-labels-idx1-ubyte`, labels);
    const dataset = await open(`${name}/t-images-idx3-ubyte`, images);
    expect(dataset.info.warnings.map((w) => w.code)).toEqual(['labels-skipped']);
    expect(await dataset.labels()).toBeNull();
  });

  it.skipIf(process.platform === 'win32')(
    'follows no link to labels elsewhere: nobody named them',
    async () => {
      const elsewhere = await bench.file('elsewhere/labels', idx([2], Uint8Array.of(7, 3)));
      const path = await bench.file('linked/t-images-idx3-ubyte', images);
      await symlink(elsewhere, join(dirname(path), 't-labels-idx1-ubyte'));
      const dataset = await openDataset(path);
      expect(dataset.info.warnings.map((w) => w.code)).toEqual(['labels-skipped']);
      expect(await dataset.labels()).toBeNull();
    },
  );
});

describe('CIFAR', () => {
  it('turns planes into pixels', async () => {
    const dataset = await open('batch.bin', joined(cifarRecord(3, [1, 2, 3]), cifarRecord(9, [4, 5, 6])));
    expect([...(await dataset.images([1])).pixels.slice(0, 6)]).toEqual([4, 5, 6, 4, 5, 6]);
    const labels = await dataset.labels();
    expect(Array.from(labels!.codes, (code) => labels!.names[code])).toEqual(['cat', 'truck']);
  });
});

describe('Parquet', () => {
  it('reads numbers, words, truth values, dates and missing values over several row groups', async () => {
    const buffer = parquetWriteBuffer({
      columnData: [
        { name: 'a', data: [1.5, null, 3.5, 4.5], type: 'DOUBLE' },
        { name: 'word', data: ['x', 'y', 'x', 'y'], type: 'STRING' },
        { name: 'flag', data: [true, false, true, true], type: 'BOOLEAN' },
        { name: 'n', data: [1n, 2n, 3n, 4n], type: 'INT64' },
      ],
      rowGroupSize: 2,
    });
    const dataset = await open('table.parquet', new Uint8Array(buffer));
    expect(dataset.info.columns.map((c) => c.kind)).toEqual(['number', 'category', 'boolean', 'integer']);
    expect(await dataset.rows(0, 4)).toEqual([
      [1.5, 'x', 'true', 1],
      [null, 'y', 'false', 2],
      [3.5, 'x', 'true', 3],
      [4.5, 'y', 'true', 4],
    ]);
  });
});

describe('an image folder', () => {
  it('reads PNG and JPEG, a class per sub-folder, grey among colour', async () => {
    await bench.file('pets/cat/1.png', png(6, 4, 200));
    const photo = jpeg.encode({ width: 6, height: 4, data: new Uint8Array(96).fill(120) }, 95);
    await bench.file('pets/dog/1.jpg', photo.data);
    await bench.file('pets/notes.md', Uint8Array.of(65));
    const dataset = await openDataset(`${bench.folder}/pets`);
    expect(dataset.info).toMatchObject({ format: 'images', rows: 2, name: 'pets' });
    expect(dataset.info.columns.map((c) => `${c.name} ${c.role}`)).toEqual([
      'image image',
      'file text',
      'class label',
    ]);
    expect(dataset.info.warnings.map((w) => w.code)).toEqual(['files-skipped']);
    const { image, pixels } = await dataset.images([0, 1]);
    expect(image).toEqual({ height: 4, width: 6, channels: 3 });
    expect([...pixels.slice(0, 3)]).toEqual([200, 200, 200]);
    expect(Math.abs(pixels[72]! - 120)).toBeLessThan(4);
  });

  it('names the odd one out', async () => {
    await bench.file('odd/a.png', png(4, 4, 1));
    await bench.file('odd/b.png', png(5, 4, 1));
    const error = await rejection(openDataset(`${bench.folder}/odd`));
    expect(error.code).toBe('image-size-mismatch');
    expect(error.detail.where?.file).toBe('b.png');
  });

  it.each([
    ['cut short', png(4, 4, 1).subarray(0, 20), 'truncated'],
    ['damaged', png(40, 40, 9).map((byte, i) => (i === 45 ? byte ^ 255 : byte)), 'corrupt-image'],
    ['no image at all', Uint8Array.of(1, 2, 3, 4), 'wrong-magic'],
    [
      'declaring billions of pixels',
      png(4, 4, 1).map((byte, i) => (i >= 16 && i < 24 ? 0x7f : byte)),
      'image-too-large',
    ],
  ])('refuses a PNG %s', async (name, bytes, code) => {
    await bench.file(`${name}/a.png`, bytes);
    const error = await rejection(openDataset(`${bench.folder}/${name}`));
    expect(error.code, error.message).toBe(code);
    expect(error.detail.where?.file).toBe('a.png');
  });
});
