/** @file A folder of PNG and JPEG images; each sub-folder is a class. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MongeError } from '../../../native-models/error';
import { categoryColumn, textColumn, type Column } from '../column';
import { imageColumn } from '../image-column';
import { MAXIMUM_HELD, MAXIMUM_IMAGES } from '../limits';
import { unreadable } from '../source';
import type { Table } from '../table';
import type { DatasetWarning, ImageShape } from '../types';
import { imagePixels, imageShape } from './image-file';

interface Entry {
  /** Path inside the folder, with forward slashes. */
  name: string;
  folder: string;
}

/** Reads all images, in the order of their paths. Returns the table, total bytes and the hash over all entries. */
export async function openImageFolder(
  root: string,
  folderName: string,
): Promise<{ table: Table; bytes: number; sha256: string }> {
  const { entries, others } = await listImages(root, folderName);
  if (entries.length === 0)
    throw new MongeError({
      code: 'no-rows',
      what: 'the folder holds no PNG or JPEG images',
      where: { file: folderName },
      got: `${others} other files`,
      help: 'images lie in the folder itself or in one sub-folder per class',
    });
  const warnings: DatasetWarning[] = [];
  if (others > 0)
    warnings.push({
      code: 'files-skipped',
      message: `${others} files that are not PNG or JPEG are not used`,
    });

  const hash = createHash('sha256');
  let bytes = 0;
  let shape: ImageShape | undefined;
  for (const entry of entries) {
    const content = await readImage(root, entry);
    bytes += content.length;
    hash.update(`${entry.name}\0${createHash('sha256').update(content).digest('hex')}\n`);
    shape = agree(shape, imageShape(entry.name, content), entry.name, entries[0]!.name);
  }
  const column = await decodeAll(root, folderName, entries, shape!);
  return {
    table: { format: 'images', columns: [column, ...nameColumns(entries)], warnings },
    bytes,
    sha256: hash.digest('hex'),
  };
}

async function decodeAll(
  root: string,
  folderName: string,
  entries: readonly Entry[],
  shape: ImageShape,
): Promise<Column> {
  const width = shape.height * shape.width * shape.channels;
  if (width * entries.length > MAXIMUM_HELD)
    throw new MongeError({
      code: 'file-too-large',
      what: 'the decoded images do not fit in memory',
      where: { file: folderName },
      got: `${entries.length} images of ${shape.width}×${shape.height}`,
      help: 'scale the images down, or open fewer',
    });
  const pixels = new Uint8Array(width * entries.length);
  for (const [row, entry] of entries.entries())
    pixels.set(imagePixels(entry.name, await readImage(root, entry), shape.channels), row * width);
  return imageColumn('image', shape, pixels);
}

/** All images must share one size; grey ones among colour ones become colour. */
function agree(known: ImageShape | undefined, next: ImageShape, name: string, first: string): ImageShape {
  if (!known) return next;
  if (known.height !== next.height || known.width !== next.width)
    throw new MongeError({
      code: 'image-size-mismatch',
      what: 'the images differ in size',
      where: { file: name },
      got: `${next.width}×${next.height}`,
      expected: `${known.width}×${known.height}, like ${first}`,
      help: 'scale all images to one size first',
    });
  return { ...known, channels: Math.max(known.channels, next.channels) };
}

function nameColumns(entries: readonly Entry[]): Column[] {
  const columns: Column[] = [
    textColumn(
      'file',
      entries.map((entry) => entry.name),
    ),
  ];
  const classes = [...new Set(entries.map((entry) => entry.folder))].sort();
  if (classes.length < 2) return columns;
  const code = new Map(classes.map((name, i) => [name, i]));
  const codes = Int32Array.from(entries, (entry) => code.get(entry.folder)!);
  return [
    ...columns,
    categoryColumn(
      'class',
      codes,
      classes.map((name) => name || '(top folder)'),
    ),
  ];
}

async function readImage(root: string, entry: Entry): Promise<Uint8Array> {
  try {
    return await readFile(join(root, entry.name));
  } catch (cause) {
    throw unreadable(entry.name, cause);
  }
}

/** Image files of the folder and its direct sub-folders, sorted; links are not followed. */
async function listImages(root: string, folderName: string): Promise<{ entries: Entry[]; others: number }> {
  const entries: Entry[] = [];
  let others = 0;
  async function visit(folder: string): Promise<void> {
    let found;
    try {
      found = await readdir(join(root, folder), { withFileTypes: true });
    } catch (cause) {
      throw unreadable(folder || folderName, cause);
    }
    for (const item of found.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (item.name.startsWith('.')) continue;
      if (item.isDirectory() && folder === '') await visit(item.name);
      else if (item.isFile() && /\.(png|jpe?g)$/i.test(item.name)) {
        entries.push({ name: folder ? `${folder}/${item.name}` : item.name, folder });
      } else others += 1;
    }
    if (entries.length > MAXIMUM_IMAGES)
      throw new MongeError({
        code: 'file-too-large',
        what: 'the folder holds too many images',
        where: { file: folderName },
        expected: `at most ${MAXIMUM_IMAGES.toLocaleString('en')}`,
      });
  }
  await visit('');
  return { entries, others };
}
