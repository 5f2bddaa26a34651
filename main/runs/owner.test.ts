/** @file Listing runs beside a running engine leaves them alone; runs of a dead process become interrupted. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Engine } from '../engine';
import type { RunStatus } from '../contract/engine';
import { ownedElsewhere, takeLock } from './owner';
import { workbench, type Workbench } from './testing/workbench';

let bench: Workbench;
let engine: Engine;
let id: string;
let child: ChildProcess;

beforeEach(async () => {
  bench = workbench();
  engine = await bench.engine();
  const data = (await engine.openPath(bench.csv)).id;
  ({ id } = await engine.startRun({ method: 'counting', data: { data }, config: {}, seed: 1 }));
  await engine.waitForRun(id);
  child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
});
afterEach(async () => {
  child.kill();
  await bench.clean();
});

/** Makes the finished run look like one that `owner` is working on. */
function ownedBy(owner: object, status: RunStatus = 'running'): void {
  const folder = join(bench.runs, id);
  writeFileSync(join(folder, 'lock.json'), JSON.stringify(owner));
  const record = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as object;
  writeFileSync(join(folder, 'run.json'), JSON.stringify({ ...record, status }));
}

it('leaves a run of another live process alone', async () => {
  ownedBy({ host: hostname(), pid: child.pid, processStart: null });
  expect((await engine.run(id)).status).toBe('running');
  const elsewhere = { code: 'run-owned-elsewhere' };
  await expect(engine.resumeRun(id)).rejects.toMatchObject(elsewhere);
  await expect(engine.stopRun(id)).rejects.toMatchObject(elsewhere);
  await expect(engine.trashRun(id)).rejects.toMatchObject(elsewhere);
  await expect(engine.renameRun(id, { name: 'mine' })).rejects.toMatchObject(elsewhere);
});

it.each<RunStatus>(['queued', 'running', 'stopping'])(
  'takes a %s run of a dead process for interrupted',
  async (status) => {
    const gone = new Promise((resolve) => child.on('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    ownedBy({ host: hostname(), pid: child.pid, processStart: null }, status);
    expect((await engine.run(id)).status).toBe('interrupted');
    await engine.resumeRun(id);
    expect((await engine.waitForRun(id)).status).toBe('done');
  },
);

it('is not fooled by a process that was given the same number later', async () => {
  if (process.platform === 'win32')
    return console.warn('skipped: Windows does not tell when a process started');
  ownedBy({ host: hostname(), pid: child.pid, processStart: 'long ago' });
  expect((await engine.run(id)).status).toBe('interrupted');
});

it('believes another host while its heartbeat is fresh', async () => {
  ownedBy({ host: 'another-host', pid: 1, processStart: null });
  expect((await engine.run(id)).status).toBe('running');
  utimesSync(join(bench.runs, id, 'lock.json'), 0, 0);
  expect((await engine.run(id)).status).toBe('interrupted');
});

it('counts an unreadable lock, its own lock and no lock as nobody else', async () => {
  const folder = join(bench.runs, id);
  writeFileSync(join(folder, 'lock.json'), 'null');
  expect(await ownedElsewhere(folder)).toBe(false);
  await takeLock(folder);
  expect(await ownedElsewhere(folder)).toBe(false);
  rmSync(join(folder, 'lock.json'));
  expect(await ownedElsewhere(folder)).toBe(false);
});
