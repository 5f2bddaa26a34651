/** @file The method in an engine on the shipped tiny model: what it writes and answers, the same after a stop, maps given, refusals. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from '../../../native-models';
import type { AnswerTo, Question } from '../../contract/query';
import type { Json } from '../../contract/schema';
import type { SteerQuestions } from '../../contract/steer';
import type { Engine } from '../../engine';
import { workbench, type Workbench } from '../../runs/testing/workbench';
import { encodeControlVector } from '../../steering/files/control-vector';
import { makeMap } from '../../steering/map';
import { undeclared } from '../testing';
import { parsedLines } from './sweep/lines';
import { steer } from '.';

let bench: Workbench;
let engine: Engine;
let model: string;
let sentences: string;

beforeAll(async () => {
  bench = workbench([steer]);
  process.env.MONGE_HOME = join(bench.folder, 'home');
  engine = await bench.engine();
  model = (await engine.openPath('samples/tiny-lm', 'model')).id;
  sentences = (await engine.openPath('samples/sentences.jsonl')).id;
});
afterAll(() => bench.clean());

const FAST = {
  ...{
    to: 'sport',
    n: 32,
    certify: false,
    neutralTexts: 8,
    strengthPrompts: 8,
    prompt: ['Anna', 'The market'],
    copies: 5,
  },
  ...{ maxTokens: 8, lambda: '0:1:0.5', topP: 1 },
};
const start = (config: Record<string, Json> = {}, data: Record<string, string> = { source: sentences }) =>
  engine.startRun({ method: 'steer', data: { model, ...data }, config: { ...FAST, ...config }, seed: 3 });
const finished = async (config: Record<string, Json> = {}, data?: Record<string, string>) =>
  engine.waitForRun((await start(config, data)).id);
const file = (id: string, name: string) =>
  new Uint8Array(readFileSync(join(bench.runs, id, 'artifacts', name)));
const asker =
  (id: string) =>
  <N extends keyof SteerQuestions>(name: N, args: object = {}) =>
    engine.query(id, name, args) as Promise<AnswerTo<SteerQuestions[N] & Question>>;
async function opened(
  name: string,
  content: string | Uint8Array,
  kind?: 'vectors' | 'text',
): Promise<string> {
  const path = join(bench.folder, name);
  writeFileSync(path, content);
  return (await engine.openPath(path, kind)).id;
}

describe('steer', { timeout: 120_000 }, () => {
  it('fits, sweeps and judges, and answers what the panel asks', async () => {
    const run = await finished();
    expect(run).toMatchObject({ status: 'done', error: null });
    expect(undeclared({ metrics: [], final: run.metrics } as never, steer.metrics)).toEqual([]);
    for (const name of [
      'presence.lambda0',
      'perplexity.lambda0.5',
      'perplexityData.lambda1',
      'transportedShare',
    ])
      expect(Number.isFinite(run.metrics[name]), name).toBe(true);
    expect(run.metrics['judge.auc']).toBeGreaterThan(0.95);
    expect(run.metrics['random.presence']).toBe(run.metrics['random.presence.lambda1']);
    expect(run.artifacts).toEqual(
      expect.arrayContaining(['maps.safetensors', 'recipe.json', 'sweep.csv', 'texts.jsonl']),
    );

    const ask = asker(run.id);
    const overview = await ask('overview');
    expect(overview).toMatchObject({
      ...{ fitted: 8, swept: 4, points: 4, lambdas: [0, 0.5, 1], offensive: false, imported: null },
      source: { name: 'not sport', fitted: 32 },
      target: { name: 'sport', given: 400, warning: '32 texts: w ± 0.18 by chance' },
    });
    for (const { before, after, units, state } of overview.hooks) {
      expect(state).toBe('fitted');
      expect(after).toBeLessThan(before);
      expect(units).toBe(64);
    }
    const { maps, recipe, first } = await ask('maps');
    expect(maps.map(({ hook }) => hook)).toEqual(overview.hooks.map(({ id }) => id));
    expect({ recipe, first }).toMatchObject({
      recipe: { method: 'linear-act', n: { source: 32 } },
      first: true,
    });
    const hook = maps[0]!.hook;
    const units = await ask('units', { hook });
    const view = await ask('unit', { hook, unit: 5 });
    expect(view.map.w).toBeCloseTo(view.lines.linear.w, 4);
    expect(view.distances.before).toBeCloseTo(units.before[5]!, 6);
    const layers = await ask('layers');
    expect(layers.before).toHaveLength(8 * layers.bins);
    expect(layers.before[0]).toBeGreaterThan(layers.before[layers.bins - 1]!);

    const { points, lexicon, judge } = await ask('sweep');
    expect(points.map(({ arm, lambda }) => [arm, lambda])).toEqual([
      ['fitted', 0],
      ['fitted', 0.5],
      ['fitted', 1],
      ['random', 1],
    ]);
    expect(lexicon).toContain('otters');
    expect(judge.auc).toBe(run.metrics['judge.auc']);
    const main = points[2]!;
    expect(main).toMatchObject({ texts: 10, presence: { value: run.metrics.presence } });
    expect(main.perplexity.low).toBeLessThan(main.perplexity.value);
    expect(main.perplexity.high).toBeGreaterThan(main.perplexity.value);
    const { texts } = await ask('texts', { lambda: 1 });
    expect(texts).toHaveLength(10);
    expect(texts.filter(({ hits }) => hits.length > 0).length / 10).toBe(main.presence.value);
    const plain = await ask('texts', { lambda: 0 });
    expect((await ask('texts', { lambda: 0, arm: 'random' })).texts).toEqual(plain.texts);
    expect(plain.texts.map(({ seed }) => seed)).toEqual(texts.map(({ seed }) => seed));
    await expect(ask('texts', { lambda: 0.3 })).rejects.toMatchObject({ code: 'lambda-not-swept' });
    await expect(ask('unit', { hook: 'resid_post:0', unit: 0 })).rejects.toMatchObject({
      code: 'hook-unknown',
    });
    await expect(ask('unit', { hook, unit: 64 })).rejects.toMatchObject({ code: 'steering-unit' });
    await expect(ask('file', { format: 'control-vector', lambda: 1 })).rejects.toMatchObject({
      code: 'control-vector-hook',
    });
    for (const name of ['sweep', 'layers', 'unit'])
      expect(await engine.query(run.id, `figure.${name}`, {}), name).not.toBeNull();
  });

  it('goes on after a stop to the same files', async () => {
    const config = { copies: 60, prompt: ['Anna'] };
    const whole = await finished(config);
    const unsubscribe = engine.subscribe({
      runChanged: ({ id, progress }) => {
        if (progress.step > 70 && id !== whole.id) void engine.stopRun(id).catch(() => undefined);
      },
    });
    const stopped = await engine.waitForRun((await start(config)).id);
    unsubscribe();
    expect(stopped.status).toBe('stopped');
    const { swept, points } = await asker(stopped.id)('overview');
    expect(swept).toBeGreaterThan(0);
    expect(swept).toBeLessThan(points);
    await engine.resumeRun(stopped.id);
    const resumed = await engine.waitForRun(stopped.id);
    expect(resumed.status).toBe('done');
    for (const name of ['maps.safetensors', 'recipe.json', 'sweep.csv', 'texts.jsonl'])
      expect(Buffer.compare(file(resumed.id, name), file(whole.id, name)), name).toBe(0);
    const without = ({ fitSeconds: _, ...metrics }: Record<string, number>) => metrics;
    expect(without(resumed.metrics)).toEqual(without(whole.metrics));
  });

  it('takes a run’s maps instead of fitting, and sweeps to the same texts', async () => {
    const fitted = await finished({ method: 'mean-act', hooks: 'resid_post:1-2' });
    expect(fitted.artifacts).toContain('control-vector.gguf');
    const maps = await opened('maps.safetensors', file(fitted.id, 'maps.safetensors'), 'vectors');
    const run = await finished({}, { source: sentences, maps });
    expect(run.status).toBe('done');
    expect(parsedLines(file(run.id, 'texts.jsonl')).map(({ text }) => text)).toEqual(
      parsedLines(file(fitted.id, 'texts.jsonl')).map(({ text }) => text),
    );
    const ask = asker(run.id);
    expect(await ask('overview')).toMatchObject({
      imported: 'maps.safetensors',
      method: 'mean-act',
      fitted: 2,
    });
    await expect(ask('unit', { hook: 'resid_post:1', unit: 0 })).rejects.toMatchObject({
      code: 'steer-no-sides',
    });
    // A control vector holds the same directions; without texts there are only words to count.
    const vector = await opened('vector.gguf', file(fitted.id, 'control-vector.gguf'), 'vectors');
    const bare = await finished({ lexicon: ['otters'], to: '' }, { maps: vector });
    expect(bare).toMatchObject({ status: 'done', error: null });
    const { points } = await asker(bare.id)('sweep');
    expect(points[2]!.judged.value).toBeNaN();
    const texts = parsedLines(file(bare.id, 'texts.jsonl')).map(({ text }) => text);
    expect(texts.slice(0, 20)).toEqual(
      parsedLines(file(fitted.id, 'texts.jsonl'))
        .slice(0, 20)
        .map(({ text }) => text),
    );
  });

  it('takes a direction of Probes as a shift, and refuses maps of another model', async () => {
    const direction = new Float32Array(64).fill(0.125);
    const metadata = { kind: 'probe direction', hook: 'resid_post:2', gap: '4', task: 'cities' };
    const bytes = encodeSafetensors({ direction: { data: direction, shape: [64] } }, metadata);
    const given = await opened('direction.safetensors', bytes, 'vectors');
    const run = await finished({}, { source: sentences, maps: given });
    expect(run.status).toBe('done');
    const { arrays } = decodeSafetensors(file(run.id, 'maps.safetensors'));
    expect([...(arrays['resid_post/2/beta']!.data as Float32Array)]).toEqual(Array<number>(64).fill(0.5));
    const map = (hook: string, width: number) =>
      makeMap({
        hook,
        w: new Float32Array(width).fill(1),
        beta: new Float32Array(width).fill(1),
        form: 'add',
      });
    const vector = (hook: string, width: number) =>
      encodeControlVector({ maps: [map(hook, width)], lambda: 1, first: true }, 'llama');
    for (const [name, content, code] of [
      ['wide.gguf', vector('resid_post:1', 128), 'steering-width'],
      ['deep.gguf', vector('resid_post:9', 64), 'steering-hook-unknown'],
      ['plain.safetensors', encodeSafetensors({ x: { data: direction, shape: [64] } }), 'maps-format'],
    ] as const) {
      const maps = await opened(name, content, 'vectors');
      expect(await finished({}, { source: sentences, maps })).toMatchObject({
        status: 'failed',
        error: { code },
      });
    }
  });

  it.each([
    ['side-missing', { to: '' }],
    ['label-unknown', { to: 'chess' }],
    ['column-unknown', { labels: 'topic' }],
    ['hooks-pattern', { hooks: 'resid_post:9' }],
    ['hook-not-steered', { hooks: 'pattern:0' }],
    ['prompt-missing', { prompt: [] }],
    ['context-exceeded', { prompt: ['a '.repeat(4000)] }],
    ['lexicon-word', { lexicon: ['*'] }],
    ['scale-malformed', { scale: ['resid_post:1'] }],
  ])('fails with %s', async (code, config: Record<string, Json>) => {
    expect(await finished(config)).toMatchObject({ status: 'failed', error: { code } });
  });

  it('refuses sides of too few texts, and sides that are the same', async () => {
    const three = await opened('three.txt', 'one\ntwo\nthree\n');
    const data = { source: sentences, target: three };
    expect(await finished({ to: '' }, data)).toMatchObject({
      status: 'failed',
      error: { code: 'texts-too-few' },
    });
    const same = { source: sentences, target: sentences };
    expect(await finished({ to: '' }, same)).toMatchObject({
      status: 'failed',
      error: { code: 'sides-equal' },
    });
    await expect(start({ lambda: 'abc' })).rejects.toMatchObject({ code: 'config-invalid' });
  });
});
