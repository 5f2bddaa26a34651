/** @file What a run keeps by name for its queries: arrays in one safetensors file each, beside the snapshots of its training. */
import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeSafetensors } from '../../native-models/io/safetensors';
import type { Arrays } from '../contract/define';
import { isMissing, writeAtomically } from './files';
import { decodeNamedArrays } from './named-arrays';
import { safeFileName } from './names';

const folderName = 'kept';
const extension = '.safetensors';

/** Writes the arrays under a name, in place of what was there. @throws `unsafe-name` */
export async function writeKept(run: string, name: string, arrays: Arrays): Promise<void> {
  const path = fileOf(run, name);
  await mkdir(join(run, folderName), { recursive: true });
  await writeAtomically(path, encodeSafetensors(arrays));
}

/** Names of what is kept, in the order of the alphabet. */
export async function listKept(run: string): Promise<string[]> {
  const files = await readdir(join(run, folderName)).catch((error: unknown): string[] => {
    if (isMissing(error)) return [];
    throw error;
  });
  const whole = files.filter((file) => file.endsWith(extension));
  return whole.map((file) => file.slice(0, -extension.length)).sort();
}

/** What was kept under a name; null where nothing was. @throws `unsafe-name` */
export async function readKept(run: string, name: string): Promise<Arrays | null> {
  const path = fileOf(run, name);
  try {
    return decodeNamedArrays(await readFile(path), path);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Removes all but these: after an interruption what came after the last checkpoint is made again. */
export async function dropKeptExcept(run: string, names: readonly string[]): Promise<void> {
  for (const name of await listKept(run))
    if (!names.includes(name)) await rm(fileOf(run, name), { force: true });
}

function fileOf(run: string, name: string): string {
  return join(run, folderName, safeFileName(name + extension));
}
