/** @file Where things lie: the default folders of a person, and the built parts beside an entry file. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { version } from '../../package.json';

/** The product's version, as package.json has it. */
export const productVersion: string = version;

/** Folder of the runs for the command line and server mode: `$MONGE_RUNS`, else `runs` in the current directory. */
export function defaultRunsFolder(environment = process.env): string {
  return resolve(environment.MONGE_RUNS || 'runs');
}

/** Folder for uploads and the list of recent data: `$MONGE_HOME`, else the platform's place for an application's data. */
export function defaultWorkspaceFolder(
  environment = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  if (environment.MONGE_HOME) return resolve(environment.MONGE_HOME);
  if (platform === 'win32')
    return join(environment.LOCALAPPDATA || join(homedir(), 'AppData', 'Local'), 'monge');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'monge');
  return join(environment.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'monge');
}

/** Folder of optimised forms of large models; may be emptied at any time. */
export function modelCacheFolder(environment = process.env): string {
  return join(defaultWorkspaceFolder(environment), 'model-cache');
}

/** Folder of the written weights of language models, see `weightFolder`; may be emptied at any time. */
export function weightCacheFolder(environment = process.env): string {
  return join(defaultWorkspaceFolder(environment), 'weights');
}

/** A folder of runs for commands that start none, so that looking at a file leaves nothing in the current directory. */
export function scratchRunsFolder(environment = process.env): string {
  return join(defaultWorkspaceFolder(environment), 'scratch-runs');
}

/** What lies around a built entry such as `out/main/cli.js`; pass its `import.meta.url`. */
export interface BuiltPlaces {
  /** The compute worker beside the entry; null when only sources are there. */
  workerUrl: URL | null;
  benchUrl: URL | null;
  rendererFolder: string;
  samplesFolder: string;
}

/** Bundling moves shared code into chunks, so only the entry itself knows where it lies. */
export function placesAround(entry: string): BuiltPlaces {
  const main = dirname(fileURLToPath(entry));
  const out = dirname(main);
  const resources = (process as { resourcesPath?: string }).resourcesPath;
  const samples = [join(dirname(out), 'samples'), ...(resources ? [join(resources, 'samples')] : [])];
  return {
    workerUrl: existing(new URL('./worker.js', entry)),
    benchUrl: existing(new URL('./bench.js', entry)),
    rendererFolder: join(out, 'renderer'),
    samplesFolder: samples.find((folder) => existsSync(folder)) ?? samples[0]!,
  };
}

function existing(url: URL): URL | null {
  return existsSync(fileURLToPath(url)) ? url : null;
}
