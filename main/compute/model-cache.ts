/**
 * @file Large graphs as the runtime has optimised them, kept in a folder: opening one again takes a quarter of the time.
 *
 * An entry is the model that ONNX Runtime wrote and, behind it, its SHA-256. Its name says what it depends on: the
 * model's bytes, the runtime's version, the processor and the level of optimisation.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { decodeModel, type GraphProto } from '../../native-models';
import type { GraphLevel } from '../contract/compute';
import { versions } from './versions';

/** Below, optimising takes less time than it is worth. */
const LEAST_NODES = 3000;
/** Smaller files cannot hold so many nodes; larger ones are full of weights, which would be stored once more. */
const SIZES = { least: 200_000, most: 64 * 2 ** 20 };
const DIGEST_BYTES = 32;
const SUFFIX = '.model';

export interface CacheOptions {
  folder: string;
  /** All entries together; the least recently used go first. Default 512 MB. */
  mostBytes?: number;
}

/** How the runtime is to open bytes. */
export interface Opening {
  optimisation: 'disabled' | GraphLevel;
  /** Where the runtime writes the optimised model. */
  saveTo?: string;
}

/**
 * Opens a model from the cache, or opens it as it is and puts it there. A damaged entry is dropped, and a cache that
 * cannot be written only costs time: neither changes what is opened.
 */
export async function openCached<T>(
  model: Uint8Array,
  { folder, mostBytes = 512 * 2 ** 20 }: CacheOptions,
  open: (bytes: Uint8Array, opening: Opening) => Promise<T>,
): Promise<{ opened: T; fromCache: boolean }> {
  const path = join(folder, cacheKey(model) + SUFFIX);
  const entry = await readEntry(path);
  if (entry) {
    try {
      const opened = await open(entry, { optimisation: 'disabled' });
      const now = new Date();
      await utimes(path, now, now).catch(() => undefined);
      return { opened, fromCache: true };
    } catch {
      // Whole, but this runtime does not take it.
      await rm(path, { force: true }).catch(() => undefined);
    }
  }
  const written = join(folder, `${randomUUID()}.writing`);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(written, '');
  } catch {
    return { opened: await open(model, { optimisation: 'extended' }), fromCache: false };
  }
  try {
    const opened = await open(model, { optimisation: 'extended', saveTo: written });
    await keep(written, path)
      .then(() => makeRoom(folder, mostBytes))
      .catch(() => undefined);
    return { opened, fromCache: false };
  } finally {
    await rm(written, { force: true }).catch(() => undefined);
  }
}

/** Whether a model is large enough, in nodes, for its optimised form to be worth keeping. */
export function worthCaching(model: Uint8Array): boolean {
  if (model.byteLength < SIZES.least || model.byteLength > SIZES.most) return false;
  try {
    const { graph } = decodeModel(model);
    return graph !== undefined && nodeCount(graph) >= LEAST_NODES;
  } catch {
    // Not for us to say: the runtime will.
    return false;
  }
}

/** Nodes of a graph and of the bodies of its loops. */
export function nodeCount(graph: GraphProto): number {
  return (graph.node ?? []).reduce(
    (count, { attribute = [] }) =>
      count + attribute.reduce((inside, { g }) => inside + (g ? nodeCount(g) : 0), 1),
    0,
  );
}

function cacheKey(model: Uint8Array): string {
  const hash = createHash('sha256').update(model);
  for (const part of [versions('').onnxruntime!, process.arch, cpus()[0]?.model ?? '', 'extended'])
    hash.update(`\n${part}`);
  return hash.digest('hex');
}

/** The model of an entry; null where there is none, or where it is not what was written. */
async function readEntry(path: string): Promise<Uint8Array | null> {
  const bytes = await readFile(path).catch(() => null);
  if (!bytes) return null;
  const model = bytes.subarray(0, Math.max(0, bytes.length - DIGEST_BYTES));
  if (digestOf(model).equals(bytes.subarray(model.length))) return Uint8Array.from(model);
  await rm(path, { force: true }).catch(() => undefined);
  return null;
}

/** Adds the digest and gives the entry its name, so that under that name there is never half of one. */
async function keep(written: string, path: string): Promise<void> {
  const model = await readFile(written);
  if (model.length === 0) return;
  await writeFile(written, Buffer.concat([model, digestOf(model)]));
  await rename(written, path);
}

/** Drops the least recently used entries beyond the bound, and what a process that died was writing. */
async function makeRoom(folder: string, mostBytes: number): Promise<void> {
  const files = await Promise.all(
    (await readdir(folder)).map(async (name) => {
      const path = join(folder, name);
      const { size, mtimeMs } = await stat(path);
      return { path, size, mtimeMs, whole: name.endsWith(SUFFIX) };
    }),
  );
  const anHourAgo = Date.now() - 3_600_000;
  let bytes = 0;
  for (const { path, size, mtimeMs, whole } of files.sort((a, b) => b.mtimeMs - a.mtimeMs)) {
    if (!whole && mtimeMs > anHourAgo) continue;
    bytes += size;
    if (!whole || bytes > mostBytes) await rm(path, { force: true });
  }
}

function digestOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
