/** @file Who works on a run: a lock file with host, process and its start time, so that a dead owner is told from a live one. */
import { readFileSync } from 'node:fs';
import { readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { writeAtomically } from '../disk/files';

export const lockFile = 'lock.json';

/** How often an owner says it is alive, and after how long a silent one on another host counts as dead. */
export const heartbeatMilliseconds = 20_000;
const silentMilliseconds = 6 * heartbeatMilliseconds;

interface Owner {
  host: string;
  pid: number;
  /** When the process started, in the platform's own terms; a reused pid has another. Null where it cannot be told. */
  processStart: string | null;
}

const self: Owner = { host: hostname(), pid: process.pid, processStart: processStart(process.pid) };

export async function takeLock(run: string): Promise<void> {
  await writeAtomically(join(run, lockFile), JSON.stringify(self));
}

export async function releaseLock(run: string): Promise<void> {
  await rm(join(run, lockFile), { force: true });
}

/** Renews the lock's date; a lock that is gone is left alone. */
export async function beat(run: string): Promise<void> {
  const now = new Date();
  await utimes(join(run, lockFile), now, now).catch(() => undefined);
}

/** Whether a process other than this one is working on the run. */
export async function ownedElsewhere(run: string): Promise<boolean> {
  const path = join(run, lockFile);
  let owner: Partial<Owner> | null;
  let age: number;
  try {
    owner = JSON.parse(await readFile(path, 'utf8')) as Partial<Owner> | null;
    age = Date.now() - (await stat(path)).mtimeMs;
  } catch {
    return false;
  }
  if (!owner || typeof owner.pid !== 'number' || !Number.isSafeInteger(owner.pid) || owner.pid <= 0)
    return false;
  // Another host's processes cannot be seen from here, only its heartbeat on a shared disk.
  if (owner.host !== self.host) return age < silentMilliseconds;
  if (owner.pid === self.pid) return false;
  if (!alive(owner.pid)) return false;
  return owner.processStart === null || owner.processStart === processStart(owner.pid);
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function processStart(pid: number): string | null {
  try {
    if (process.platform === 'linux') {
      const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The program's name stands in brackets and may hold spaces; the start time is the 20th field after it.
      return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null;
    }
    if (process.platform === 'darwin')
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return null;
  }
  return null;
}
