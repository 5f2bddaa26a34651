/** @file Safetensors on disk: one file, or shards named by an index; headers are read, tensors fetched one by one. */
import { readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import {
  decodeEntry,
  safetensorsHeaderBytes,
  safetensorsIndex,
  type SafetensorsEntry,
  type StoredArray,
} from '../../native-models';
import { MongeError } from '../../native-models/error';
import { KeptHeads } from './kept-heads';
import { findReferencedFile, readRange } from './referenced-file';
import { refusePointer, unreadableFile } from './model-file';

export interface PlacedTensor extends SafetensorsEntry {
  /** Absolute path of the file that holds it. */
  file: string;
}

export interface SafetensorsFiles {
  /** The file that was opened: the tensors' own, or the index of the shards. */
  path: string;
  /** Files that hold tensors. */
  files: readonly string[];
  tensors: readonly PlacedTensor[];
  metadata: Readonly<Record<string, string>>;
  /** One tensor's values, read by their range of the file. @throws `tensor-unknown`, `safetensors-dtype`, `referenced-file-short`. */
  readonly read: (name: string) => Promise<StoredArray>;
}

const singleName = 'model.safetensors';
const indexName = 'model.safetensors.index.json';
/** What the file to open is called in a folder, the first that is there. */
export const usualNames: readonly string[] = [indexName, singleName];
const largestIndex = 64 * 2 ** 20;

/**
 * Opens a `.safetensors` file, an index of shards (`….index.json`), or a folder that holds one of them under its usual
 * name. Only headers are read.
 * @throws `file-not-found`, `file-unreadable`, the codes of `safetensorsIndex`, `safetensors-shards`, `referenced-file-…`.
 */
export async function openSafetensors(given: string): Promise<SafetensorsFiles> {
  const path = await locate(resolve(given));
  if (!/\.json$/i.test(path)) {
    const { tensors, metadata } = await readIndex(path);
    return opened(path, tensors, metadata);
  }
  const { places, metadata } = parseShardIndex(await readShardIndex(path), path);
  const shards = new Map<string, Map<string, PlacedTensor>>();
  for (const location of new Set(places.values())) {
    const { path: file } = await findReferencedFile(path, location);
    const { tensors } = await readIndex(file);
    shards.set(location, new Map(tensors.map((entry) => [entry.name, entry])));
  }
  const tensors = [...places].map(([name, location]): PlacedTensor => {
    const entry = shards.get(location)!.get(name);
    if (!entry) throw shardError(path, `${location} holds no such tensor`, name);
    return entry;
  });
  return opened(path, tensors, metadata);
}

function opened(
  path: string,
  tensors: readonly PlacedTensor[],
  metadata: Record<string, string>,
): SafetensorsFiles {
  let byName: Map<string, PlacedTensor> | null = null;
  return {
    path,
    files: [...new Set(tensors.map(({ file }) => file))],
    tensors,
    metadata,
    async read(name) {
      byName ??= new Map(tensors.map((one) => [one.name, one]));
      const tensor = byName.get(name);
      if (!tensor)
        throw new MongeError({
          code: 'tensor-unknown',
          what: 'there is no such tensor',
          where: { file: path, tensor: name },
          expected: [...byName.keys()].slice(0, 8).join(', '),
        });
      return decodeEntry(tensor, await readRange(tensor.file, tensor.from, tensor.to), tensor.file);
    },
  };
}

/** Whether a file is called as one with tensors, or as an index of shards. */
export function isSafetensorsName(path: string): boolean {
  return /\.safetensors(\.index\.json)?$/i.test(path);
}

/** Whether `openSafetensors` is what to call: by the name, or for a folder by what lies in it. */
export async function isSafetensors(path: string): Promise<boolean> {
  if (isSafetensorsName(path)) return true;
  for (const name of usualNames) if ((await stat(join(path, name)).catch(() => null))?.isFile()) return true;
  return false;
}

async function locate(path: string): Promise<string> {
  const found = await stat(path).catch((thrown: unknown) => {
    throw unreadableFile(path, thrown);
  });
  if (!found.isDirectory()) return path;
  for (const name of usualNames) {
    const inside = join(path, name);
    if ((await stat(inside).catch(() => null))?.isFile()) return inside;
  }
  throw new MongeError({
    code: 'file-not-found',
    what: 'this folder holds no safetensors model',
    where: { file: path },
    expected: `${singleName} or ${indexName}`,
  });
}

interface Header {
  tensors: readonly PlacedTensor[];
  metadata: Record<string, string>;
}
/** A header is up to 100 MB of names; those of one model in shards are kept. */
const headers = new KeptHeads<Header>(
  ({ tensors }) => tensors.reduce((sum, { name }) => sum + 100 + name.length, 0),
  2 ** 27,
);

/** The header of one file, whatever its size. */
const readIndex = (path: string): Promise<Header> => headers.get(path, () => parseIndex(path));

async function parseIndex(path: string): Promise<Header> {
  try {
    const { size } = await stat(path);
    const first = await readRange(path, 0, Math.min(64, size));
    refusePointer(first, path);
    const header = safetensorsHeaderBytes(first.subarray(0, 8), path);
    const { tensors, metadata } = safetensorsIndex(
      await readRange(path, 0, Math.min(header, size)),
      size,
      path,
    );
    return { tensors: tensors.map((entry) => ({ ...entry, file: path })), metadata };
  } catch (thrown) {
    if (thrown instanceof MongeError) throw thrown;
    throw unreadableFile(path, thrown);
  }
}

async function readShardIndex(path: string): Promise<unknown> {
  try {
    if ((await stat(path)).size > largestIndex) throw shardError(path, 'more than 64 MiB');
    return JSON.parse(await readFile(path, 'utf8')) as unknown;
  } catch (thrown) {
    if (thrown instanceof MongeError) throw thrown;
    if (thrown instanceof SyntaxError) throw shardError(path, 'no JSON', undefined, thrown);
    throw unreadableFile(path, thrown);
  }
}

function parseShardIndex(
  json: unknown,
  path: string,
): { places: Map<string, string>; metadata: Record<string, string> } {
  const { weight_map: map, metadata } = isRecord(json) ? json : {};
  if (!isRecord(map)) throw shardError(path, 'no weight_map');
  const places = Object.entries(map).map(([name, location]): [string, string] => {
    if (typeof location !== 'string') throw shardError(path, String(JSON.stringify(location)), name);
    return [name, location];
  });
  const notes = Object.entries(isRecord(metadata) ? metadata : {}).map(([key, value]): [string, string] => [
    key,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  return { places: new Map(places), metadata: Object.fromEntries(notes) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shardError(path: string, got: string, tensor?: string, cause?: unknown): MongeError {
  return new MongeError(
    {
      code: 'safetensors-shards',
      what: `${basename(path)} does not say where the tensors lie`,
      where: { file: path, tensor },
      got,
      expected: 'a JSON object whose weight_map has the name of a shard for every tensor in it',
    },
    { cause },
  );
}
