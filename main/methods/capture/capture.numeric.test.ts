/** @file The method in an engine on the shipped tiny model: rows in order whatever the batch, equal bits after a stop, refusals before the run. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeNpy, decodeSafetensors } from '../../../native-models';
import { defineMethod } from '../../contract/define';
import { input } from '../../contract/inputs';
import { metric } from '../../contract/presentation';
import type { ProjectionQuestions } from '../../contract/projection';
import type { AnswerTo } from '../../contract/query';
import { object, type Json } from '../../contract/schema';
import type { Engine } from '../../engine';
import { openVectors } from '../../models/vectors';
import { workbench, type Workbench } from '../../runs/testing/workbench';
import { undeclared } from '../testing';
import { capture } from '.';

/** A method that takes vectors. */
const rowCounter = defineMethod({
  ...{ id: 'row-counter', title: 'Rows', summary: 'Counts rows.', cite: '', icon: 'ruler', claims: [] },
  inputs: { vectors: input('Vectors: Any matrix.', { kind: 'vectors', optional: false }) },
  config: object({}),
  async run(context, { vectors }) {
    const [matrix] = Object.values(await vectors.open());
    context.final({ rows: matrix!.shape[0]! });
    return 'done';
  },
  queries: {},
  metrics: { rows: metric('rows: Of the matrix.') },
});

let bench: Workbench;
let engine: Engine;
let model: string;
let data: string;
const SENTENCES = 60;

beforeAll(async () => {
  bench = workbench([capture, rowCounter]);
  process.env.MONGE_HOME = join(bench.folder, 'home');
  engine = await bench.engine();
  model = (await engine.openPath('samples/tiny-lm', 'model')).id;
  const lines = readFileSync('samples/sentences.jsonl', 'utf8').split('\n').slice(0, SENTENCES);
  data = await opened('texts.jsonl', `${lines.join('\n')}\n`);
});
afterAll(() => bench.clean());

async function opened(name: string, content: string): Promise<string> {
  const path = join(bench.folder, name);
  writeFileSync(path, content);
  return (await engine.openPath(path)).id;
}

const FAST = { certify: false, maxTokens: 64 };
const start = (config: Record<string, Json> = {}, texts = data) =>
  engine.startRun({
    method: 'capture',
    data: { model, data: texts },
    config: { ...FAST, ...config },
    seed: 0,
  });
const finished = async (config: Record<string, Json> = {}, texts = data) =>
  engine.waitForRun((await start(config, texts)).id);
const file = (id: string, name: string) => readFileSync(join(bench.runs, id, 'artifacts', name));
const matrix = (id: string, hook: string) => decodeNpy(new Uint8Array(file(id, `${hook}.npy`)));
const lines = (id: string) =>
  file(id, 'rows.jsonl')
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: string; text: string; label: string | null; tokens: number });

describe('capture', { timeout: 60_000 }, () => {
  it('writes a matrix per hook with the rows in the order of the data, and what the rows are', async () => {
    const run = await finished({ hooks: 'embed,resid_post:*', certify: true });
    expect(run).toMatchObject({ status: 'done', error: null });
    expect(run.metrics).toMatchObject({ 'captured.rows': SENTENCES, 'captured.cut': 0 });
    expect(run.artifacts).toContain('resid_post-0.npy');
    expect(run.artifacts.filter((name) => name.endsWith('.npy'))).toHaveLength(
      run.metrics['captured.hooks']!,
    );
    const rows = lines(run.id);
    expect(rows).toHaveLength(SENTENCES);
    expect(rows[1]).toMatchObject({ id: '1', label: 'person' });
    const { shape, data: values } = matrix(run.id, 'resid_post-0');
    expect(shape[0]).toBe(SENTENCES);
    const width = shape[1]!;
    // One text alone is the row that it has among the others.
    const alone = await finished(
      { hooks: 'resid_post:0', batch: 1 },
      await opened('one.jsonl', `${JSON.stringify({ text: rows[37]!.text })}\n`),
    );
    const single = matrix(alone.id, 'resid_post-0').data as Float32Array;
    single.forEach((value, k) => expect(value).toBeCloseTo(Number(values[37 * width + k]), 4));
    expect(undeclared({ metrics: [], final: run.metrics } as never, capture.metrics)).toEqual([]);
  });

  it('keeps every token where nothing is pooled, whose mean is the pooled row', async () => {
    const tokens = await finished({ hooks: 'resid_post:1', pool: 'none', format: 'both' });
    const mean = await finished({ hooks: 'resid_post:1' });
    const { data: all, shape } = matrix(tokens.id, 'resid_post-1');
    const [, width] = shape as [number, number];
    const counts = lines(tokens.id).map(({ tokens: count }) => count - 1);
    expect(shape[0]).toBe(counts.reduce((a, b) => a + b, 0));
    const pooled = matrix(mean.id, 'resid_post-1').data as Float32Array;
    let at = 0;
    for (const [row, count] of counts.entries()) {
      for (const unit of [0, 5]) {
        let sum = 0;
        for (let t = 0; t < count; t += 1) sum += Number(all[(at + t) * width + unit]);
        expect(sum / count).toBeCloseTo(pooled[row * width + unit]!, 4);
      }
      at += count;
    }
    const { arrays } = decodeSafetensors(new Uint8Array(file(tokens.id, 'resid_post-1.safetensors')));
    expect(arrays['resid_post:1']).toMatchObject({ shape });
    expect([...arrays['resid_post:1']!.data.slice(0, 8)]).toEqual([...all.slice(0, 8)]);
  });

  it('answers the projector and the unit browser, with the tokens of the top texts lit', async () => {
    const { id } = await finished({ hooks: 'mlp_act:1' });
    const ask = <Q extends keyof ProjectionQuestions>(name: Q, args: object) =>
      engine.query(id, name, args) as Promise<AnswerTo<ProjectionQuestions[Q]>>;
    const { sources, columns, hasLabel } = await ask('sources', {});
    expect(sources).toMatchObject([{ name: 'mlp_act:1', rows: SENTENCES }]);
    expect(hasLabel && columns[0]!.names).toEqual(expect.arrayContaining(['food', 'place']));
    const source = 'mlp_act:1';
    const cloud = await ask('project', { source, method: 'pca' });
    expect(cloud.points).toHaveLength(2 * SENTENCES);
    const { rows } = await ask('topRows', { source, unit: 3, count: 2 });
    const [top] = rows;
    expect(top!.value).toBeGreaterThanOrEqual(rows[1]!.value);
    const lit = top!.tokens!;
    expect(lit.map(({ text }) => text).join('')).toBe(top!.text);
    // The row is the mean of what is lit, the first token left out.
    const counted = lit.slice(1).map(({ value }) => value);
    expect(counted.reduce((sum, value) => sum + value, 0) / counted.length).toBeCloseTo(top!.value, 4);
    const { bytes } = await ask('subset', { rows: Uint32Array.of(4), name: 'one', form: 'chosen' });
    expect(JSON.parse(new TextDecoder().decode(bytes))).toMatchObject({ id: '4' });
  });

  it('gives vectors that other methods take', async () => {
    const { id } = await finished({ hooks: 'embed,resid_post:0', format: 'both' });
    for (const name of ['resid_post-0.npy', 'resid_post-0.safetensors']) {
      const path = join(bench.runs, id, 'artifacts', name);
      const vectors = (await engine.openPath(path, 'vectors')).id;
      const run = await engine.waitForRun(
        (await engine.startRun({ method: 'row-counter', data: { vectors }, config: {}, seed: 0 })).id,
      );
      expect(run.metrics).toEqual({ rows: SENTENCES });
    }
  });

  it('goes on after a stop to the bits of a run that never stopped', async () => {
    const many = (await engine.openPath('samples/sentences.jsonl')).id;
    const whole = await finished({ batch: 2 }, many);
    const unsubscribe = engine.subscribe({
      metrics: (id, points) => {
        if (points.some(({ step }) => step > 100)) void engine.stopRun(id).catch(() => undefined);
      },
    });
    const stopped = await engine.waitForRun((await start({ batch: 2 }, many)).id);
    unsubscribe();
    expect(stopped.status).toBe('stopped');
    // Without its head the file is no array that something could be made of.
    const unfinished = join(bench.runs, stopped.id, 'artifacts', 'resid_post-0.npy');
    await expect(openVectors(unfinished)).rejects.toMatchObject({ code: 'vectors-format' });
    await engine.resumeRun(stopped.id);
    const resumed = await engine.waitForRun(stopped.id);
    expect(resumed.status).toBe('done');
    expect(resumed.artifacts.toSorted()).toEqual(whole.artifacts.toSorted());
    for (const name of whole.artifacts)
      expect(file(resumed.id, name).equals(file(whole.id, name)), name).toBe(true);
  });

  it.each([
    ['hooks-pattern', { hooks: 'nowhere:*' }, undefined],
    ['hook-unpooled', { hooks: 'pattern:*' }, undefined],
    ['level-unavailable', { level: '4-bit-0' }, undefined],
    ['column-unknown', { label: ['colour'] }, undefined],
    ['text-too-short', { pool: 'position', position: 40 }, undefined],
    ['text-empty', {}, '{"text":"One sentence."}\n{"text":""}\n'],
  ])('fails with %s', async (code, config: Record<string, Json>, content) => {
    const texts = content === undefined ? data : await opened(`${code}.jsonl`, content);
    expect(await finished(config, texts)).toMatchObject({ status: 'failed', error: { code } });
  });

  it('refuses before the run what is no language model, or has no text', async () => {
    const onnx = (await engine.openPath('samples/velocity-mlp.onnx', 'model')).id;
    await expect(
      engine.startRun({ method: 'capture', data: { model: onnx, data }, config: {}, seed: 0 }),
    ).rejects.toMatchObject({ code: 'model-not-language' });
    const numbers = (await engine.openPath(bench.csv)).id;
    await expect(start({}, numbers)).rejects.toMatchObject({ code: 'input-unsuitable' });
  });
});
