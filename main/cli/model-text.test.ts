/** @file `monge inspect` of a model: its facts from the file alone, and with --profile the times an engine finds. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { ggufBytes } from '../../native-models/testing/gguf-bytes';
import type { Engine } from '../engine';
import { branchingModel, modelBytes, node, value } from '../models/testing';
import type { ModelInfo, ProfileSummary } from '../contract/models';
import { datasetInfo, fakeEngine } from '../rpc/testing';
import { openForeignFiles } from '../jobs/foreign-kinds';
import { runCommandLine } from './main';
import { describeModel } from './model-text';

const folder = mkdtempSync(join(tmpdir(), 'monge-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'model.bin');
writeFileSync(path, branchingModel());

const profile: ProfileSummary = {
  ...{
    runs: 3,
    milliseconds: 2,
    optimisation: 'basic',
    sizes: { batch: 4 },
    threads: 2,
    device: 'cpu',
    seed: 1,
  },
  ...{ timed: 3, untimed: 1, unmatchedMilliseconds: 0.25 },
  operators: [{ op: 'MatMul', milliseconds: 1.5, share: 0.75, nodes: 1 }],
  slowest: [{ node: 0, name: '/encoder/MatMul', op: 'MatMul', milliseconds: 1.5, share: 0.75 }],
};

async function inspect(line: string[], answers: Partial<Engine> = {}) {
  const printed: string[] = [];
  let told = '';
  const engine = fakeEngine({
    openPath: async () => ({ id: 'm1', format: 'onnx', graphs: [] as ModelInfo['graphs'] }) as ModelInfo,
    profileModel: async () => profile,
    ...answers,
  });
  const code = await runCommandLine(['inspect', ...line], {
    print: (text) => void printed.push(text),
    tell: (text) => (told += text),
    terminal: false,
    environment: { MONGE_HOME: folder },
    onSignal: () => () => undefined,
    openEngine: async () => engine,
    openForeign: () => openForeignFiles(null),
    rendererFolder: folder,
    samplesFolder: 'samples',
    loadBench: null,
  });
  return { code, printed: printed.join('\n'), told, engine };
}

it('tells the facts of a model whatever the file is called, without an engine', async () => {
  const { code, printed, engine } = await inspect([path]);
  expect(code).toBe(0);
  expect(printed).toMatch(/input +x: float32\[batch, 4\]/);
  expect(printed).toMatch(/nodes +3 and 2 in bodies/);
  expect(engine.calls).toEqual([]);
  const json = JSON.parse((await inspect([path, '--json'])).printed) as Record<string, unknown>;
  expect(json).toMatchObject({ format: 'onnx', nodes: 3, nodesInBodies: 2, initializers: 2, parameters: 15 });
});

it('says of a value without a shape that it is unknown, and not that it is a single number', async () => {
  const anyRank = join(folder, 'any-rank.onnx');
  const open = { name: 'x', type: { tensorType: { elemType: 1 } } };
  writeFileSync(
    anyRank,
    modelBytes({ input: [open], output: [value('y')], node: [node('ReduceSum', 'sum', ['x'], ['y'])] }),
  );
  const { printed } = await inspect([anyRank]);
  expect(printed).toMatch(/input +x: float32, shape unknown/);
  expect(printed).toMatch(/output +y: float32\[\]/);
});

it('profiles with the sizes and runs it is given', async () => {
  const { code, printed, engine } = await inspect([path, '--profile', '--size', 'batch=4', '--runs', '3']);
  expect(code).toBe(0);
  expect(engine.calls.at(-1)).toEqual([
    'profileModel',
    'm1',
    { sizes: { batch: 4 }, runs: 3, optimisation: 'basic' },
  ]);
  expect(printed).toMatch(/MatMul +1 +1.5 +75.0 %/);
  expect(printed).toContain('/encoder/MatMul');
  const json = JSON.parse((await inspect([path, '--profile', '--json'])).printed) as { profile: unknown };
  expect(json.profile).toEqual(profile);
});

it('tells what a checkpoint is, from its head alone, and why one cannot be run', async () => {
  const gguf = fileURLToPath(
    new URL('../../native-models/zoo/language/testing/gguf/llama.gguf', import.meta.url),
  );
  const { code, printed, engine } = await inspect([gguf]);
  expect(code).toBe(0);
  expect(engine.calls).toEqual([]);
  expect(printed).toMatch(/family +llama/);
  expect(printed).toMatch(/sizes +layers 2, width 32, heads 4, kvHeads 2/);
  expect(printed).toMatch(/licence +apache-2.0/);
  expect(printed).toMatch(/blk\.0\.attn_q\.weight +Q8_0 +\[32, 32\] +1088/);
  const strange = join(folder, 'mamba.gguf');
  writeFileSync(strange, ggufBytes({ metadata: { 'general.architecture': 'mamba' } }));
  const json = JSON.parse((await inspect([strange, '--json'])).printed) as Record<string, unknown>;
  expect(json).toMatchObject({ format: 'gguf', family: 'mamba', tokenizer: null, tensors: [] });
  expect(json.problem).toMatchObject({ code: 'gguf-architecture' });
  const absurd = readFileSync(gguf);
  absurd.writeUInt32LE(1e6, absurd.indexOf('llama.block_count') + 'llama.block_count'.length + 4);
  writeFileSync(strange, absurd);
  expect((await inspect([strange])).printed).toMatch(
    /cannot be run +model-config.*num_hidden_layers; got 1000000/,
  );
  expect((await inspect([gguf, '--profile'])).told).toContain('bad-usage');
});

it.each([
  ['a size that is no number', [path, '--profile', '--size', 'batch=many'], 'bad-usage'],
  ['a profile of data', [join(folder, 'a.csv'), '--profile'], 'bad-usage'],
])('refuses %s', async (_name, line, code) => {
  writeFileSync(join(folder, 'a.csv'), 'x\n1\n');
  const result = await inspect(line);
  expect(result.code).toBe(2);
  expect(result.told).toContain(code);
});

it('refuses a model where data are needed', async () => {
  const engine = fakeEngine({
    methods: async () => [
      {
        id: 'flows',
        title: '',
        summary: '',
        cite: '',
        icon: 'message-square-text',
        metrics: [],
        figures: [],
        fields: [],
        exports: { model: false, training: false },
        inputs: [
          {
            name: 'data',
            kind: 'dataset',
            title: '',
            help: '',
            optional: false,
            without: '',
            needs: 'features',
          },
        ],
      },
    ],
    openPath: async (given) =>
      given.endsWith('.bin') ? ({ format: 'onnx', path: given } as ModelInfo) : datasetInfo(given),
  });
  let told = '';
  const code = await runCommandLine(['run', 'flows', '--data', path], {
    print: () => undefined,
    tell: (text) => (told += text),
    terminal: false,
    environment: { MONGE_HOME: folder, MONGE_RUNS: folder },
    onSignal: () => () => undefined,
    openEngine: async () => engine,
    openForeign: () => openForeignFiles(null),
    rendererFolder: folder,
    samplesFolder: 'samples',
    loadBench: null,
  });
  expect(code).toBe(2);
  expect(told).toContain('model-not-data');
});

it('tells how many values of each role were found, and why others were not', () => {
  const roles = {
    layers: 2,
    hooks: ['resid_post:0', 'resid_post:1'].map((id) => ({ id, role: 'resid_post', value: `/layers/${id}` })),
    absent: [{ id: 'pattern:0', role: 'pattern', reason: 'it stays inside Attention' }],
  };
  const text = describeModel({
    ...{ file: 'a.onnx', format: 'onnx', irVersion: 10, opsets: {}, producer: '', inputs: [], outputs: [] },
    ...{ nodes: 1, nodesInBodies: 0, operators: {}, initializers: 0, parameters: 0, roles },
  });
  expect(text).toMatch(/roles +2 blocks: resid_post 2/);
  expect(text).toMatch(/absent +pattern: it stays inside Attention/);
});
