/** @file Profiles of real runs: times for the file's own nodes, shapes found, bodies of Loops, stop. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adamw, decodeModel, encodeModel, toOnnx } from '../../native-models';
import type { MongeError } from '../../native-models/error';
import { toyProgram } from '../../native-models/testing/toy-program';
import { profileSummary } from './profile';
import { structureOf } from './structure';
import { branchingModel, chainModel, modelBytes, node, value, weight } from './testing';
import type { ProfileRequest } from '../contract/models';
import { BlockModel, viewModel } from './view';
import { madeUpInputs, openSizes } from './made-up-inputs';
import { profileModel } from './profile-job';
import { readModel } from './read';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'monge-test-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function profile(bytes: Uint8Array, request: Partial<ProfileRequest> = {}, stop = false) {
  const path = join(folder, 'model.onnx');
  writeFileSync(path, bytes);
  const { sha256 } = await readModel(path);
  const full = { sizes: {}, runs: 3, optimisation: 'disabled' as const, ...request };
  const trace = mkdtempSync(join(folder, 'trace-'));
  const call = { signal: stop ? AbortSignal.abort() : new AbortController().signal, update: () => undefined };
  return profileModel({ path, sha256, request: full, threads: 1, folder: trace }, call);
}

describe('a profile', () => {
  it('times every node that ran, and tells the shapes that the run found', async () => {
    const bytes = branchingModel();
    const result = await profile(bytes, { sizes: { batch: 5 } });
    const structure = structureOf(decodeModel(bytes));
    expect(result.runs).toBe(3);
    // The flag is zero, so the second branch runs and the first one does not.
    expect(structure.nodes.map((one) => [one.op, result.calls[one.index]])).toEqual([
      ['MatMul', 1],
      ['Add', 1],
      ['If', 1],
      ['Relu', 0],
      ['Tanh', 1],
    ]);
    expect(result.shapes['0:hidden']).toBe('5×3');
    expect(result.outputBytes[0]).toBe(60);
    expect(result.milliseconds.every((time) => time >= 0)).toBe(true);
    expect(result.total).toBeGreaterThan(0);
    const { edges } = viewModel(new BlockModel(structure), { graph: 0, open: ['encoder'] }, result);
    expect(edges.map(({ label }) => label)).toContain('5×3');
    expect(profileSummary(structure, result)).toMatchObject({ runs: 3, timed: 3, untimed: 1 });
  });

  it('counts the nodes of a Loop once per step, and adds them up per block', async () => {
    const { graph } = toyProgram(adamw(), 4);
    const bytes = toOnnx(graph);
    const result = await profile(bytes, { optimisation: 'basic' });
    const structure = structureOf(decodeModel(bytes));
    const gemm = structure.nodes.find(({ name }) => name === 'loss/layer1/Gemm')!;
    expect(result.calls[gemm.index]).toBe(4);
    const view = viewModel(new BlockModel(structure), { graph: 1, open: [] }, result);
    const loss = view.items.find(({ title }) => title === 'loss')!;
    const inside = structure.nodes.filter(({ graph: at, scope }) => at === 1 && scope[0] === 'loss');
    const sum = inside.reduce((total, one) => total + result.milliseconds[one.index]!, 0);
    expect(loss.milliseconds).toBeCloseTo(sum, 9);
    expect(loss.share).toBeLessThan(1);
  });

  it('gives the time of a fused node to the first of those it was made of', async () => {
    const bytes = modelBytes({
      input: [value('x', 2, 3)],
      output: [value('y', 2, 4)],
      initializer: [weight('w', 3, 4), weight('b', 4)],
      node: [node('MatMul', 'layer/MatMul', ['x', 'w'], ['h']), node('Add', 'layer/Add', ['h', 'b'], ['y'])],
    });
    const result = await profile(bytes, { optimisation: 'basic' });
    expect([[...result.calls], result.ranAs, result.unmatchedMilliseconds]).toEqual([
      [1, 0],
      { 0: 'Gemm' },
      0,
    ]);
  });

  it('names nodes that have no name, so that each has its own time', async () => {
    const result = await profile(chainModel(12));
    expect([...result.calls]).toEqual(Array.from({ length: 12 }, () => 1));
  });

  it('leaves nodes without a time that the optimiser took away', async () => {
    const bytes = modelBytes({
      input: [value('x', 2)],
      output: [value('y', 2)],
      node: [node('Identity', 'pass', ['x'], ['same']), node('Exp', 'exp', ['same'], ['y'])],
    });
    expect([...(await profile(bytes, { optimisation: 'basic' })).calls]).toEqual([0, 1]);
    expect([...(await profile(bytes, { optimisation: 'disabled' })).calls]).toEqual([1, 1]);
  });

  it.each([
    ['is stopped when asked', () => profile(chainModel(3), {}, true), 'profile-stopped'],
    [
      'that cannot run says why',
      () =>
        profile(
          modelBytes({
            input: [value('x', 2)],
            output: [value('y', 2)],
            node: [node('Nonsense', 'n', ['x'], ['y'])],
          }),
        ),
      'profile-failed',
    ],
    [
      'of a size that is not open is refused',
      () => profile(branchingModel(), { sizes: { bacth: 2 } }),
      'size-unknown',
    ],
    [
      'of an input too large is refused',
      () => profile(branchingModel(), { sizes: { batch: 2 ** 30 } }),
      'input-too-large',
    ],
  ])('%s', async (_name, act, code) => {
    const error = await act().catch((thrown: unknown) => thrown);
    expect((error as MongeError).code).toBe(code);
  });

  it('asks for the open sizes of the inputs by name', () => {
    const open = [{ name: 'x', type: 'float32', shape: ['batch', '?', 3] }];
    expect(openSizes([...open, { name: 'y', type: 'float32', shape: ['batch'] }])).toEqual(['batch', 'x[1]']);
  });

  it('makes up no more numbers than fit, over all inputs', () => {
    const inputs = ['a', 'b', 'c'].map((name) => ({ name, type: 'int8', shape: ['n'] }));
    expect(() => madeUpInputs(inputs, { n: 2 ** 27 }, 1)).toThrow(/input-too-large.*tensor c/s);
    expect(Object.keys(madeUpInputs(inputs, { n: 3 }, 1))).toEqual(['a', 'b', 'c']);
  });

  it('takes a size below 0 for an open one, as exporters write it that know no names', async () => {
    const bytes = modelBytes({
      input: [value('x', -1, 4)],
      output: [value('y', -1, 4)],
      node: [node('Relu', 'relu', ['x'], ['y'])],
    });
    expect((await profile(bytes)).shapes).toMatchObject({ '0:x': '1×4', '0:y': '1×4' });
    expect((await profile(bytes, { sizes: { 'x[0]': 3 } })).shapes).toMatchObject({ '0:y': '3×4' });
  });

  it('takes external weights from its folder alone, and says which file is missing', async () => {
    const external = (location: string) => {
      const { rawData: _, ...tensor } = weight('w', 2);
      const where = { location, offset: '0', length: '8' };
      const externalData = Object.entries(where).map(([key, text]) => ({ key, value: text }));
      return profile(
        modelBytes({
          input: [value('x', 2)],
          output: [value('y', 2)],
          node: [node('Add', 'add', ['x', 'w'], ['y'])],
          initializer: [{ ...tensor, dataLocation: 1, externalData }],
        }),
      );
    };
    writeFileSync(join(folder, 'weights.bin'), new Uint8Array(8));
    expect((await external('weights.bin')).calls[0]).toBe(1);
    await expect(external('../weights.bin')).rejects.toMatchObject({ code: 'referenced-file-outside' });
    await expect(external('none.bin')).rejects.toMatchObject({ code: 'referenced-file-missing' });
  });

  it('runs a model whose last output is no tensor, without asking for that', async () => {
    const maps = { sequenceType: { elemType: { mapType: { keyType: 7, valueType: value('', 1).type! } } } };
    const labels = [{ name: 'classlabels_int64s', type: 7, ints: [0, 1] }];
    const bytes = encodeModel({
      irVersion: 10,
      opsetImport: [{ version: 21 }, { domain: 'ai.onnx.ml', version: 1 }],
      graph: {
        input: [value('x', 2, 2)],
        output: [value('p', 2, 2), { name: 'm', type: maps }],
        node: [
          node('Softmax', 'softmax', ['x'], ['p']),
          { ...node('ZipMap', 'zip', ['p'], ['m'], labels), domain: 'ai.onnx.ml' },
        ],
      },
    });
    expect((await profile(bytes)).calls[0]).toBe(1);
  });
});
