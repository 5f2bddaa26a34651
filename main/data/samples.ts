/** @file The sample gallery: reads samples/index.json and draws each sample's thumbnail from its data. */
import { join } from 'node:path';
import { array, length, object, optional, pipe, record, string, unknown, type InferOutput } from 'valibot';
import type { Json } from '../contract/schema';
import type { SampleInfo } from '../contract/engine';
import { readShipped, shippedEntry, shippedPath } from '../disk/shipped';
import { openDataset } from './index';
import { previewPoints } from './points';
import { stratifiedRows } from '../numerics/stretches';
import type { Dataset } from '../contract/data';

const Entry = object({
  ...shippedEntry,
  /** The two columns that the thumbnail shows, where the features together say little. */
  plot: optional(pipe(array(string()), length(2))),
  suggests: object({ method: string(), config: record(string(), unknown()) }),
});
type Entry = InferOutput<typeof Entry>;

const readIndex = (folder: string) => readShipped(folder, 'index.json', 'samples', Entry);

const THUMBNAIL_POINTS = 1_500;
const THUMBNAIL_IMAGES = 24;
const THUMBNAIL_LINES = 6;

/** Everything in the gallery, in the order of its index. Throws `samples-unreadable`. */
export async function listSamples(samplesFolder: string): Promise<SampleInfo[]> {
  const samples: SampleInfo[] = [];
  for (const entry of readIndex(samplesFolder)) samples.push(await describe(samplesFolder, entry));
  return samples;
}

/** The file of a sample. Throws `sample-unknown` and `samples-unreadable`. */
export function samplePath(samplesFolder: string, id: string): string {
  return shippedPath(samplesFolder, readIndex(samplesFolder), id);
}

async function describe(samplesFolder: string, entry: Entry): Promise<SampleInfo> {
  const dataset = await openDataset(join(samplesFolder, entry.file), { sample: entry.id });
  try {
    const { rows, columns } = dataset.info;
    const points = columns.filter((column) => column.role === 'feature' || column.role === 'image');
    return {
      id: entry.id,
      title: entry.title,
      description: entry.description,
      rows,
      columns: points.reduce((sum, column) => sum + column.width, 0),
      suggests: { method: entry.suggests.method, config: entry.suggests.config as Record<string, Json> },
      thumbnail: await thumbnailOf(dataset, entry),
    };
  } finally {
    await dataset.close();
  }
}

async function thumbnailOf(dataset: Dataset, entry: Entry): Promise<SampleInfo['thumbnail']> {
  const { columns } = dataset.info;
  if (columns.some(({ kind }) => kind === 'image')) return imageThumbnail(dataset);
  const text = columns.findIndex(({ role }) => role === 'text');
  if (text < 0) return { kind: 'points', points: await pointThumbnail(dataset, entry.plot) };
  const rows = await dataset.rows(0, THUMBNAIL_LINES);
  return { kind: 'text', lines: rows.map((cells) => String(cells[text])) };
}

async function pointThumbnail(dataset: Dataset, plot?: readonly string[]): Promise<Float32Array> {
  if (!plot) return (await previewPoints(dataset, THUMBNAIL_POINTS)).points;
  const columns = await Promise.all(plot.map((name) => dataset.column(name)));
  const points = Array.from(stratifiedRows(dataset.info.rows, THUMBNAIL_POINTS), (row) =>
    columns.map((column) => (column.kind === 'numbers' ? column.values : column.codes)[row]!),
  );
  return Float32Array.from(points.flat());
}

async function imageThumbnail(dataset: Dataset): Promise<SampleInfo['thumbnail']> {
  const count = Math.min(THUMBNAIL_IMAGES, dataset.info.rows);
  const { image, pixels } = await dataset.images(Array.from({ length: count }, (_, i) => i));
  return { kind: 'images', image, count, pixels };
}
