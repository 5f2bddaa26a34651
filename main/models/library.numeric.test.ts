/** @file Models through the engine, as a view sees them: opened, sent, looked at, profiled, found again. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { rejection } from '../data/testing/workbench';
import type { Engine } from '../engine';
import { stepHooks } from '../runs/testing/counting-method';
import { workbench, type Workbench } from '../runs/testing/workbench';
import { isModelInfo } from './opened';
import { branchingModel, chainModel } from './testing';
import type { ModelInfo } from '../contract/models';

let bench: Workbench;
let engine: Engine;
beforeEach(async () => {
  bench = workbench();
  engine = await bench.engine();
});
afterEach(async () => {
  stepHooks.clear();
  await bench.clean();
});

const request = { sizes: { batch: 3 }, runs: 2, optimisation: 'disabled' as const };

async function open(bytes = branchingModel(), name = 'model.onnx', on = engine): Promise<ModelInfo> {
  const path = join(bench.folder, name);
  writeFileSync(path, bytes);
  const info = await on.openPath(path);
  if (!isModelInfo(info)) throw new Error('opened as data');
  return info;
}

it('opens by content, is recent, and is found again after a restart', async () => {
  const info = await open(branchingModel(), 'exported.bin');
  expect(info).toMatchObject({ format: 'onnx', name: 'exported.bin', facts: { nodes: 3, nodesInBodies: 2 } });
  expect(info.graphs.map(({ nodes }) => nodes)).toEqual([3, 1, 1]);
  expect((await engine.recentDatasets()).length).toBe(0);
  const next = await bench.engine();
  expect(await next.recentModels()).toEqual([info]);
  const view = await next.viewModel(info.id, { graph: 0, open: [] });
  expect(view.items.map(({ title }) => title)).toContain('If');
});

it('arrives in pieces like any file', async () => {
  const bytes = branchingModel();
  const { upload } = await engine.beginUpload('sent.onnx', bytes.length);
  await engine.appendUpload(upload, 0, bytes);
  expect(await engine.finishUpload(upload)).toMatchObject({ format: 'onnx', name: 'sent.onnx' });
  const broken = await engine.beginUpload('broken.onnx', 3);
  await engine.appendUpload(broken.upload, 0, bytes.subarray(0, 3));
  expect((await rejection(engine.finishUpload(broken.upload))).code).toMatch(/^onnx-/);
});

it('shows times and shapes once it was profiled', async () => {
  const { id } = await open();
  expect((await engine.viewModel(id, { graph: 0, open: [] })).profile).toBeNull();
  const first = engine.profileModel(id, request);
  expect((await rejection(engine.profileModel(id, request))).code).toBe('profile-running');
  const summary = await first;
  expect(summary).toMatchObject({ runs: 2, sizes: { batch: 3 }, optimisation: 'disabled', timed: 3 });
  expect(summary.slowest[0]!.milliseconds).toBeGreaterThanOrEqual(summary.slowest.at(-1)!.milliseconds);
  const view = await engine.viewModel(id, { graph: 0, open: [] });
  expect(view.profile).toEqual(summary);
  expect(view.items.find(({ title }) => title === 'encoder')!.milliseconds).toBeGreaterThanOrEqual(0);
  expect(await engine.modelNode(id, 0)).toMatchObject({
    outputs: [{ name: 'product', type: 'float32[3, 3]' }],
    profile: { calls: 1, outputBytes: 36, provider: 'CPU' },
  });
  const file = await engine.exportNodes(id, 0);
  const lines = new TextDecoder().decode(file.bytes).split('\n');
  expect(file.name).toBe('model-nodes.csv');
  expect(lines[1]).toMatch(/^0,\/encoder\/MatMul,MatMul,,encoder,x w,product,"float32\[batch, 3\]",\d/);
});

it('can stop a profile, and says what the model lacks', async () => {
  const { id } = await open(chainModel(2000), 'chain.onnx');
  const profiling = rejection(engine.profileModel(id, { ...request, sizes: {}, runs: 100 }));
  await engine.stopProfile();
  expect((await profiling).code).toBe('profile-stopped');
  expect((await rejection(engine.model('0'.repeat(16)))).code).toBe('model-not-found');
  expect((await rejection(engine.openSampleModel('two-moons'))).code).toBe('samples-unreadable');
});

it('says when a run has no program to look at', async () => {
  const { id: data } = await engine.openPath(bench.csv);
  const run = await engine.startRun({ method: 'counting', data: { data }, config: { steps: 2 }, seed: 1 });
  await engine.waitForRun(run.id);
  const error = await rejection(engine.openRunModel(run.id, 'training'));
  expect(error.code).toBe('export-onnx-unsupported');
});
