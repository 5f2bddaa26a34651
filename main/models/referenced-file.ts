/** @file Files that a model file names beside itself: kept to its folder, found, and read by range. */
import { open, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { MongeError } from '../../native-models/error';
import { isMissing } from '../disk/files';
import { isBelow } from '../disk/path-policy';

export interface ReferencedFile {
  /** As the naming file has it. */
  location: string;
  /** Absolute. */
  path: string;
  /** The same with every link followed. */
  realPath: string;
  bytes: number;
}

/**
 * The file at `location` relative to the folder of `owner`. A link may lead to where the owner itself really lies, as
 * in a download cache whose files are all links, and nowhere else outside the folder.
 * @throws `referenced-file-outside` for an absolute path, `..` or such a link, `referenced-file-missing`.
 */
export async function findReferencedFile(owner: string, location: string): Promise<ReferencedFile> {
  const name = location.length > 200 ? `${location.slice(0, 199)}…` : location;
  // Windows takes both separators and drive letters; a model that opens there must open everywhere, and the reverse.
  const parts = location.split(/[/\\]/);
  const leaves = /^[a-z]:/i.test(location) || parts[0] === '' || parts.includes('..');
  if (location === '' || leaves || location.includes('\0')) throw outside(owner, name);
  const path = join(dirname(owner), ...parts);
  try {
    const [file, home, trueHome] = await Promise.all([
      realpath(path),
      realpath(dirname(owner)),
      realpath(owner).then(dirname),
    ]);
    if (!isBelow(home, file) && !isBelow(trueHome, file)) throw outside(owner, name);
    const found = await stat(file);
    if (!found.isFile()) throw missing(owner, name, 'something that is no file');
    return { location, path, realPath: file, bytes: found.size };
  } catch (thrown) {
    if (thrown instanceof MongeError) throw thrown;
    const code = (thrown as NodeJS.ErrnoException).code ?? String(thrown);
    throw missing(owner, name, code === 'ENOENT' ? 'no such file' : code, thrown);
  }
}

/**
 * A file of a folder that was opened; null where there is none. A link may lead to elsewhere in the folder, and out of a
 * revision of a download cache (`snapshots/REVISION`) to the `blobs` it keeps, and nowhere else.
 * @throws `referenced-file-outside`, `referenced-file-missing` for what cannot be read
 */
export async function findInFolder(folder: string, name: string): Promise<ReferencedFile | null> {
  const path = join(folder, name);
  try {
    const [file, home] = await Promise.all([realpath(path), realpath(folder)]);
    const above = dirname(home);
    const blobs = basename(above) === 'snapshots' ? join(dirname(above), 'blobs') : home;
    if (!isBelow(home, file) && !isBelow(blobs, file)) throw outside(path, name);
    const found = await stat(file);
    return found.isFile() ? { location: name, path, realPath: file, bytes: found.size } : null;
  } catch (thrown) {
    if (thrown instanceof MongeError) throw thrown;
    if (isMissing(thrown)) return null;
    throw missing(path, name, (thrown as NodeJS.ErrnoException).code ?? String(thrown), thrown);
  }
}

/** The bytes from `from` up to `to` of a file. @throws `referenced-file-short` where it has become shorter. */
export async function readRange(path: string, from: number, to: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(to - from);
  const file = await open(path, 'r');
  try {
    let at = 0;
    while (at < bytes.length) {
      // One read of the system takes at most 2 GiB.
      const { bytesRead } = await file.read(bytes, at, Math.min(bytes.length - at, 2 ** 30), from + at);
      if (bytesRead === 0) throw short(path, from + at, to);
      at += bytesRead;
    }
  } finally {
    await file.close();
  }
  return bytes;
}

/** The error of a file that ends before what should lie in it. */
export function short(path: string, got: number, expected: number, tensor?: string): MongeError {
  return new MongeError({
    code: 'referenced-file-short',
    what: 'the file ends before the values that should lie in it',
    where: { file: path, byte: got, tensor },
    got: `${got.toLocaleString('en')} bytes`,
    expected: `at least ${expected.toLocaleString('en')}`,
    help: 'copy or download it again, together with the model',
  });
}

function outside(owner: string, name: string): MongeError {
  return new MongeError({
    code: 'referenced-file-outside',
    what: 'the model names a file outside its folder',
    where: { file: owner },
    got: JSON.stringify(name),
    expected: 'a relative path without “..”',
    help: 'do not trust this model; ask whoever made it for one whose files lie beside it',
  });
}

function missing(owner: string, name: string, got: string, cause?: unknown): MongeError {
  return new MongeError(
    {
      code: 'referenced-file-missing',
      what: `the weights of ${basename(owner)} lie in another file, which cannot be read`,
      where: { file: join(dirname(owner), name) },
      got,
      help: 'put the file beside the model, under the name the model has for it',
    },
    { cause },
  );
}
