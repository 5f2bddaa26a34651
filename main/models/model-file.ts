/** @file A model file's bytes, and the errors of a file that cannot be had. */
import { readFile, stat } from 'node:fs/promises';
import { MongeError } from '../../native-models/error';

/** Protocol buffers cannot be larger; bigger weights lie in files beside the model. */
const largestModel = 2 ** 31;

/** What Git leaves in a file's place where large files were not fetched. */
const pointerStart = 'version https://git-lfs.github.com/spec/';

/** The whole file. @throws `file-not-found`, `file-unreadable`, `file-too-large`, `file-is-pointer`. */
export async function readModelFile(path: string): Promise<Uint8Array> {
  try {
    const found = await stat(path);
    // Reading a pipe would wait for its writer.
    if (!found.isFile()) throw new Error('something that is no file');
    const { size } = found;
    if (size > largestModel)
      throw new MongeError({
        code: 'file-too-large',
        what: 'no model of this format can be so large',
        where: { file: path },
        got: `${size.toLocaleString('en')} bytes`,
        expected: `at most ${largestModel.toLocaleString('en')}`,
        help: 'keep the weights in a file beside the model',
      });
    const bytes = await readFile(path);
    refusePointer(bytes, path);
    return bytes;
  } catch (thrown) {
    if (thrown instanceof MongeError) throw thrown;
    throw unreadableFile(path, thrown);
  }
}

/** The coded form of what the file system says. */
export function unreadableFile(path: string, cause: unknown): MongeError {
  const code = (cause as NodeJS.ErrnoException).code;
  const missing = code === 'ENOENT' || code === 'ENOTDIR';
  return new MongeError(
    {
      code: missing ? 'file-not-found' : 'file-unreadable',
      what: missing
        ? 'there is no such file'
        : `the file cannot be read (${code ?? (cause instanceof Error ? cause.message : String(cause))})`,
      where: { file: path },
    },
    { cause },
  );
}

/** Refuses the few lines of text that stand for a large file, from its first bytes. @throws `file-is-pointer` */
export function refusePointer(head: Uint8Array, path: string): void {
  if (!Buffer.from(head.subarray(0, pointerStart.length)).equals(Buffer.from(pointerStart))) return;
  throw new MongeError({
    code: 'file-is-pointer',
    blame: 'input',
    what: 'this is a Git LFS pointer, which stands for the file that was not fetched',
    where: { file: path },
    expected: 'the file itself',
    help: 'run `git lfs pull` in its folder, or download the file by itself',
  });
}
