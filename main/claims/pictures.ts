/** @file Pictures for a results page: the samples that the first seed of each arm left, copied beside the page. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isMissing, makeFolder, writeAtomically } from '../disk/files';
import type { ClaimRecord } from '../contract/claims';

/** What a run on images leaves among its artifacts. */
const SAMPLES = 'samples.png';

/** Path of a picture from the page on, by the id of its run. */
export type Pictures = Readonly<Record<string, string>>;

/** Copies what there is into a folder of the page's name; arms without a picture have none. */
export async function copyPictures(
  page: string,
  records: readonly ClaimRecord[],
  runsFolder: string,
): Promise<Pictures> {
  const folder = basename(page).replace(/\.[^.]*$/, '');
  const copied: Record<string, string> = {};
  for (const { id, arms } of records)
    for (const [place, { runs }] of arms.entries()) {
      const run = runs[0];
      if (run === undefined || run in copied) continue;
      const bytes = await readFile(join(runsFolder, run, 'artifacts', SAMPLES)).catch((thrown: unknown) => {
        if (isMissing(thrown)) return null;
        throw thrown;
      });
      if (!bytes) continue;
      const name = `${id}-${place + 1}.png`;
      await makeFolder(join(dirname(page), folder));
      await writeAtomically(join(dirname(page), folder, name), bytes);
      copied[run] = `${folder}/${name}`;
    }
  return copied;
}
