/** @file A model file's bytes, and the errors of a file that cannot be had. */
import { readFile, stat } from 'node:fs/promises';
import { MongeError } from '../../native-models/error';

/** Protocol buffers cannot be larger; bigger weights lie in files beside the model. */
const largestModel = 2 ** 31;

/** The whole file. @throws `file-not-found`, `file-unreadable`, `file-too-large`. */
export async function readModelFile(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > largestModel)
      throw new MongeError({
        code: 'file-too-large',
        what: 'no model of this format can be so large',
        where: { file: path },
        got: `${size.toLocaleString('en')} bytes`,
        expected: `at most ${largestModel.toLocaleString('en')}`,
        help: 'keep the weights in a file beside the model',
      });
    return await readFile(path);
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
      what: missing ? 'there is no such file' : `the file cannot be read (${String(code ?? cause)})`,
      where: { file: path },
    },
    { cause },
  );
}
