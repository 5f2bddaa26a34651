/** @file The method in an engine on the shipped tiny model: the file it writes, the same texts after a stop, what it refuses. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../contract/schema';
import type { Engine } from '../../engine';
import { workbench, type Workbench } from '../../runs/testing/workbench';
import { undeclared } from '../testing';
import type { StoredText } from './texts';
import { generate } from '.';

let bench: Workbench;
let engine: Engine;
let model: string;

beforeAll(async () => {
  bench = workbench([generate]);
  process.env.MONGE_HOME = join(bench.folder, 'home');
  engine = await bench.engine();
  model = (await engine.openPath('samples/tiny-lm', 'model')).id;
});
afterAll(() => bench.clean());

const PROMPTS = ['The market in', 'Anna runs', 'A river'];
const start = (config: Record<string, Json>, text?: string) =>
  engine.startRun({
    method: 'generate',
    data: { model, ...(text && { text }) },
    config: { prompt: PROMPTS, maxTokens: 12, ...config },
    seed: 5,
  });
const finished = async (config: Record<string, Json> = {}, text?: string) =>
  engine.waitForRun((await start(config, text)).id);
const texts = (id: string) =>
  JSON.parse(readFileSync(join(bench.runs, id, 'artifacts', 'generation.json'), 'utf8')) as StoredText[];

describe('generate', { timeout: 60_000 }, () => {
  it('goes on from every prompt and tells each token with its probability', async () => {
    const run = await finished({ temperature: 0 });
    expect(run).toMatchObject({ status: 'done', error: null });
    const made = texts(run.id);
    expect(made.map(({ prompt }) => prompt)).toEqual(PROMPTS);
    for (const { promptIds, ids, text, logProbabilities } of made) {
      expect(promptIds.length).toBeGreaterThan(0);
      expect(text).not.toBe('');
      expect(logProbabilities).toHaveLength(ids.length);
      expect(logProbabilities.every((value) => value <= 0)).toBe(true);
    }
    const all = made.flatMap(({ logProbabilities }) => logProbabilities);
    const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
    expect(run.metrics.perplexity).toBeCloseTo(Math.exp(-mean), 6);
    expect(run.metrics).toMatchObject({ texts: 3, tokens: all.length });
    expect(run.notices.join()).toContain('fp32');
    expect(undeclared({ metrics: [], final: run.metrics } as never, generate.metrics)).toEqual([]);
    expect(await engine.query(run.id, 'figure.texts', { text: 2 })).toMatchObject({ title: 'Text 2 of 3' });
  });

  it('draws the same text for the same seed, whatever stands beside it, and others for copies', async () => {
    const together = texts((await finished({ temperature: 1, copies: 2 })).id);
    const alone = texts((await finished({ temperature: 1, prompt: [PROMPTS[1]!], batch: 1 })).id);
    expect(together).toHaveLength(6);
    expect(together[2]!.ids).toEqual(alone[0]!.ids);
    expect(together[3]!.ids).not.toEqual(together[2]!.ids);
  });

  it('takes prompts from a text file, and goes on after a stop to the same file', async () => {
    const path = join(bench.folder, 'prompts.txt');
    writeFileSync(path, Array.from({ length: 300 }, (_, k) => `Row ${k} of the market`).join('\n'));
    const text = (await engine.openPath(path, 'text')).id;
    const config = { temperature: 1, prompt: [], batch: 2, maxTokens: 40 };
    const whole = await finished(config, text);
    expect(whole.metrics.texts).toBe(300);
    const unsubscribe = engine.subscribe({
      metrics: (id, points) => {
        if (points.some(({ step }) => step >= 4)) void engine.stopRun(id).catch(() => undefined);
      },
    });
    const stopped = await engine.waitForRun((await start(config, text)).id);
    unsubscribe();
    expect(stopped.status).toBe('stopped');
    expect((await engine.query(stopped.id, 'texts', {})) as StoredText[]).not.toHaveLength(0);
    await engine.resumeRun(stopped.id);
    const resumed = await engine.waitForRun(stopped.id);
    expect(resumed.status).toBe('done');
    expect(texts(resumed.id)).toEqual(texts(whole.id));
  });

  it.each([
    ['prompt-missing', { prompt: [] }],
    ['level-unavailable', { level: '4-bit-4' }],
    ['context-exceeded', { prompt: ['a '.repeat(4000)] }],
  ])('fails with %s', async (code, config: Record<string, Json>) => {
    expect(await finished(config)).toMatchObject({ status: 'failed', error: { code } });
  });
});
