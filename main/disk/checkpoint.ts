/** @file The checkpoint of a run: state.json and arrays.safetensors in one folder that is replaced as a whole. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MongeError } from '../../native-models/error';
import { encodeSafetensors } from '../../native-models/io/safetensors';
import type { CheckpointState } from '../contract/define';
import type { Json } from '../contract/schema';
import { isMissing, renameWithRetry, syncFolder, writeDurably } from './files';
import { decodeNamedArrays } from './named-arrays';

/** Where a checkpoint may lie after a crash, in the order of trust. */
const current = 'checkpoint';
const next = 'checkpoint.next';
const previous = 'checkpoint.old';

export interface StoredCheckpoint extends CheckpointState {
  /** Length of metrics.ndjson when the state was taken; what follows belongs to later steps. */
  metricsBytes: number;
  /** Names of what the run had kept by then; absent in checkpoints of earlier versions, which kept nothing by name. */
  kept?: readonly string[];
}

interface StateFile {
  format: 1;
  step: number;
  metricsBytes: number;
  kept?: readonly string[];
  /** SHA-256 of arrays.safetensors, so that a torn file is never taken for a whole one. */
  arraysSha256: string;
  json: Record<string, Json>;
}

/**
 * Replaces the run's checkpoint. Steps: write `checkpoint.next` durably; move the present one to `checkpoint.old`;
 * move next into place; remove old. After a crash between any two of them `readCheckpoint` finds a whole one.
 * @throws `checkpoint-invalid` for a state that JSON would not give back unchanged.
 */
export async function writeCheckpoint(folder: string, state: StoredCheckpoint): Promise<void> {
  checkJson(state.json, 'json');
  const arrays = encodeSafetensors(state.arrays);
  const file: StateFile = {
    format: 1,
    step: state.step,
    metricsBytes: state.metricsBytes,
    ...(state.kept?.length ? { kept: state.kept } : {}),
    arraysSha256: sha256(arrays),
    json: state.json,
  };
  const staging = join(folder, next);
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true });
  await writeDurably(join(staging, 'arrays.safetensors'), arrays);
  await writeDurably(join(staging, 'state.json'), JSON.stringify(file, null, 1));
  await syncFolder(staging);
  await rm(join(folder, previous), { recursive: true, force: true });
  await moveIfPresent(join(folder, current), join(folder, previous));
  await renameWithRetry(staging, join(folder, current));
  await syncFolder(folder);
  await rm(join(folder, previous), { recursive: true, force: true });
}

/**
 * The newest whole checkpoint, or null when the run has none yet. Changes nothing on disk.
 * @throws `checkpoint-corrupt` when there is one but no copy of it can be read.
 */
export async function readCheckpoint(folder: string): Promise<StoredCheckpoint | null> {
  const found = await findCheckpoint(folder);
  return found?.state ?? null;
}

/** Brings the folder back to one `checkpoint` after a crash; for the process that owns the run. */
export async function recoverCheckpoint(folder: string): Promise<StoredCheckpoint | null> {
  const found = await findCheckpoint(folder);
  if (found && found.name !== current) {
    await rm(join(folder, current), { recursive: true, force: true });
    await renameWithRetry(join(folder, found.name), join(folder, current));
    await syncFolder(folder);
  }
  for (const name of [next, previous]) await rm(join(folder, name), { recursive: true, force: true });
  return found?.state ?? null;
}

async function findCheckpoint(folder: string): Promise<{ name: string; state: StoredCheckpoint } | null> {
  let failure: unknown = null;
  // While `checkpoint` is missing, `checkpoint.next` is complete: it is moved only after it was written and synced.
  for (const name of [current, next, previous]) {
    try {
      return { name, state: await readOne(join(folder, name)) };
    } catch (error) {
      // A first checkpoint cut short is no loss: there was none before it.
      if (!isMissing(error) && name !== next) failure ??= error;
    }
  }
  if (failure === null) return null;
  throw new MongeError(
    {
      code: 'checkpoint-corrupt',
      blame: 'input',
      what: 'the checkpoint of this run cannot be read',
      where: { file: join(folder, current) },
      got: failure instanceof Error ? failure.message : 'an unreadable file',
      help: 'start the run again; its settings are kept in run.json',
    },
    { cause: failure },
  );
}

async function readOne(folder: string): Promise<StoredCheckpoint> {
  const [text, bytes] = await Promise.all([
    readFile(join(folder, 'state.json'), 'utf8'),
    readFile(join(folder, 'arrays.safetensors')),
  ]).catch(async (error: unknown) => {
    // The folder is there but a file in it is not: damaged, not absent.
    if (isMissing(error) && (await readdir(folder)).length >= 0) throw new Error('a file is missing');
    throw error;
  });
  const file = JSON.parse(text) as Partial<StateFile> | null;
  const whole =
    file?.format === 1 &&
    Number.isSafeInteger(file.step) &&
    Number.isSafeInteger(file.metricsBytes) &&
    typeof file.json === 'object' &&
    file.json !== null;
  if (!whole) throw new Error('state.json is not a checkpoint');
  if (sha256(bytes) !== file.arraysSha256) throw new Error('arrays.safetensors differs from its checksum');
  const arrays = decodeNamedArrays(bytes, join(folder, 'arrays.safetensors'));
  const { step, metricsBytes, json, kept } = file;
  return { step: step!, metricsBytes: metricsBytes!, json: json!, arrays, ...(kept ? { kept } : {}) };
}

async function moveIfPresent(from: string, to: string): Promise<void> {
  try {
    await renameWithRetry(from, to);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

function checkJson(value: unknown, key: string): void {
  if (typeof value === 'object' && value !== null) {
    for (const [name, part] of Object.entries(value)) checkJson(part, `${key}.${name}`);
    return;
  }
  const safe =
    value === null ||
    typeof value === 'boolean' ||
    typeof value === 'string' ||
    (typeof value === 'number' && Number.isFinite(value));
  if (safe) return;
  throw new MongeError({
    code: 'checkpoint-invalid',
    what: 'this part of a checkpoint would not survive being stored as JSON',
    where: { key },
    got: typeof value === 'number' ? String(value) : typeof value,
    expected: 'finite numbers, text, true, false, null; put number arrays under `arrays`',
  });
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
