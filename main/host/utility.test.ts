/** @file The engine's side of the desktop shell: it takes ports, takes up the runs of a dead engine, and ends when told. */
import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MongeError } from '../../native-models/error';
import type { Engine } from '../engine';
import type { RunRecord } from '../contract/engine';
import { workbench, type Workbench } from '../runs/testing/workbench';
import { serveShell, type ParentPort, type ParentSidePort } from './utility';

/** The shell's end: what it was told, and a way to send it something. */
function shell() {
  const told: unknown[] = [];
  const listeners: Parameters<ParentPort['on']>[1][] = [];
  const waiting: (() => void)[] = [];
  let exitCode: number | null = null;
  const wake = () => waiting.splice(0).forEach((go) => go());
  const port: ParentPort = {
    postMessage(message) {
      told.push(message);
      wake();
    },
    on: (_event, listener) => listeners.push(listener),
  };
  return {
    port,
    told,
    exit(code: number) {
      exitCode = code;
      wake();
    },
    send: (data: unknown, ports: readonly ParentSidePort[] = []) =>
      listeners.forEach((listener) => listener({ data, ports })),
    /** Resolves once the condition holds; looked at whenever something arrives. */
    async until(condition: () => boolean): Promise<void> {
      while (!condition()) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    get exitCode() {
      return exitCode;
    },
  };
}

let bench: Workbench;
let view: ReturnType<typeof shell>;
let opened: Promise<Engine>;

beforeEach(() => {
  bench = workbench();
  view = shell();
});
afterEach(() => bench.clean());

function start(change: object = {}): void {
  const folders = { runsFolder: bench.runs, workspaceFolder: bench.folder, samplesFolder: bench.folder };
  const open = () => (opened = bench.engine());
  serveShell(view.port, JSON.stringify({ ...folders, ...change }), open, (code) => view.exit(code));
}

/** A run as a killed engine leaves it: half done, status running, its owner gone. Two more that ended by themselves. */
async function leftByDeadEngine(): Promise<string> {
  const before = await bench.engine();
  const data = { data: (await before.openPath(bench.csv)).id };
  const run = async (config: Record<string, string | number>): Promise<RunRecord> => {
    const { id } = await before.startRun({ method: 'counting', data, config, seed: 3 });
    return before.waitForRun(id);
  };
  await run({});
  await run({ ending: 'fails' });
  const killed = await run({ ending: 'fails' });
  const folder = join(bench.runs, killed.id);
  const config = { ...killed.config, ending: 'normal' };
  const record = { ...killed, status: 'running', config, error: null, finished: null };
  writeFileSync(join(folder, 'run.json'), JSON.stringify(record));
  writeFileSync(join(folder, 'lock.json'), JSON.stringify({ host: 'nowhere', pid: 1, processStart: null }));
  utimesSync(join(folder, 'lock.json'), 0, 0);
  return killed.id;
}

describe('an engine in the place of a dead one', () => {
  it('goes on with the run that was under way, from its checkpoint, and with no other', async () => {
    const run = await leftByDeadEngine();
    start({ resumeInterrupted: true });
    await view.until(() => view.told.length > 0);
    expect(view.told).toEqual([{ type: 'resumed', runs: [{ run, step: 8 }] }]);
    const engine = await opened;
    expect(await engine.waitForRun(run)).toMatchObject({ status: 'done', progress: { step: 20 } });
    expect((await engine.listRuns()).map(({ status }) => status).sort()).toEqual(['done', 'done', 'failed']);
  });

  it('leaves interrupted, and says nothing of, a run that it cannot take up', async () => {
    const run = await leftByDeadEngine();
    const state = join(bench.runs, run, 'checkpoint', 'state.json');
    writeFileSync(state, readFileSync(state, 'utf8').slice(0, 40));
    start({ resumeInterrupted: true });
    await view.until(() => view.told.length > 0);
    expect(view.told).toEqual([{ type: 'resumed', runs: [] }]);
    expect(await (await opened).run(run)).toMatchObject({ status: 'interrupted' });
  });
});

describe('the first engine of a session', () => {
  it('leaves runs of other times to the person', async () => {
    const run = await leftByDeadEngine();
    start();
    view.send({ type: 'close' });
    await view.until(() => view.exitCode !== null);
    expect([view.told, view.exitCode]).toEqual([[], 0]);
    expect(await (await bench.engine()).run(run)).toMatchObject({ status: 'interrupted' });
  });

  it('answers over each port it is given, until the port closes', async () => {
    start();
    const sent: { i?: unknown; r?: { name?: string } }[] = [];
    let receive: (event: { data: unknown }) => void = () => undefined;
    const port = {
      postMessage: (message: (typeof sent)[number]) => {
        sent.push(message);
        view.port.postMessage('answered');
      },
      on: (event: string, listener: typeof receive) => void (event === 'message' && (receive = listener)),
      start: () => receive({ data: { t: 'q', i: 'a', m: 'hello', a: [] } }),
      close: () => undefined,
    };
    view.send({ type: 'connect' }, [port]);
    await view.until(() => sent.length > 0);
    expect(sent[0]).toMatchObject({ t: 's', i: 'a', r: { name: 'monge', transport: 'port' } });
  });
});

describe('an engine that cannot open', () => {
  it.each([
    ['without its folders', '{"runsFolder":"/tmp"}', 'bad-usage'],
    ['with no options', undefined, 'bad-usage'],
    ['with options that are no JSON', '--type=renderer', 'bad-usage'],
    [
      'with a folder that fails',
      '{"runsFolder":"/a","workspaceFolder":"/b","samplesFolder":"/c"}',
      'no-disk',
    ],
  ])('%s says why and ends', async (_what, argument, code) => {
    const broken = () => Promise.reject(new MongeError({ code: 'no-disk', what: 'the disk is gone' }));
    serveShell(view.port, argument, broken, (exit) => view.exit(exit));
    await view.until(() => view.exitCode !== null);
    expect(view.told).toMatchObject([{ type: 'failed', detail: { code } }]);
    expect(view.exitCode).toBe(1);
  });
});
