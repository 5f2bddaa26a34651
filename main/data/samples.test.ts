/** @file The gallery: what ships opens, looks as described, and is what the generators make. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { sampleFiles } from '../../scripts/samples/files';
import { openDataset } from './index';
import { previewPoints } from './points';
import { zipEntries } from '../../native-models';
import { methods } from '../methods';
import { listSamples, samplePath } from './samples';

const FOLDER = 'samples';
const TASKS = ['rivers', 'trades', 'larger-than', 'smaller-than', 'sums', 'word-order'];
const open = (id: string) => openDataset(samplePath(FOLDER, id), { sample: id });

describe('the gallery', { timeout: 60_000 }, () => {
  it('lists the samples with thumbnails made from their own data', async () => {
    const samples = await listSamples(FOLDER);
    expect(samples.map((s) => [s.id, s.rows, s.columns])).toEqual([
      ['two-moons', 6_000, 2],
      ['eight-gaussians', 20_000, 2],
      ['ring-and-petals', 6_000, 2],
      ['swiss-roll', 5_000, 3],
      ['gaussians-16d', 5_000, 16],
      ['drawn-digits', 4_000, 256],
      ['two-outputs', 2_000, 4],
      ['sentences', 2_000, 0],
      ['everyday', 400, 0],
      ['football', 400, 0],
      ['topics', 2_400, 0],
      ...TASKS.map((id) => [id, id === 'sums' ? 212 : 240, 0]),
    ]);
    const others: Record<string, string> = {
      ...{
        'two-outputs': 'conformal',
        sentences: 'tiny-lm',
        everyday: 'steer',
        football: 'steer',
        topics: 'tiny-lm',
      },
    };
    for (const { id, thumbnail, suggests } of samples) {
      const method = methods.find((one) => one.id === suggests.method)!;
      expect(method.id).toBe(TASKS.includes(id) ? 'probes' : (others[id] ?? 'flows'));
      expect(() => method.config.parse(suggests.config)).not.toThrow();
      if (thumbnail.kind === 'text') continue;
      const values = thumbnail.kind === 'points' ? thumbnail.points : thumbnail.pixels;
      expect(new Set(values).size).toBeGreaterThan(50);
    }
  });

  it('holds what it describes: eight modes at radius 2 with standard deviation .25', async () => {
    const dataset = await open('eight-gaussians');
    const { matrix } = await dataset.features();
    const labels = (await dataset.labels())!;
    expect(labels.names).toHaveLength(8);
    let squares = 0;
    for (let row = 0; row < matrix.rows; row += 1) {
      const angle = (2 * Math.PI * labels.codes[row]!) / 8;
      squares +=
        (matrix.data[2 * row]! - 2 * Math.cos(angle)) ** 2 +
        (matrix.data[2 * row + 1]! - 2 * Math.sin(angle)) ** 2;
    }
    expect(Math.abs(Math.sqrt(squares / (2 * matrix.rows)) - 0.25)).toBeLessThan(0.003);
    expect(dataset.info.sample).toBe('eight-gaussians');
  });

  it('draws digits that the nearest mean image tells apart', async () => {
    const dataset = await open('drawn-digits');
    const { matrix } = await dataset.features();
    const { codes } = (await dataset.labels())!;
    const means = new Float64Array(10 * 256);
    const counts = new Float64Array(10);
    for (let row = 0; row < 2000; row += 1) {
      counts[codes[row]!]! += 1;
      for (let k = 0; k < 256; k += 1) means[codes[row]! * 256 + k]! += matrix.data[row * 256 + k]!;
    }
    let right = 0;
    for (let row = 2000; row < 4000; row += 1) {
      const distances = Array.from(counts, (count, digit) => {
        let sum = 0;
        for (let k = 0; k < 256; k += 1)
          sum += (matrix.data[row * 256 + k]! - means[digit * 256 + k]! / count) ** 2;
        return sum;
      });
      if (distances.indexOf(Math.min(...distances)) === codes[row]) right += 1;
    }
    expect(right / 2000).toBeGreaterThan(0.8);
  });

  it('shows the targets of a table to predict, and holds what its suggestion names', async () => {
    const sample = (await listSamples(FOLDER)).find(({ id }) => id === 'two-outputs')!;
    expect(sample.suggests.config).toEqual({ targets: ['y1', 'y2'] });
    const dataset = await open('two-outputs');
    const [y1, y2] = await Promise.all(['y1', 'y2'].map((name) => dataset.column(name)));
    if (y1!.kind !== 'numbers' || y2!.kind !== 'numbers') throw new Error('the targets are numbers');
    const points = sample.thumbnail.kind === 'points' ? sample.thumbnail.points : new Float32Array();
    expect(points).toHaveLength(2 * 1_500);
    const row = y1!.values.indexOf(points[20]!);
    expect(points[21]).toBe(y2!.values[row]);
    expect((await dataset.column('site')).kind).toBe('categories');
  });

  it('shows the first rows of a text, which come with their concepts', async () => {
    const { thumbnail } = (await listSamples(FOLDER)).find(({ id }) => id === 'sentences')!;
    expect(thumbnail.kind === 'text' && thumbnail.lines).toHaveLength(6);
    const { names, codes } = (await (await open('sentences')).labels())!;
    expect([...names].sort()).toEqual(['food', 'person', 'place', 'science', 'sport']);
    for (const name of names) expect(codes.filter((code) => code === names.indexOf(name))).toHaveLength(400);
  });

  it('pairs every true statement of a task with a false one that shares its third column', async () => {
    for (const id of TASKS) {
      const dataset = await open(id);
      const rows = await dataset.rows(0, dataset.info.rows);
      expect(new Set(rows.map(([statement]) => statement)).size, id).toBe(rows.length);
      const sums = new Map<unknown, number>();
      for (const [, label, about] of rows) sums.set(about, (sums.get(about) ?? 0) + 2 * Number(label) - 1);
      expect(new Set(sums.values()), id).toEqual(new Set([0]));
      expect(sums.size, id).toBeGreaterThanOrEqual(6);
    }
  });

  it('is exactly what the generators make', () => {
    for (const [name, bytes] of sampleFiles()) {
      const committed = new Uint8Array(readFileSync(`${FOLDER}/${name}`));
      expect(unpacked(name, committed), name).toEqual(unpacked(name, bytes));
    }
  });

  it('refuses a sample that is not listed', () => {
    expect(() => samplePath(FOLDER, '../package.json')).toThrow('sample-unknown');
    expect(() => samplePath('no-such-folder', 'two-moons')).toThrow('samples-unreadable');
  });
});

describe('previewPoints', () => {
  it('shows everything below the limit, and an even, repeatable thinning above it', async () => {
    const dataset = await open('two-moons');
    const all = await previewPoints(dataset, 100_000);
    expect(all.rows).toHaveLength(6_000);
    expect(all).toMatchObject({
      axes: ['x', 'y'],
      explained: null,
      total: 6_000,
      labelNames: ['lower', 'upper'],
    });
    const some = await previewPoints(dataset, 1_000);
    expect(some).toEqual(await previewPoints(dataset, 1_000));
    expect(some.total).toBe(6_000);
    expect([...some.rows].every((row, i) => row >= 6 * i && row < 6 * i + 6)).toBe(true);
    const second = some.rows[1]!;
    expect([...some.points.slice(2, 4)]).toEqual([...all.points.slice(2 * second, 2 * second + 2)]);
    expect(some.labels![1]).toBe(all.labels![second]);
  });

  it('shows both moons of a file whose rows take turns', async () => {
    const { labels } = await previewPoints(await open('two-moons'), 500);
    const upper = labels!.filter((code) => code === 1).length;
    expect(upper).toBeGreaterThan(200);
    expect(upper).toBeLessThan(300);
  });
});

/** Contents without the compressor's own choices, which may differ between versions. */
function unpacked(name: string, bytes: Uint8Array): Uint8Array[] {
  if (name.endsWith('.gz')) return [new Uint8Array(gunzipSync(bytes))];
  return name.endsWith('.npz')
    ? zipEntries(name, bytes).map((entry) => new Uint8Array(entry.read()))
    : [bytes];
}
