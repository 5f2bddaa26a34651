/** @file The shipped models: samples/models.json names them. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { object } from 'valibot';
import type { SampleModelInfo } from '../contract/models';
import { readShipped, shippedEntry, shippedPath } from '../disk/shipped';

const readIndex = (folder: string) =>
  readShipped(folder, 'models.json', 'sample models', object(shippedEntry));

/** In the order of the list. @throws `samples-unreadable` */
export function listSampleModels(samplesFolder: string): SampleModelInfo[] {
  return readIndex(samplesFolder).map(({ id, file, title, description }) => {
    return { id, title, description, bytes: bytesOf(join(samplesFolder, file)) };
  });
}

/** Of a file, or of all files of a folder; 0 where there is none. */
function bytesOf(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found?.isDirectory()) return found?.size ?? 0;
  return readdirSync(path).reduce((sum, name) => sum + statSync(join(path, name)).size, 0);
}

/** The file or folder of a shipped model. @throws `sample-unknown`, `samples-unreadable` */
export function sampleModelPath(samplesFolder: string, id: string): string {
  return shippedPath(samplesFolder, readIndex(samplesFolder), id);
}
