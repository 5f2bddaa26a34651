/** @file The built process for foreign files: the same answers, bit for bit, as in this thread, and sessions that outlive its end. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeNpz, stream } from '../../native-models';
import { MongeError } from '../../native-models/error';
import { createEngine } from '../engine';
import { openForeign } from '../foreign/process';
import { openForeignSession } from '../models/foreign-session';
import { branchingModel, modelBytes, node, value } from '../models/testing';
import { foreignKinds, openForeignFiles, type ForeignFiles } from './foreign-kinds';

const folder = mkdtempSync(join(tmpdir(), 'monge-foreign-files-'));
const worker = new URL('../../out/main/worker.js', import.meta.url);
const branching = join(folder, 'branching.onnx');
const network = join(folder, 'network.onnx');
const there = openForeignFiles(worker);
const here = openForeignFiles(null);

const random = (label: string, count: number) => stream(3, label).normal(new Float32Array(count));
const randomWeight = (name: string, ...dims: number[]) => {
  const data = random(
    name,
    dims.reduce((product, size) => product * size, 1),
  );
  return { name, dims, dataType: 1, rawData: new Uint8Array(data.buffer) };
};

beforeAll(() => {
  writeFileSync(branching, branchingModel());
  writeFileSync(
    network,
    modelBytes({
      input: [value('x', 'rows', 64)],
      output: [value('y', 'rows', 3)],
      initializer: [randomWeight('w1', 64, 128), randomWeight('w2', 128, 3)],
      node: [
        node('MatMul', 'first', ['x', 'w1'], ['h']),
        node('Tanh', 'bend', ['h'], ['t']),
        node('MatMul', 'last', ['t', 'w2'], ['y']),
      ],
    }),
  );
});
afterAll(async () => {
  await Promise.all([there.close(), here.close()]);
  rmSync(folder, { recursive: true, force: true });
});

const feeds = () => ({ x: { type: 'float32' as const, data: random('x', 10 * 64), dims: [10, 64] } });
const open = (foreign: ForeignFiles) =>
  openForeignSession(foreign, { path: network, threads: 2, cached: false }, () => undefined);

it('tells of a model what this thread tells', async () => {
  const ask = { kind: 'model' as const, path: branching, id: null, profile: null };
  for (const question of [{ kind: 'info' }, { kind: 'table', graph: 0 }] as const)
    expect(await there.ask({ ...ask, ask: question })).toEqual(await here.ask({ ...ask, ask: question }));
  const contents = { kind: 'contents' as const, path: branching };
  expect(await there.ask(contents)).toEqual(await here.ask(contents));
  await expect(
    there.ask({ ...ask, path: join(folder, 'none.onnx'), ask: { kind: 'info' } }),
  ).rejects.toMatchObject({ code: 'file-not-found' });
});

it('runs a model to the same bits, by a file of arrays and in a session', async () => {
  const inputs = join(folder, 'inputs.npz');
  const { data, dims } = feeds().x;
  writeFileSync(inputs, encodeNpz({ x: { data, shape: dims } }));
  const request = { kind: 'run' as const, path: network, inputs, device: 'cpu' as const, threads: 2 };
  const [far, near] = [await there.ask(request), await here.ask(request)];
  expect(far).toEqual(near);
  expect(far.outputs.y!.shape).toEqual([10, 3]);
  const sessions = await Promise.all([open(there), open(here)]);
  const [first, second] = await Promise.all(sessions.map((session) => session.run(feeds())));
  expect(first).toEqual(second);
  expect([...first!.y!.data]).toEqual([...near.outputs.y!.data]);
  for (const session of sessions) await session.close();
});

it('costs a session one call when its process ends, and opens it again for the next', async () => {
  const foreign = openForeign(new URL('./foreign.js', worker), foreignKinds, { graceMilliseconds: 0 });
  const session = await open(foreign);
  const before = await session.run(feeds());
  await foreign.close();
  expect(foreign.started).toBe(false);
  expect(await session.run(feeds())).toEqual(before);
  // The file may have become another in the meantime.
  let hash = '';
  const checked = await openForeignSession(
    foreign,
    { path: network, threads: 1, cached: false },
    (sha256) => {
      if (hash !== '' && hash !== sha256)
        throw new MongeError({ code: 'data-changed', what: 'another file' });
      hash = sha256;
    },
  );
  await foreign.close();
  hash = 'another';
  await expect(checked.run(feeds())).rejects.toMatchObject({ code: 'data-changed' });
  await foreign.close();
});

it('gives a method the same numbers from its thread as without one', async () => {
  const noise = random('rows', 1200);
  const rows = Array.from({ length: 300 }, (_, k) => [0, 1, 2, 3].map((c) => noise[4 * k + c]).join(','));
  const table = join(folder, 'table.csv');
  writeFileSync(table, `x1,x2,y1,y2\n${rows.join('\n')}\n`);
  const model = join(folder, 'base.onnx');
  writeFileSync(
    model,
    modelBytes({
      input: [value('x', 'rows', 2)],
      output: [value('y', 'rows', 2)],
      initializer: [randomWeight('w', 2, 2)],
      node: [node('MatMul', 'base', ['x', 'w'], ['y'])],
    }),
  );
  const finals: Record<string, number>[] = [];
  for (const workerUrl of [worker, null]) {
    const engine = await createEngine({
      ...{ runsFolder: join(folder, `runs-${finals.length}`), workspaceFolder: join(folder, 'home') },
      ...{ samplesFolder: 'samples', workerUrl, transport: 'port', version: '0.0.0', threads: 1 },
    });
    const roles = { x1: 'feature', x2: 'feature', y1: 'target', y2: 'target' } as const;
    const data = await engine.openPath(table);
    await engine.setRoles(data.id, roles);
    const base = await engine.openPath(model);
    const { id } = await engine.startRun({
      ...{ method: 'conformal', seed: 1, config: { base: 'onnx' } },
      data: { table: data.id, model: base.id },
    });
    const record = await engine.waitForRun(id);
    expect(record).toMatchObject({ status: 'done', error: null });
    finals.push(record.metrics);
    await engine.close();
  }
  // Seconds differ, results do not.
  const results = (final: Record<string, number>) =>
    Object.entries(final).filter(([name]) => !/seconds|time/i.test(name));
  expect(results(finals[0]!)).toEqual(results(finals[1]!));
  expect(results(finals[0]!).length).toBeGreaterThan(3);
});
