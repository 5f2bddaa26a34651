/** @file Writes that survive a crash at any instant: temporary name, fsync, rename, fsync of the folder. */
import { createHash, randomBytes } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { MongeError } from '../../native-models/error';

/** Marks files and folders that are not yet, or no longer, part of a run. */
export const temporaryMark = '.tmp-';

/** Replaces `path` by the whole new contents, or leaves the old ones; readers never see a half. */
export async function writeAtomically(path: string, contents: string | Uint8Array): Promise<void> {
  const temporary = `${path}${temporaryMark}${randomBytes(4).toString('hex')}`;
  try {
    await writeDurably(temporary, contents);
    await renameWithRetry(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Writes a new file and waits until it is on the disk. */
export async function writeDurably(path: string, contents: string | Uint8Array): Promise<void> {
  await writeFile(path, contents, { flush: true });
}

/** Writes bytes into a file at a place, which is made where it is not there, and waits until they are on the disk. */
export async function writePart(path: string, at: number, bytes: Uint8Array): Promise<void> {
  const file = await open(path, constants.O_RDWR | constants.O_CREAT);
  try {
    for (let done = 0; done < bytes.length;)
      done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** Bytes of one read. */
const MOST_READ = 2 ** 30;

/** A stretch of a file, shorter where the file ends; null where there is no file. */
export async function readPart(path: string, at: number, bytes: number): Promise<Uint8Array | null> {
  let file;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
  try {
    const { size } = await file.stat();
    const part = new Uint8Array(Math.max(0, Math.min(bytes, size - at)));
    for (let done = 0; done < part.length;) {
      const { bytesRead } = await file.read(part, done, Math.min(part.length - done, MOST_READ), at + done);
      if (bytesRead === 0) return part.subarray(0, done);
      done += bytesRead;
    }
    return part;
  } finally {
    await file.close();
  }
}

/** Makes the folder's entries themselves durable. Windows cannot open folders and does not need it. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/**
 * Makes the folder and those above it. One by one, because Node's own recursive way never ends where the system says
 * "no such file" although the parent is there, as in /proc.
 * @throws `folder-unwritable`
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeFolders(path);
  } catch (error) {
    throw folderUnwritable(path, error);
  }
}

/** The coded form of a failure to make something in a folder that a person chose. */
export function folderUnwritable(path: string, cause: unknown): MongeError {
  return new MongeError(
    {
      code: 'folder-unwritable',
      what: 'this folder cannot be made or written to',
      where: { file: path },
      got: (cause as NodeJS.ErrnoException).code ?? String(cause),
      help: 'choose another folder, or check its permissions and the free space',
    },
    { cause },
  );
}

async function makeFolders(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (await isFolder(path)) return;
    const parent = dirname(path);
    if (!isMissing(error) || parent === path || (await isFolder(parent))) throw error;
    await makeFolders(parent);
    await makeFolders(path);
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** On Windows a virus scanner or a reader may hold a file for a moment; a few short waits let it pass. */
export async function renameWithRetry(from: string, to: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await rename(from, to);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (attempt >= 8 || !['EPERM', 'EACCES', 'EBUSY'].includes(code)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10 * 2 ** attempt));
    }
  }
}

/** Whether a failed file operation failed because the thing is not there. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

/** SHA-256 of a file's bytes, however large it is; `onProgress` is called after every 64 MiB. */
export async function hashFile(path: string, onProgress: () => void = () => undefined): Promise<string> {
  const hash = createHash('sha256');
  let bytes = 0;
  await pipeline(createReadStream(path), async (pieces: AsyncIterable<Buffer>) => {
    for await (const piece of pieces) {
      hash.update(piece);
      if (Math.floor((bytes + piece.length) / PROGRESS_BYTES) > Math.floor(bytes / PROGRESS_BYTES))
        onProgress();
      bytes += piece.length;
    }
  });
  return hash.digest('hex');
}

const PROGRESS_BYTES = 2 ** 26;

/** Of one file its own hash; of a thing in several files one over theirs, in this order after `known`, of what is read already. */
export async function hashFiles(
  paths: readonly string[],
  known: readonly string[] = [],
  onProgress?: () => void,
): Promise<string> {
  const hashes = [...known];
  for (const path of paths) hashes.push(await hashFile(path, onProgress));
  return hashes.length === 1 ? hashes[0]! : createHash('sha256').update(hashes.join('\n')).digest('hex');
}
