/** @file Files that a command writes for a person: what exists is kept, and of several files all are written or none. */
import { rm, writeFile } from 'node:fs/promises';
import { MongeError } from '../../native-models/error';

export interface NewFile {
  path: string;
  bytes: Uint8Array;
}

/** @throws `file-exists`, `file-unwritable`; `flag` is the option that chooses the name. */
export async function writeNewFiles(files: readonly NewFile[], flag: string): Promise<void> {
  const written: string[] = [];
  for (const { path, bytes } of files) {
    try {
      await writeFile(path, bytes, { flag: 'wx' });
      written.push(path);
    } catch (thrown) {
      for (const earlier of written) await rm(earlier, { force: true });
      const code = (thrown as NodeJS.ErrnoException).code ?? 'unknown reason';
      throw new MongeError(
        {
          code: code === 'EEXIST' ? 'file-exists' : 'file-unwritable',
          what: code === 'EEXIST' ? 'the file exists and is kept' : `the file cannot be written (${code})`,
          where: { file: path },
          help: `Give another name with --${flag}.`,
        },
        { cause: thrown },
      );
    }
  }
}
