/** @file Snapshots of a run: parameters at some steps, one safetensors file per step, for scrubbing through training. */
import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MongeError } from '../../native-models/error';
import { encodeSafetensors } from '../../native-models/io/safetensors';
import type { NamedArray } from '../contract/define';
import { isMissing, writeAtomically } from './files';
import { decodeNamedArrays } from './named-arrays';

const folderName = 'snapshots';

export async function writeSnapshot(
  run: string,
  step: number,
  arrays: Readonly<Record<string, NamedArray>>,
): Promise<void> {
  if (!Number.isSafeInteger(step) || step < 0)
    throw new MongeError({
      code: 'snapshot-step',
      what: 'a snapshot is named by its step',
      got: String(step),
      expected: 'a whole number from 0',
    });
  const bytes = encodeSafetensors(arrays, { step: String(step) });
  await mkdir(join(run, folderName), { recursive: true });
  await writeAtomically(join(run, folderName, `${step}.safetensors`), bytes);
}

/** Steps of the stored snapshots, ascending. */
export async function listSnapshots(run: string): Promise<number[]> {
  const names = await readdir(join(run, folderName)).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  return names
    .map((name) => /^(\d{1,15})\.safetensors$/.exec(name))
    .flatMap((match) => (match ? [Number(match[1])] : []))
    .sort((a, b) => a - b);
}

/** The newest snapshot at or before `step`, or the newest of all. @throws `no-snapshot` when there is none. */
export async function readSnapshot(
  run: string,
  step: number | 'latest',
): Promise<{ step: number; arrays: Record<string, NamedArray> }> {
  const steps = await listSnapshots(run);
  const found = step === 'latest' ? steps.at(-1) : steps.findLast((stored) => stored <= step);
  if (found === undefined)
    throw new MongeError({
      code: 'no-snapshot',
      what: steps.length === 0 ? 'this run has kept no parameters yet' : 'no parameters were kept that early',
      where: { file: join(run, folderName) },
      got: `step ${step}`,
      expected: steps.length === 0 ? undefined : `a step from ${steps[0]}`,
      help: 'they appear shortly after training starts',
    });
  const path = join(run, folderName, `${found}.safetensors`);
  return { step: found, arrays: decodeNamedArrays(await readFile(path), path) };
}

/** Removes snapshots later than `step`: after an interruption those steps are trained again. */
export async function dropSnapshotsAfter(run: string, step: number): Promise<void> {
  for (const stored of await listSnapshots(run))
    if (stored > step) await rm(join(run, folderName, `${stored}.safetensors`), { force: true });
}
