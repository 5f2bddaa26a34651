/** @file A throw-away workspace for tests: an engine in this thread, one CSV, and a way to reach into the folders. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, type Engine } from '../../engine';
import type { MethodDefinition } from '../../contract/define';
import { counting } from './counting-method';

export interface Workbench {
  folder: string;
  runs: string;
  csv: string;
  engine(): Promise<Engine>;
  /** Closes every engine and removes the folder. */
  clean(): Promise<void>;
}

/** `more` methods beside the counting one. */
export function workbench(more: readonly MethodDefinition[] = []): Workbench {
  const folder = mkdtempSync(join(tmpdir(), 'monge-engine-'));
  const csv = join(folder, 'points.csv');
  const engines: Engine[] = [];
  mkdirSync(join(folder, 'samples'));
  writeFileSync(csv, 'a,b\n1,2\n3,4.5\n-1,0\n');
  return {
    folder,
    runs: join(folder, 'runs'),
    csv,
    async engine() {
      const engine = await createEngine({
        runsFolder: join(folder, 'runs'),
        workspaceFolder: join(folder, 'workspace'),
        samplesFolder: join(folder, 'samples'),
        workerUrl: null,
        transport: 'port',
        version: '0.0.0',
        threads: 1,
        methods: [counting, ...more],
      });
      engines.push(engine);
      return engine;
    },
    async clean() {
      for (const engine of engines) await engine.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
