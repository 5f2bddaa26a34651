/** @file Where the shell finds the built files, and which folders the engine is given. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { app } from 'electron';
import { defaultRunsFolder, defaultWorkspaceFolder, placesAround } from '../main/disk/paths';
import type { EngineOptions } from './engine-process';

export interface Places {
  renderer: string;
  preload: string;
  engineScript: string;
  engine: EngineOptions;
}

/** @param entry address of the built shell, `out/main/index.js` */
export function places(entry: string): Places {
  const here = dirname(fileURLToPath(entry));
  const { rendererFolder, samplesFolder } = placesAround(entry);
  return {
    renderer: rendererFolder,
    preload: join(dirname(here), 'preload', 'preload.cjs'),
    engineScript: join(here, 'engine.js'),
    engine: {
      runsFolder: runsFolder(),
      workspaceFolder: defaultWorkspaceFolder(),
      samplesFolder,
      version: app.getVersion(),
    },
  };
}

/** An installed application starts in no folder of the person's choice, so its runs lie among the documents. */
function runsFolder(): string {
  if (process.env.MONGE_RUNS || !app.isPackaged) return defaultRunsFolder();
  return join(app.getPath('documents'), 'Monge', 'runs');
}
