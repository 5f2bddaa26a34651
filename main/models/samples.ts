/** @file The shipped models: samples/models.json names them. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { object } from 'valibot';
import type { SampleModelInfo } from '../contract/models';
import { readShipped, shippedEntry, shippedPath } from '../disk/shipped';

const readIndex = (folder: string) =>
  readShipped(folder, 'models.json', 'sample models', object(shippedEntry));

/** In the order of the list. @throws `samples-unreadable` */
export function listSampleModels(samplesFolder: string): SampleModelInfo[] {
  return readIndex(samplesFolder).map(({ id, file, title, description }) => {
    const bytes = statSync(join(samplesFolder, file), { throwIfNoEntry: false })?.size ?? 0;
    return { id, title, description, bytes };
  });
}

/** The file of a shipped model. @throws `sample-unknown`, `samples-unreadable` */
export function sampleModelPath(samplesFolder: string, id: string): string {
  return shippedPath(samplesFolder, readIndex(samplesFolder), id);
}
