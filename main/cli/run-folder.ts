/** @file A run as a person names it: its folder, or its id in the folder of runs. */
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { MongeError } from '../../native-models/error';
import { defaultRunsFolder } from '../disk/paths';

/**
 * The folder of runs and the id for `runs/20261123-…` or a bare id. A path means that folder and no other: a run of
 * the same name in the default place is not taken for it.
 * @throws `run-not-found` where there is no such folder of runs; a look at a run makes none.
 */
export function locateRun(
  text: string,
  out: string | undefined,
  environment: NodeJS.ProcessEnv,
): { runsFolder: string; id: string } {
  const path = resolve(text);
  const isPath = /[/\\]/.test(text) || existsSync(join(path, 'run.json'));
  const runsFolder =
    out === undefined && isPath ? dirname(path) : resolve(out ?? defaultRunsFolder(environment));
  if (!statSync(runsFolder, { throwIfNoEntry: false })?.isDirectory())
    throw new MongeError({
      code: 'run-not-found',
      what: 'there is no such folder of runs',
      where: { file: runsFolder },
      got: JSON.stringify(text),
      help: 'Give the folder of the run, or its id and --out with the folder that keeps the runs.',
    });
  return { runsFolder, id: basename(path) };
}
