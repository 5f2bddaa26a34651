/** @file Real files of ../shared/data, read in place; skipped loudly where they are absent. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDataset } from './index';
import { previewPoints } from './points';

const DATA = '../shared/data';
const present = existsSync(DATA);
if (!present) console.warn(`SKIPPED: tests on real files, because ${DATA} is not there`);

const open = (name: string) => openDataset(join(DATA, name));

describe.skipIf(!present)('a real file', { timeout: 120_000 }, () => {
  it.each([
    ['images/mnist-train-images-idx3-ubyte.gz', 'idx', 60_000, ['image', 'label']],
    ['images/cifar10-train-4k-lossless.bin.gz', 'cifar', 4_000, ['image', 'label']],
    ['text/tinystories.jsonl.gz', 'jsonl', 381, ['text', 'source', 'license', 'origin', 'id']],
    ['text/tinyshakespeare.txt', 'text', 40_000, ['text']],
    ['tables/ansur2.csv', 'csv', 1_986, ['stature', 'footlength', 'tibialheight']],
  ])('%s: %s, %i rows', async (name, format, rows, columns) => {
    const { info } = await open(name);
    expect(info).toMatchObject({ format, rows });
    expect(info.columns.map((c) => c.name)).toEqual(columns);
  });

  it.each([
    ['tables/air.csv', 10_000, 21],
    ['tables/births1.csv', 10_000, 25],
    ['tables/bio.csv', 45_730, 10],
    ['tables/households.csv', 7_207, 21],
    ['tables/atp1d.arff', 337, 417],
    ['tables/edm.arff', 154, 18],
    ['tables/rf1.arff', 9_125, 72],
    ['tables/sf1.arff', 323, 13],
    ['tables/wq.arff', 1_060, 30],
    ['images/sklearn-digits-8x8.csv.gz', 1_797, 65],
  ])('%s: %i rows, %i columns', async (name, rows, columns) => {
    const { info } = await open(name);
    expect([info.rows, info.columns.length]).toEqual([rows, columns]);
  });

  it('MNIST has its known class counts and brightness', async () => {
    const dataset = await open('images/mnist-train-images-idx3-ubyte.gz');
    const { codes, names } = (await dataset.labels())!;
    const counts = new Array<number>(10).fill(0);
    for (const code of codes) counts[code]! += 1;
    expect(names).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    expect(counts).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    // The mean .1307 and deviation .3081 that every MNIST recipe normalises with.
    const image = dataset.info.columns[0]!;
    expect(image.mean! / 255).toBeCloseTo(0.1307, 3);
    expect(image.standardDeviation! / 255).toBeCloseTo(0.3081, 3);
  });

  it('a view of MNIST explains the share of variance that its first two components hold', async () => {
    const points = await previewPoints(await open('images/mnist-t3k-images-idx3-ubyte.gz'), 500);
    expect(points.rows).toHaveLength(500);
    expect(points.total).toBe(3_000);
    // 9.7 % and 7.1 % on the full training set.
    expect(Math.abs(points.explained![0] - 0.097)).toBeLessThan(0.01);
    expect(Math.abs(points.explained![1] - 0.071)).toBeLessThan(0.01);
  });
});
