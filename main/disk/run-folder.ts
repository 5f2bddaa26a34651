/** @file The folder of a run as the input of another: the record, the files that are used, and a hash of both. */
import { createHash } from 'node:crypto';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { MongeError } from '../../native-models/error';
import type { RunRecord } from '../contract/engine';
import type { OpenedRun } from '../contract/opened';
import { hashFile } from './files';
import { isBelow } from './path-policy';
import { readRecord } from './record';

/** Whether `openRunFolder` is what to call for a path. */
async function isRunFolder(path: string): Promise<boolean> {
  return Boolean((await stat(join(path, 'run.json')).catch(() => null))?.isFile());
}

/**
 * The record and the files that `patterns` name, `*` standing for any part of a name. The folder of artifacts, one file
 * of it, or a folder of such files alone is taken too: settings of earlier versions named those.
 * @throws `run-not-found`, `run-corrupt`, and `referenced-file-outside` for a file that is a link out of the folder
 */
export async function openRunFolder(given: string, patterns: readonly string[]): Promise<OpenedRun> {
  const path = resolve(given);
  const found = await stat(path).catch(() => null);
  if (!found)
    throw new MongeError({
      code: 'run-not-found',
      what: 'there is no such folder of a run',
      where: { file: path },
    });
  const folder = await folderAbove(path, found.isFile());
  const record = folder === null ? null : await readRecord(folder);
  if (found.isFile()) return { record, files: [path] };
  const bare = patterns.flatMap((pattern) => [pattern, basename(pattern)]);
  const wanted = folder ? patterns : new Set(bare);
  const files: string[] = [];
  for (const pattern of wanted) files.push(...(await matching(folder ?? path, pattern)));
  return { record, files };
}

/**
 * SHA-256 over what the run was made from (method, settings, seed, inputs) and the names and contents of the files. Its
 * name, notes and times do not count, nor where it lies.
 */
export async function hashRun({ record, files }: OpenedRun): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(record && identityOf(record)));
  for (const file of files) hash.update(`\n${basename(file)} ${await hashFile(file)}`);
  return hash.digest('hex');
}

function identityOf({ method, config, seed, inputs }: RunRecord): unknown {
  const settings = Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1));
  return { method, settings, seed, inputs: inputs.map(({ input, kind, sha256 }) => [input, kind, sha256]) };
}

/** The run's folder for the folder itself, its artifacts or one of those; null where no record lies there. */
async function folderAbove(path: string, isFile: boolean): Promise<string | null> {
  const places = isFile ? [dirname(dirname(path))] : [path, dirname(path)];
  for (const place of places) if (await isRunFolder(place)) return place;
  return null;
}

async function matching(folder: string, pattern: string): Promise<string[]> {
  const place = join(folder, dirname(pattern));
  const parts = basename(pattern).split('*').map(escaped);
  const wanted = new RegExp(`^${parts.join('.*')}$`);
  const names = (await readdir(place).catch(() => [])).filter((name) => wanted.test(name));
  // By number where names hold one: pairs-2 before pairs-10.
  names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const home = await realpath(folder);
  const files: string[] = [];
  for (const name of names) {
    const file = join(place, name);
    const real = await realpath(file);
    if (!isBelow(home, real))
      throw new MongeError({
        code: 'referenced-file-outside',
        what: 'a file of this run lies outside its folder',
        where: { file },
        got: real,
      });
    files.push(file);
  }
  return files;
}

function escaped(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
}
