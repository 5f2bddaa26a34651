/** @file A crash of `monge serve`: the next one shows the run as interrupted, and Resume takes it to its end. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBirpc, type BirpcReturn } from 'birpc';
import { afterAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { stream } from '../../native-models';
import type { EngineApi, RunRecord, ViewApi } from '../contract/engine';
import { decodeFrame, encodeFrame } from '../rpc/wire';

const folder = mkdtempSync(join(tmpdir(), 'monge-crash-'));
const runs = join(folder, 'runs');
const servers: ChildProcess[] = [];

afterAll(async () => {
  for (const server of servers) await end(server);
  rmSync(folder, { recursive: true, force: true });
});

/** Starts the built server and gives the address of its one-time link. */
function serve(): Promise<{ server: ChildProcess; link: URL }> {
  const monge = join(process.cwd(), 'bin', 'monge.mjs');
  const server = spawn(process.execPath, [monge, 'serve', '--out', runs, '--threads', '1'], {
    cwd: folder,
    env: { ...process.env, MONGE_HOME: join(folder, 'home') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  servers.push(server);
  let words = '';
  return new Promise((resolve, reject) => {
    const read = (piece: Buffer) => {
      words += piece.toString();
      const address = /(http:\/\/\S+\?token=\S+)\s/.exec(words)?.[1];
      if (address) resolve({ server, link: new URL(address) });
    };
    server.stdout.on('data', read);
    server.stderr.on('data', read);
    server.on('close', (code) => reject(new Error(`monge serve ended with ${code}: ${words}`)));
  });
}

/** Opens the link as a browser does and connects with the cookie it gives. */
async function connect(link: URL): Promise<BirpcReturn<EngineApi, Partial<ViewApi>>> {
  const page = await fetch(link, { redirect: 'manual' });
  const cookie = page.headers.get('set-cookie')!.split(';')[0]!;
  const socket = new WebSocket(`ws://${link.host}/rpc`, { headers: { cookie, origin: link.origin } });
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
  socket.on('error', () => undefined);
  return createBirpc<EngineApi, Partial<ViewApi>>(
    {},
    {
      post: (message) => socket.send(encodeFrame(message)),
      on: (listener) => void socket.on('message', (data: Buffer) => listener(decodeFrame(data))),
      timeout: -1,
    },
  );
}

function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return Promise.resolve();
  const ended = new Promise<void>((resolve) => server.once('close', () => resolve()));
  server.kill('SIGKILL');
  return ended;
}

async function until<T>(ask: () => Promise<T> | T, wanted: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

it('leaves a run that the next server offers to resume', async () => {
  const noise = stream(2, 'crash-test').normal(new Float32Array(1000));
  const rows = Array.from({ length: 500 }, (_, k) => `${noise[2 * k]},${noise[2 * k + 1]}`);
  writeFileSync(join(folder, 'cloud.csv'), `x,y\n${rows.join('\n')}\n`);

  const first = await serve();
  const before = await connect(first.link);
  const { id: data } = await before.openPath(join(folder, 'cloud.csv'));
  const config = { coupling: 'independent', steps: 50_000, batchSize: 128, hidden: 32 };
  const { id } = await before.startRun({ method: 'flows', data: { data }, config, seed: 1 });
  const checkpoint = join(runs, id, 'checkpoint', 'state.json');
  const working = await until(
    () => before.run(id),
    (run) => existsSync(checkpoint) || !['queued', 'running'].includes(run.status),
  );
  expect(working.status, 'still at work when it is killed').toBe('running');
  await end(first.server);

  const second = await serve();
  const after = await connect(second.link);
  const listed = await after.listRuns();
  expect(listed).toMatchObject([{ id, status: 'interrupted', error: null }]);
  expect((await after.resumeRun(id)).status).toMatch(/queued|running/);
  const ended = await until<RunRecord>(
    () => after.run(id),
    ({ status }) => !['queued', 'running'].includes(status),
  );
  expect(ended).toMatchObject({ status: 'done', error: null });
  const [loss] = await after.curves(id, ['loss']);
  expect(loss!.steps.at(-1)).toBeGreaterThan(49_900);
  // Every step once, none twice and none left out, across the crash.
  const gaps = loss!.steps.slice(2).map((step, k) => step - loss!.steps[k + 1]!);
  expect(new Set(gaps).size).toBe(1);
});
