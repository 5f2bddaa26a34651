/** @file The sample gallery: reads samples/index.json and draws each sample's thumbnail from its data. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  array,
  length,
  object,
  optional,
  parse,
  pipe,
  record,
  regex,
  string,
  unknown,
  type InferOutput,
} from 'valibot';
import { MongeError } from '../../native-models/error';
import type { Json } from '../contract/schema';
import type { SampleInfo } from '../contract/engine';
import { openDataset } from './index';
import { previewPoints } from './points';
import { stratifiedRows } from '../numerics/stretches';
import type { Dataset } from '../contract/data';

const Entry = object({
  id: pipe(string(), regex(/^[a-z0-9-]+$/)),
  // A plain file name: the gallery never reads outside its folder.
  file: pipe(string(), regex(/^[a-z0-9][a-z0-9.-]*$/)),
  title: string(),
  description: string(),
  /** The two columns that the thumbnail shows, where the features together say little. */
  plot: optional(pipe(array(string()), length(2))),
  suggests: object({ method: string(), config: record(string(), unknown()) }),
});
type Entry = InferOutput<typeof Entry>;

const THUMBNAIL_POINTS = 1_500;
const THUMBNAIL_IMAGES = 24;

/** Everything in the gallery, in the order of its index. Throws `samples-unreadable`. */
export async function listSamples(samplesFolder: string): Promise<SampleInfo[]> {
  const samples: SampleInfo[] = [];
  for (const entry of readIndex(samplesFolder)) samples.push(await describe(samplesFolder, entry));
  return samples;
}

/** The file of a sample. Throws `sample-unknown` and `samples-unreadable`. */
export function samplePath(samplesFolder: string, id: string): string {
  const entries = readIndex(samplesFolder);
  const entry = entries.find((candidate) => candidate.id === id);
  if (!entry)
    throw new MongeError({
      code: 'sample-unknown',
      what: 'there is no such sample',
      where: { key: id },
      expected: `one of ${entries.map((e) => e.id).join(', ')}`,
    });
  return join(samplesFolder, entry.file);
}

function readIndex(samplesFolder: string): Entry[] {
  try {
    return parse(array(Entry), JSON.parse(readFileSync(join(samplesFolder, 'index.json'), 'utf8')));
  } catch (cause) {
    throw new MongeError(
      {
        code: 'samples-unreadable',
        what: 'the list of samples cannot be read',
        where: { file: 'samples/index.json' },
        got: cause instanceof Error ? cause.message : String(cause),
        help: 'the installation is incomplete; install it again',
      },
      { cause },
    );
  }
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
      thumbnail: columns.some((column) => column.kind === 'image')
        ? await imageThumbnail(dataset)
        : { kind: 'points', points: await pointThumbnail(dataset, entry.plot) },
    };
  } finally {
    await dataset.close();
  }
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
