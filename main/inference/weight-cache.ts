/**
 * @file The files of weights that opened models read, kept in a folder so that opening one again does not write them again.
 * An entry is named by the checkpoint's hash, the form of its weights and the version of that form.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { placeParts, type LazyWeight } from '../../native-models';
import { temporaryMark } from '../disk/files';
import { writeWeights } from '../models/weight-file';

/** Of the forms of weights: to be raised when their bytes change while their names and shapes do not. */
const FORM_VERSION = 1;
export const weightFileName = 'model.weights';
const suffix = '.weights';

export interface WeightCacheOptions {
  folder: string;
  /** All entries together; the least recently used go first. Default 8 GB. */
  mostBytes?: number;
}

/**
 * The folder in which the weights lie, written first where they are not there. Two that write at once both get whole ones.
 * @throws the codes of the checkpoint
 */
export async function weightFolder(
  checkpoint: string,
  weights: readonly LazyWeight[],
  { folder, mostBytes = 8 * 2 ** 30 }: WeightCacheOptions,
  form: string,
  signal?: AbortSignal,
): Promise<string> {
  const entry = join(folder, entryName(checkpoint, weights, form));
  const last = placeParts(weights).at(-1);
  const size = last ? last.offset + last.length : 0;
  if ((await sizeOf(entry)) === size) {
    const now = new Date();
    await utimes(entry, now, now).catch(() => undefined);
    return entry;
  }
  const writing = `${entry}${temporaryMark}${randomBytes(4).toString('hex')}`;
  await mkdir(writing, { recursive: true });
  try {
    await writeWeights(join(writing, weightFileName), weights, { signal });
    await makeRoom(folder, mostBytes - size);
    // Another may have been faster, and may be opening its own already.
    if ((await sizeOf(entry)) !== size) {
      await rm(entry, { recursive: true, force: true });
      await rename(writing, entry).catch(async (error: unknown) => {
        if ((await sizeOf(entry)) !== size) throw error;
      });
    }
  } finally {
    await rm(writing, { recursive: true, force: true });
  }
  return entry;
}

function entryName(checkpoint: string, weights: readonly LazyWeight[], form: string): string {
  const hash = createHash('sha256').update(`${FORM_VERSION}\n${form}\n${checkpoint}`);
  for (const { name, type, dims } of weights) hash.update(`\n${name} ${type} ${dims.join(' ')}`);
  return hash.digest('hex') + suffix;
}

/** Bytes of an entry's file; −1 where there is none. */
async function sizeOf(entry: string): Promise<number> {
  return stat(join(entry, weightFileName)).then(
    ({ size }) => size,
    () => -1,
  );
}

/** Drops the least recently used entries beyond the bound, and what a process that died was writing. */
async function makeRoom(folder: string, mostBytes: number): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.includes(suffix));
  const entries = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const used = await stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      );
      return { path, used, bytes: Math.max(0, await sizeOf(path)), whole: name.endsWith(suffix) };
    }),
  );
  const anHourAgo = Date.now() - 3_600_000;
  let bytes = 0;
  for (const { path, used, bytes: own, whole } of entries.sort((a, b) => b.used - a.used)) {
    if (!whole && used > anHourAgo) continue;
    bytes += own;
    // One that is open elsewhere may refuse to go, on systems that hold open files.
    if (!whole || bytes > mostBytes) await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}
