/** @file The shipped models: samples/models.json names them. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { array, object, parse, pipe, regex, string, type InferOutput } from 'valibot';
import { MongeError } from '../../native-models/error';
import type { SampleModelInfo } from '../contract/models';

const Entry = object({
  id: pipe(string(), regex(/^[a-z0-9-]+$/)),
  // A plain file name: the list never leads outside its folder.
  file: pipe(string(), regex(/^[a-z0-9][a-z0-9.-]*$/)),
  title: string(),
  description: string(),
});
type Entry = InferOutput<typeof Entry>;

/** In the order of the list. @throws `samples-unreadable` */
export function listSampleModels(samplesFolder: string): SampleModelInfo[] {
  return readIndex(samplesFolder).map(({ id, file, title, description }) => {
    const bytes = statSync(join(samplesFolder, file), { throwIfNoEntry: false })?.size ?? 0;
    return { id, title, description, bytes };
  });
}

/** The file of a shipped model. @throws `sample-unknown`, `samples-unreadable` */
export function sampleModelPath(samplesFolder: string, id: string): string {
  const entries = readIndex(samplesFolder);
  const entry = entries.find((candidate) => candidate.id === id);
  if (entry) return join(samplesFolder, entry.file);
  throw new MongeError({
    code: 'sample-unknown',
    what: 'there is no such sample',
    where: { key: id },
    expected: `one of ${entries.map((one) => one.id).join(', ')}`,
  });
}

function readIndex(samplesFolder: string): Entry[] {
  try {
    return parse(array(Entry), JSON.parse(readFileSync(join(samplesFolder, 'models.json'), 'utf8')));
  } catch (cause) {
    throw new MongeError(
      {
        code: 'samples-unreadable',
        what: 'the list of sample models cannot be read',
        where: { file: 'samples/models.json' },
        got: cause instanceof Error ? cause.message : String(cause),
        help: 'the installation is incomplete; install it again',
      },
      { cause },
    );
  }
}
