/**
 * @file A thread beside the child's main thread, which native code may block for minutes: it ends the process when that
 * holds too much memory or has lost its parent.
 */
import { writeSync } from 'node:fs';

/** What the child's parent hands it, as JSON in its last argument. */
export interface ForeignSetup {
  memoryBytes: number;
}

/** The pipe on which the last word goes to the parent: the channel belongs to the main thread. */
export const LAST_WORD = 4;
const MEMORY_MILLISECONDS = 50;
const PARENT_EVERY = 20;

/** Looks until the process ends. Call in a worker thread of the child. */
export function watchProcess({ memoryBytes }: ForeignSetup): void {
  const parent = process.ppid;
  let looked = 0;
  setInterval(() => {
    const bytes = process.memoryUsage.rss();
    if (bytes > memoryBytes) {
      try {
        writeSync(LAST_WORD, `memory ${bytes}\n`);
      } catch {
        // Without a parent there is nobody to tell.
      }
      process.kill(process.pid, 'SIGKILL');
    }
    looked += 1;
    if (looked % PARENT_EVERY === 0 && (process.ppid !== parent || !lives(parent)))
      process.kill(process.pid, 'SIGKILL');
  }, MEMORY_MILLISECONDS);
}

/** What the pipe said: the bytes held when the process was ended for them, or null. */
export function memoryOf(lastWord: string): number | null {
  const bytes = /^memory (\d+)$/m.exec(lastWord)?.[1];
  return bytes === undefined ? null : Number(bytes);
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
