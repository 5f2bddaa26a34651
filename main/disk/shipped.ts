/** @file Files that are shipped in the folder of samples, and the lists that name them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { array, parse, pipe, regex, string, type GenericSchema } from 'valibot';
import { MongeError } from '../../native-models/error';

/** What every entry of a list says. */
export const shippedEntry = {
  id: pipe(string(), regex(/^[a-z0-9-]+$/)),
  // A plain file name: nothing is read outside the folder.
  file: pipe(string(), regex(/^[a-z0-9][a-z0-9.-]*$/)),
  title: string(),
  description: string(),
};

/** The entries of a list in its order; `things` is what they are. @throws `samples-unreadable` */
export function readShipped<T>(
  folder: string,
  list: 'index.json' | 'models.json',
  things: string,
  entry: GenericSchema<unknown, T>,
): T[] {
  try {
    return parse(array(entry), JSON.parse(readFileSync(join(folder, list), 'utf8')));
  } catch (cause) {
    throw new MongeError(
      {
        code: 'samples-unreadable',
        what: `the list of ${things} cannot be read`,
        where: { file: `samples/${list}` },
        got: cause instanceof Error ? cause.message : String(cause),
        help: 'the installation is incomplete; install it again',
      },
      { cause },
    );
  }
}

/** The path of an entry by its id. @throws `sample-unknown` */
export function shippedPath(
  folder: string,
  entries: readonly { id: string; file: string }[],
  id: string,
): string {
  const entry = entries.find((candidate) => candidate.id === id);
  if (entry) return join(folder, entry.file);
  throw new MongeError({
    code: 'sample-unknown',
    what: 'there is no such sample',
    where: { key: id },
    expected: `one of ${entries.map((one) => one.id).join(', ')}`,
  });
}
