/** @file Two sessions of one person: what one opened outside the other's folders is to that other as if nobody had opened it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorDetail } from '../../native-models/error';
import type { EngineApi } from '../contract/engine';
import { anyPath, pathsBelow } from '../disk/path-policy';
import { modelBytes, node, value } from '../models/testing';
import { workbench, type Workbench } from '../runs/testing/workbench';
import { apiTable, guardApi } from './api';
import { fakeEngine } from './testing';

let bench: Workbench;
let narrow: EngineApi;
let wide: EngineApi;
let [data, model]: [string, string] = ['', ''];

beforeEach(async () => {
  bench = workbench();
  const root = join(bench.folder, 'root');
  mkdirSync(root);
  writeFileSync(join(root, 'mine.csv'), 'a,b\n5,6\n7,8\n');
  const relu = {
    input: [value('x', 2)],
    output: [value('y', 2)],
    node: [node('Relu', 'relu', ['x'], ['y'])],
  };
  writeFileSync(join(bench.folder, 'theirs.onnx'), modelBytes(relu));
  const other = guardApi(await bench.engine(), anyPath);
  data = (await other.openPath(bench.csv)).id;
  model = (await other.openPath(join(bench.folder, 'theirs.onnx'))).id;
  // An engine that begins later reads the lists that the first one left.
  const engine = await bench.engine();
  narrow = guardApi(engine, await pathsBelow([root]));
  wide = guardApi(engine, anyPath);
});
afterEach(() => bench.clean());

const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => null,
    (thrown: unknown) => errorDetail(thrown).code,
  );
const ask = (name: string, ...args: unknown[]) =>
  codeOf((narrow as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>)[name]!(...args));

describe('a session with folders of its own', () => {
  it('lists what lies in them', async () => {
    expect((await wide.recentDatasets()).map(({ id }) => id)).toEqual([data]);
    expect((await wide.recentModels()).map(({ id }) => id)).toEqual([model]);
    expect(await narrow.recentDatasets()).toEqual([]);
    expect(await narrow.recentModels()).toEqual([]);
    const mine = await narrow.openPath(join(bench.folder, 'root', 'mine.csv'));
    expect((await narrow.recentDatasets()).map(({ id }) => id)).toEqual([mine.id]);
    expect(await ask('previewRows', mine.id, 0, 1)).toBeNull();
  });

  it('asks nothing of others, whose ids it may know', async () => {
    const view = { graph: 0, open: [] };
    const request = { sizes: {}, runs: 1, optimisation: 'basic' };
    const start = { method: 'counting', data: { data: [data] }, config: {}, seed: 1 };
    const look = { text: 'a', level: 'fp32', role: 'embed' };
    const compared = { kind: 'look', ...look, measure: { kind: 'model', other: model } };
    const calls: [code: string, name: string, ...unknown[]][] = [
      ['dataset-not-found', 'dataset', data],
      ['dataset-not-found', 'setRoles', data, {}],
      ['dataset-not-found', 'previewRows', data, 0, 1],
      ['dataset-not-found', 'previewPoints', data, 10],
      ['dataset-not-found', 'previewImages', data, [0]],
      ['dataset-not-found', 'resolveConfig', 'counting', { data }, {}],
      ['dataset-not-found', 'startRun', start],
      ['dataset-not-found', 'runClaims', 'counting', { quick: true, data: { data } }],
      ['model-not-found', 'model', model],
      ['model-not-found', 'viewModel', model, view],
      ['model-not-found', 'modelNode', model, 0],
      ['model-not-found', 'findNodes', model, 'relu'],
      ['model-not-found', 'modelTensors', model],
      ['model-not-found', 'exportNodes', model, 0],
      ['model-not-found', 'profileModel', model, request],
      ['model-not-found', 'language', model, { kind: 'facts' }],
      ['model-not-found', 'language', 'mine', compared],
      ['model-not-found', 'languageJob', model, 'c1', { kind: 'certify' }],
      ['dataset-not-found', 'startRun', { ...start, data: { model } }],
    ];
    for (const [code, name, ...args] of calls) expect([name, await ask(name, ...args)]).toEqual([name, code]);
    expect(await codeOf(wide.dataset(data))).toBeNull();
    expect(await codeOf(wide.model(model))).toBeNull();
  });

  it('uses what was dropped here, which lies in a folder of our own', async () => {
    const files = await pathsBelow([join(bench.folder, 'root')]);
    const own = await pathsBelow([bench.folder]);
    const policy = { ...files, allowOpened: (path: string) => own.allowPath(path) };
    const engine = await bench.engine();
    expect(await codeOf(guardApi(engine, policy).dataset(data))).toBeNull();
    expect(await codeOf(guardApi(engine, policy).openPath(bench.csv))).toBe('path-not-allowed');
  });
});

it('every call that takes an id or a name refuses one that leads elsewhere', async () => {
  const engine = fakeEngine();
  const api = guardApi(engine, anyPath) as unknown as Record<
    string,
    (...args: unknown[]) => Promise<unknown>
  >;
  const names = new Set(['id', 'run', 'model', 'upload', 'group', 'call', 'method']);
  let tried = 0;
  for (const [method, row] of Object.entries(apiTable))
    for (const [index, { name }] of row.entries()) {
      const isFile = name === 'name' && (method === 'artifact' || method === 'beginUpload');
      if (!names.has(name) && !isFile) continue;
      for (const bad of ['../x', '..', '/etc/passwd', 'a/../../x', 'a\\..\\x', '', 'x\0y']) {
        const args = row.map((_, k) => (k === index ? bad : 'fine'));
        const sound = args.slice(0, index + 1);
        if (method === 'beginUpload' && index > 1) sound[1] = 5 as never;
        const detail = errorDetail(await api[method]!(...sound).catch((thrown: unknown) => thrown));
        expect([method, bad, detail.code]).toEqual([method, bad, 'bad-request']);
        expect(detail.where?.key).toContain(`(${name}`);
        tried += 1;
      }
    }
  expect(tried).toBeGreaterThan(200);
  expect(engine.calls).toEqual([]);
});
