/** @file A set of PNG and JPEG images from a folder or an archive: one size, grey or colour, a class per sub-folder. */
import { createHash } from 'node:crypto';
import { MongeError } from '../../../native-models/error';
import { categoryColumn, textColumn, type Column } from '../column';
import { imageColumn } from '../image-column';
import { MAXIMUM_HELD, MAXIMUM_IMAGES } from '../limits';
import type { Table } from '../table';
import type { DatasetWarning, ImageShape } from '../../contract/data';
import { imagePixels, imageShape } from './image-file';

export interface ImageEntry {
  /** Path inside the set, with forward slashes. */
  name: string;
  /** The sub-folder that names its class; empty at the top. */
  folder: string;
  /** What errors call it. */
  label: string;
  /** The file's bytes; asked twice, so that a set is never held both packed and decoded. */
  read(): Promise<Uint8Array>;
}

export function isImageName(name: string): boolean {
  return /\.(png|jpe?g)$/i.test(name);
}

/** What systems leave behind beside a person's files: dot files and the Mac's resource forks. */
export function isJunk(name: string): boolean {
  return name.startsWith('.') || name === '__MACOSX';
}

/**
 * Reads all images in the given order; `others` counts files left out. Returns the table, the bytes of all
 * images and the hash over names and contents. Throws `image-size-mismatch`, `file-too-large` and what
 * reading one image throws.
 */
export async function openImageSet(
  file: string,
  entries: readonly ImageEntry[],
  others: number,
): Promise<{ table: Table; bytes: number; sha256: string }> {
  checkImageCount(file, entries.length);
  const warnings: DatasetWarning[] = [];
  if (others > 0)
    warnings.push({
      code: 'files-skipped',
      message: `not used: ${others} that are not PNG or JPEG images at the top or in a sub-folder there`,
    });

  const hash = createHash('sha256');
  let bytes = 0;
  let shape: ImageShape | undefined;
  for (const entry of entries) {
    const content = await entry.read();
    bytes += content.length;
    hash.update(`${entry.name}\0${createHash('sha256').update(content).digest('hex')}\n`);
    shape = agree(shape, imageShape(entry.label, content), entry.label, entries[0]!.name);
  }
  const column = await decodeAll(file, entries, shape!);
  return {
    table: { format: 'images', columns: [column, ...nameColumns(entries)], warnings },
    bytes,
    sha256: hash.digest('hex'),
  };
}

/** Throws `file-too-large` for more images than are read. */
export function checkImageCount(file: string, count: number): void {
  if (count <= MAXIMUM_IMAGES) return;
  throw new MongeError({
    code: 'file-too-large',
    what: 'there are too many images',
    where: { file },
    expected: `at most ${MAXIMUM_IMAGES.toLocaleString('en')}`,
  });
}

async function decodeAll(file: string, entries: readonly ImageEntry[], shape: ImageShape): Promise<Column> {
  const width = shape.height * shape.width * shape.channels;
  if (width * entries.length > MAXIMUM_HELD)
    throw new MongeError({
      code: 'file-too-large',
      what: 'the decoded images do not fit in memory',
      where: { file },
      got: `${entries.length} images of ${shape.width}×${shape.height}`,
      help: 'scale the images down, or open fewer',
    });
  const pixels = new Uint8Array(width * entries.length);
  for (const [row, entry] of entries.entries())
    pixels.set(imagePixels(entry.label, await entry.read(), shape.channels), row * width);
  return imageColumn('image', shape, pixels);
}

/** All images must share one size; grey ones among colour ones become colour. */
function agree(known: ImageShape | undefined, next: ImageShape, label: string, first: string): ImageShape {
  if (!known) return next;
  if (known.height !== next.height || known.width !== next.width)
    throw new MongeError({
      code: 'image-size-mismatch',
      what: 'the images differ in size',
      where: { file: label },
      got: `${next.width}×${next.height}`,
      expected: `${known.width}×${known.height}, like ${first}`,
      help: 'scale all images to one size first',
    });
  return { ...known, channels: Math.max(known.channels, next.channels) };
}

function nameColumns(entries: readonly ImageEntry[]): Column[] {
  const names = entries.map((entry) => entry.name);
  const columns: Column[] = [textColumn('file', names)];
  const classes = [...new Set(entries.map((entry) => entry.folder))].sort();
  if (classes.length < 2) return columns;
  const code = new Map(classes.map((name, i) => [name, i]));
  const codes = Int32Array.from(entries, (entry) => code.get(entry.folder)!);
  const words = classes.map((name) => name || '(top folder)');
  return [...columns, categoryColumn('class', codes, words)];
}
