/** @file A temporary folder for tests that need files, and the errors they expect. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { MongeError } from '../../../native-models/error';

export interface FileWorkbench {
  readonly folder: string;
  /** Writes a file below the folder and returns its path. */
  file(name: string, content: string | Uint8Array): Promise<string>;
  /** Removes the folder and everything in it. */
  close(): Promise<void>;
}

export async function openWorkbench(): Promise<FileWorkbench> {
  const folder = await mkdtemp(join(tmpdir(), 'monge-data-'));
  return {
    folder,
    async file(name, content) {
      const path = join(folder, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
      return path;
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The MongeError that the promise rejects with; fails when it does not, or with anything else. */
export async function rejection(promise: Promise<unknown>): Promise<MongeError> {
  const error = await promise.then(
    () => new Error('expected an error, but the call succeeded'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof MongeError)) throw error;
  return error;
}
