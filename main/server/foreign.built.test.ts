/** @file Models that do not come back, in the built program: a server that answers meanwhile, a run that goes on, signals that end it. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEngine, type Engine } from '../engine';
import { anyPath } from '../disk/path-policy';
import { openForeign } from '../foreign/process';
import { buildStandIn } from '../foreign/testing/build';
import { standInKinds } from '../foreign/testing/kinds';
import { isModelInfo } from '../models/opened';
import { chainModel, modelBytes, node, value } from '../models/testing';
import { serve, type RunningServer } from './serve';

/** What `/healthz` may take while foreign files are at work: 99 of 100 answers, and the one that a busy machine holds up. */
const HEALTHY_MILLISECONDS = 100;
const HELD_UP_MILLISECONDS = 1000;

const folder = mkdtempSync(join(tmpdir(), 'monge-foreign-server-'));
const temporary = join(folder, 'tmp');
const endless = join(folder, 'endless.onnx');
let entry: URL;
let engine: Engine;
let server: RunningServer;

/** A Loop of 2⁴⁰ steps of next to nothing: days. */
function endlessModel(): Uint8Array {
  const whole = (name: string, number: number) => ({ name, dims: [], dataType: 7, int64Data: [number] });
  const truth = { name: 'true', dims: [], dataType: 9, int32Data: [1] };
  const typed = (name: string, elemType: number) => ({
    name,
    type: { tensorType: { elemType, shape: { dim: [] } } },
  });
  const body = {
    name: 'body',
    input: [typed('step', 7), typed('go', 9), value('before', 2)],
    output: [typed('still', 9), value('after', 2)],
    node: [node('Identity', '', ['go'], ['still']), node('Neg', '', ['before'], ['after'])],
  };
  return modelBytes({
    name: 'endless',
    input: [value('x', 2)],
    output: [value('y', 2)],
    initializer: [whole('steps', 2 ** 40), truth],
    node: [node('Loop', 'loop', ['steps', 'true', 'x'], ['y'], [{ name: 'body', type: 5, g: body }])],
  });
}

beforeAll(async () => {
  mkdirSync(temporary);
  writeFileSync(endless, endlessModel());
  entry = await buildStandIn(join(folder, 'stand-in'));
  engine = await createEngine({
    runsFolder: join(folder, 'runs'),
    workspaceFolder: join(folder, 'home'),
    samplesFolder: 'samples',
    workerUrl: new URL('../../out/main/worker.js', import.meta.url),
    transport: 'socket',
    version: '0.0.0',
    threads: 1,
  });
  server = await serve({ engine, policy: anyPath, rendererFolder: folder, port: 0 });
});
afterAll(async () => {
  await server.close();
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Milliseconds of the answers of `/healthz` during some work, asked every 20 ms, the quickest first. */
async function answers(work: Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  let busy = true;
  void work.catch(() => undefined).finally(() => (busy = false));
  while (busy) {
    const start = performance.now();
    const { status } = await fetch(`http://127.0.0.1:${server.port}/healthz`);
    times.push(performance.now() - start);
    expect(status).toBe(204);
    await sleep(20);
  }
  return times.sort((a, b) => a - b);
}

function expectHealthy(times: readonly number[], when: string): void {
  const [usual, slowest] = [times[Math.ceil(times.length * 0.99) - 1]!, times.at(-1)!];
  console.log(
    `/healthz ${when}: ${times.length} answers, 99 % in ${usual.toFixed(1)} ms, slowest ${slowest.toFixed(1)} ms`,
  );
  expect(usual).toBeLessThan(HEALTHY_MILLISECONDS);
  expect(slowest).toBeLessThan(HELD_UP_MILLISECONDS);
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );

describe('a server', () => {
  it('answers while foreign files block, grow and are ended, with stand-ins', async () => {
    const foreign = openForeign(entry, standInKinds, { memoryBytes: 2 ** 29, graceMilliseconds: 200 });
    // The first answer of a server and the first start of a process are not what is measured.
    await answers(foreign.ask({ kind: 'pid' }));
    const codes: string[] = [];
    const times = await answers(
      (async () => {
        codes.push(await codeOf(foreign.ask({ kind: 'block', milliseconds: 60_000 })));
        codes.push(await codeOf(foreign.ask({ kind: 'grow', bytes: 2 ** 30 })));
        codes.push(await codeOf(foreign.ask({ kind: 'exit', code: 1 })));
        const signal = AbortSignal.timeout(300);
        codes.push(await codeOf(foreign.ask({ kind: 'hold', milliseconds: 60_000 }, undefined, { signal })));
        codes.push(await codeOf(foreign.ask({ kind: 'echo', value: new Float32Array(1_000_000) })));
      })(),
    );
    expect(codes).toEqual(['foreign-time', 'foreign-memory', 'foreign-ended', 'foreign-stopped', 'done']);
    expectHealthy(times, 'with stand-ins');
    await foreign.close();
  });

  it('answers, and its run goes on, while a model is read and one that does not come back is profiled and stopped', async () => {
    const large = join(folder, 'large.onnx');
    writeFileSync(large, chainModel(100_000));
    const { id: data } = await engine.openPath(join('samples', 'two-moons.csv'));
    const config = { coupling: 'independent', steps: 100_000, batchSize: 64, hidden: 16 };
    const run = await engine.startRun({ method: 'flows', data: { data }, config, seed: 1 });
    const info = await engine.openPath(endless);
    if (!isModelInfo(info)) throw new Error('opened as data');
    let code = '';
    const times = await answers(
      (async () => {
        const profiling = codeOf(
          engine.profileModel(info.id, { sizes: {}, runs: 1, optimisation: 'disabled' }),
        );
        await engine.openPath(large);
        // Questions are answered by another process than the one that is blocked.
        await engine.viewModel(info.id, { graph: 0, open: [] });
        await engine.stopProfile();
        code = await profiling;
      })(),
    );
    expect(code).toBe('profile-stopped');
    expectHealthy(times, 'with models');
    expect((await engine.run(run.id)).status).toBe('running');
    await engine.stopRun(run.id);
    expect((await engine.waitForRun(run.id)).status).toBe('stopped');
  });
});

describe('`monge inspect --profile` of a model that does not come back', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'ends at %s, with a reason and nothing left behind',
    async (signal) => {
      const child = spawn(process.execPath, [join('bin', 'monge.mjs'), 'inspect', endless, '--profile'], {
        env: { ...process.env, MONGE_HOME: join(folder, 'cli'), TMPDIR: temporary, MONGE_NO_BUILD: '1' },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let told = '';
      child.stderr.on('data', (piece: Buffer) => (told += piece.toString()));
      const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
      // Its trace's folder is there once it is at work.
      while (readdirSync(temporary).length === 0 && child.exitCode === null) await sleep(50);
      await sleep(1500);
      expect(child.exitCode, told).toBeNull();
      child.kill(signal);
      const code = await ended;
      expect(told).toContain('profile-stopped');
      expect(code).not.toBe(0);
      expect(readdirSync(temporary)).toEqual([]);
    },
  );
});
