/** @file Where the shell finds the built files, and which folders the engine is given. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { app } from 'electron';
import type { EngineOptions } from './engine-process';

export interface Places {
  renderer: string;
  preload: string;
  engineScript: string;
  engine: EngineOptions;
}

/** @param here folder of the built shell, `out/main` */
export function places(here: string = dirname(fileURLToPath(import.meta.url))): Places {
  const out = dirname(here);
  const root = dirname(out);
  const home = process.env.MONGE_HOME ?? join(app.getPath('home'), 'monge');
  return {
    renderer: join(out, 'renderer'),
    preload: join(out, 'preload', 'preload.cjs'),
    engineScript: join(here, 'engine.js'),
    engine: {
      runsFolder: join(home, 'runs'),
      workspaceFolder: join(home, 'workspace'),
      samplesFolder: join(root, 'samples'),
      version: app.getVersion(),
    },
  };
}
