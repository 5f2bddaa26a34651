/** @file Inputs of every kind: given to a run, hashed and recorded alike, read by the method, and refused once they changed. */
import { appendFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeNpy, encodeSafetensors, float32, toOnnx, trace } from '../../native-models';
import { defineMethod } from '../contract/define';
import type { FileInfo, InputIds, OpenedInfo } from '../contract/engine';
import { input } from '../contract/inputs';
import { object, section } from '../contract/schema';
import { pathsBelow } from '../disk/path-policy';
import type { Engine } from '../engine';
import { guardApi } from '../rpc/api';
import { workbench } from './testing/workbench';

/** Tells in its metrics what it was handed. */
const [all] = section('All');

const reading = defineMethod({
  id: 'reading',
  title: 'Reading',
  summary: 'Reads what it is given.',
  cite: 'none',
  icon: 'flask-conical',
  metrics: {},
  inputs: {
    table: input('Table: Any.', { kind: 'dataset', optional: true, needs: 'table' }),
    model: input('Model: Any.', { kind: 'model', optional: true }),
    vectors: input('Vectors: Any.', { kind: 'vectors', optional: true, several: true }),
    texts: input('Text: Any.', { kind: 'text', optional: true }),
    before: input('Run: Any.', {
      kind: 'run',
      optional: true,
      method: 'counting',
      files: ['artifacts/*.txt', 'snapshots/*'],
    }),
    unused: input('Text: Any.', { kind: 'text', optional: false, onlyWhen: { key: 'more', values: [true] } }),
  },
  config: object({ more: all('More: More.').boolean(false) }),
  async run(context, inputs) {
    const { table, model, vectors, texts, before } = inputs;
    const { record, files } = (await before?.open()) ?? { record: null, files: [] };
    const arrays = await Promise.all(vectors.map((one) => one.open()));
    let sum = 0;
    for (const { data } of arrays.flatMap((one) => Object.values(one)))
      for (const value of data) sum += value;
    context.final({
      rows: table?.info.rows ?? -1,
      nodes: (await model?.open())?.model.graph?.node?.length ?? -1,
      vectors: vectors.length,
      sum,
      letters: (await texts?.open())?.join('').length ?? -1,
      seed: record?.seed ?? -1,
      files: files.length,
      unused: inputs.unused ? 1 : 0,
    });
    return 'done';
  },
  queries: {},
  claims: [],
});

const bench = workbench([reading]);
let engine: Engine;
const at = (name: string) => join(bench.folder, name);
beforeAll(async () => {
  const graph = trace('linear', { x: float32('rows', 2) }, ({ x }) => ({ y: x! }));
  writeFileSync(at('model.onnx'), toOnnx(graph));
  writeFileSync(at('a.npy'), encodeNpy({ data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] }));
  writeFileSync(at('b.safetensors'), encodeSafetensors({ w: { data: Float32Array.of(10), shape: [1] } }));
  writeFileSync(at('words.txt'), 'one\ntwo\n');
  writeFileSync(
    at('rows.jsonl'),
    '{"text": "a longer row of text, as it is"}\n{"text": "and a second, not the same"}\n',
  );
  engine = await bench.engine();
});
afterAll(() => bench.clean());

const open = async (name: string, as?: Parameters<Engine['openPath']>[1]): Promise<string> =>
  (await engine.openPath(at(name), as)).id;

async function run(data: InputIds, config = {}) {
  const { id } = await engine.startRun({ method: 'reading', data, config, seed: 1 });
  return engine.waitForRun(id);
}

/** A finished run of the counting method. */
async function earlier(): Promise<string> {
  const data = { data: await open('points.csv') };
  const { id } = await engine.startRun({ method: 'counting', data, config: { steps: 4 }, seed: 5 });
  return (await engine.waitForRun(id)).id;
}

describe('inputs of every kind', () => {
  it('reach the method, and are recorded alike', async () => {
    const before = await earlier();
    const record = await run({
      before,
      table: await open('points.csv'),
      model: await open('model.onnx', 'model'),
      vectors: [await open('a.npy', 'vectors'), await open('b.safetensors', 'vectors')],
      texts: await open('words.txt', 'text'),
    });
    expect(record.error).toBeNull();
    expect(record.metrics).toMatchObject({
      rows: 3,
      nodes: 1,
      vectors: 2,
      sum: 20,
      letters: 6,
      seed: 5,
      unused: 0,
    });
    expect(record.metrics.files).toBeGreaterThan(1);
    const stored = JSON.parse(readFileSync(join(bench.runs, record.id, 'run.json'), 'utf8')) as typeof record;
    expect(stored.inputs.map(({ input, kind, name }) => [input, kind, name])).toEqual([
      ['table', 'dataset', 'points.csv'],
      ['model', 'model', 'model.onnx'],
      ['vectors', 'vectors', 'a.npy'],
      ['vectors', 'vectors', 'b.safetensors'],
      ['texts', 'text', 'words.txt'],
      ['before', 'run', expect.stringContaining('Counting')],
    ]);
    for (const { sha256 } of stored.inputs) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    for (const flag of ['--data', '--model', '--vectors', '--text', '--run'])
      expect(record.command).toContain(flag);
  });

  it('are told apart by what they are', async () => {
    expect(await engine.openPath(at('b.safetensors'), 'vectors')).toMatchObject({
      format: 'vectors',
      about: 'w 1',
    });
    expect(await engine.openPath(at('rows.jsonl'), 'text')).toMatchObject({ about: '2 rows of text' });
    const before = await earlier();
    const found: OpenedInfo = await engine.openPath(join(bench.runs, before), 'run');
    expect(found).toMatchObject({
      id: before,
      format: 'run',
      about: 'counting, done',
    } satisfies Partial<FileInfo>);
    await expect(engine.openPath(bench.folder, 'run')).rejects.toMatchObject({ code: 'run-not-found' });
    await expect(engine.openPath(at('words.txt'), 'vectors')).rejects.toMatchObject({
      code: 'vectors-format',
    });
    await expect(engine.openPath(at('points.csv'), 'text')).rejects.toMatchObject({ code: 'no-text' });
  });

  it('take the text of an open data set, recorded as the text that it is', async () => {
    const { inputs, metrics, command } = await run({ texts: await open('rows.jsonl', 'dataset') });
    expect(metrics.letters).toBe('a longer row of text, as it isand a second, not the same'.length);
    expect(inputs).toMatchObject([{ input: 'texts', kind: 'text', name: 'rows.jsonl' }]);
    expect(command).toContain('--text');
    const [again] = (await run({ texts: await open('rows.jsonl', 'text') })).inputs;
    expect(again).toEqual(inputs[0]);
  });

  it.each([
    ['an id of another kind', 'input-not-opened', async () => ({ texts: await open('a.npy', 'vectors') })],
    ['an id of nothing', 'run-not-found', async () => ({ before: 'nothing' })],
    [
      'two where one is taken',
      'input-unsuitable',
      async () => ({ table: [await open('points.csv'), await open('points.csv')] }),
    ],
    ['an input that there is not', 'input-unknown', async () => ({ stray: await open('points.csv') })],
  ])('are refused: %s', async (_name, code, data) => {
    await expect(run((await data()) as InputIds)).rejects.toMatchObject({ code });
  });

  it('are needed where the settings use them', async () => {
    await expect(run({}, { more: true })).rejects.toMatchObject({ code: 'input-missing' });
    expect((await run({ unused: await open('words.txt', 'text') })).inputs).toEqual([]);
  });

  it('are not those of another time: a changed file, or a run that went on, fails the run', async () => {
    writeFileSync(at('changing.txt'), 'one\n');
    const text = await open('changing.txt', 'text');
    appendFileSync(at('changing.txt'), 'two\n');
    expect((await run({ texts: text })).error).toMatchObject({
      code: 'data-changed',
      where: { key: 'texts' },
    });
    const before = await earlier();
    const { id, inputs } = await run({ before });
    await engine.renameRun(before, { name: 'another name', notes: 'which is no part of what it is' });
    const [renamed] = (await run({ before })).inputs;
    expect(renamed!.sha256).toBe(inputs[0]!.sha256);
    writeFileSync(join(bench.runs, before, 'artifacts', 'x.txt'), 'changed');
    expect((await run({ before })).inputs[0]!.sha256).not.toBe(inputs[0]!.sha256);
    expect(id).not.toBe(before);
  });
});

it('a run of the version that knew data only opens and resumes', async () => {
  const id = await earlier();
  const file = join(bench.runs, id, 'run.json');
  const { inputs, ...record } = await engine.run(id);
  const data = inputs.map(({ kind: _kind, ...rest }) => rest);
  writeFileSync(file, JSON.stringify({ ...record, metrics: {}, status: 'stopped', data }));
  const old = await engine.run(id);
  expect(old).toMatchObject({ status: 'stopped', inputs });
  await engine.resumeRun(id);
  expect(await engine.waitForRun(id)).toMatchObject({ status: 'done', inputs, metrics: record.metrics });
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ inputs });
});

describe('the path policy', () => {
  it('holds for inputs of every kind, and for links out of a run', async () => {
    mkdirSync(at('allowed'));
    const api = guardApi(engine, await pathsBelow([at('allowed')]));
    for (const kind of ['dataset', 'model', 'vectors', 'text', 'run'] as const)
      await expect(api.openPath(at('words.txt'), kind), kind).rejects.toMatchObject({
        code: 'path-not-allowed',
      });
    symlinkSync(at('words.txt'), at('allowed/words.txt'));
    await expect(api.openPath(at('allowed/words.txt'), 'text')).rejects.toMatchObject({
      code: 'path-not-allowed',
    });
    const before = await earlier();
    symlinkSync(at('words.txt'), join(bench.runs, before, 'artifacts', 'stolen.txt'));
    await expect(run({ before })).rejects.toMatchObject({ code: 'referenced-file-outside' });
  });
});
