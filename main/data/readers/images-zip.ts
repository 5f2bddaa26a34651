/** @file A zip archive of PNG and JPEG images, laid out like an image folder; read in memory, never extracted. */
import { setImmediate } from 'node:timers/promises';
import { MongeError } from '../../../native-models/error';
import { isImageName, isJunk, openImageSet, type ImageEntry } from './image-set';
import { npzReader } from './npz';
import { zipReader } from './reader';
import type { ZipEntry } from '../../../native-models/io/zip';

interface Found {
  /** Folders and file name; the common top folder is taken off once all are known. */
  parts: string[];
  entry: ZipEntry;
}

export const imagesZipReader = zipReader('images', 'zip', async (source, members) => {
  const file = source.name;
  for (const { name } of members) checkInside(file, name);
  const { entries, others } = listImages(file, members);
  if (entries.length > 0) return (await openImageSet(file, entries, others)).table;
  // An NPZ that was renamed is still an NPZ.
  if (members.some(({ name }) => name.endsWith('.npy'))) return npzReader.open(source);
  throw new MongeError({
    code: 'no-images',
    what: 'the archive holds neither images nor arrays that can be read',
    where: { file },
    got: members.length === 0 ? 'no files' : `${members.length} entries, the first is ${shown(members[0]!)}`,
    expected: 'PNG or JPEG images, or NPY arrays',
    help: 'images lie at the top or in one sub-folder per class; unpack other archives and open the files themselves',
  });
});

/** Images at the top and one folder down, below at most one common folder, in the order a folder is read. */
function listImages(file: string, members: readonly ZipEntry[]): { entries: ImageEntry[]; others: number } {
  const files = members
    .map((entry): Found => ({ parts: partsOf(entry.name), entry }))
    .filter(({ parts }) => parts.at(-1) !== '' && !parts.some(isJunk));
  const images = files.filter(({ parts, entry }) => !entry.link && isImageName(parts.at(-1)!));
  const top = images[0]?.parts[0];
  const wrapped = images.every(({ parts }) => parts.length > 1 && parts[0] === top);
  const found = images
    .map(({ parts, entry }) => ({ parts: wrapped ? parts.slice(1) : parts, entry }))
    .filter(({ parts }) => parts.length <= 2)
    .sort((a, b) => compareParts(a.parts, b.parts));
  const seen = new Set<string>();
  const entries = found.map(({ parts, entry }): ImageEntry => {
    const name = parts.join('/');
    if (seen.has(name)) throw twice(`${file}/${shown(entry)}`);
    seen.add(name);
    const folder = parts.length === 2 ? parts[0]! : '';
    return { name, folder, label: `${file}/${shown(entry)}`, read: () => readEntry(entry) };
  });
  return { entries, others: files.length - entries.length };
}

/** Old Windows writers separate by backslashes; some writers begin every path with `./`. */
function partsOf(name: string): string[] {
  return name.split(/[/\\]/).filter((part) => part !== '.');
}

/** Inflating is synchronous; giving way between entries keeps the engine answering. */
async function readEntry(entry: ZipEntry): Promise<Uint8Array> {
  await setImmediate();
  return entry.read();
}

/** Folder by folder, as a folder's listing is visited; `-` would sort before `/` in whole paths. */
function compareParts(a: readonly string[], b: readonly string[]): number {
  const [left, right] = a[0] === b[0] ? [a[1] ?? '', b[1] ?? ''] : [a[0]!, b[0]!];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Nothing is ever written, but an archive that tries to leave its folder is not what it claims to be. */
function checkInside(file: string, name: string): void {
  const outside =
    /^([/\\]|[a-z]:)/i.test(name) || name.includes('\0') || name.split(/[/\\]/).some((part) => part === '..');
  if (!outside) return;
  throw new MongeError({
    code: 'unsafe-name',
    what: 'an entry of the archive would lie outside its folder',
    where: { file },
    got: JSON.stringify(name.slice(0, 200)),
    expected: 'relative paths without “..”',
    help: 'do not unpack this archive; ask whoever made it for a plain one',
  });
}

/** Names may be 65,535 bytes long; messages need not be. */
function shown({ name }: ZipEntry): string {
  return name.length > 200 ? `${name.slice(0, 199)}…` : name;
}

function twice(file: string): MongeError {
  return new MongeError({
    code: 'duplicate-entry',
    what: 'two entries of the archive have the same path',
    where: { file },
    help: 'write the archive again from the folder of images',
  });
}
