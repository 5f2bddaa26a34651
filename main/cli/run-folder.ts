/** @file A run as a person names it: its folder, or its id in the folder of runs. */
import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { defaultRunsFolder } from '../host/paths';

/** The folder of runs and the id for `runs/20261123-…` or a bare id. */
export function locateRun(
  text: string,
  out: string | undefined,
  environment: NodeJS.ProcessEnv,
): { runsFolder: string; id: string } {
  const path = resolve(text);
  if (out === undefined && existsSync(join(path, 'run.json')))
    return { runsFolder: dirname(path), id: basename(path) };
  return { runsFolder: resolve(out ?? defaultRunsFolder(environment)), id: basename(text) };
}
