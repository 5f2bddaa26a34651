/** @file The method in an engine: it learns, stops and goes on to the same bits, and saves a checkpoint that is its graph. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeSafetensors, gpt, importLlama, llamaOptions } from '../../../native-models';
import type { Engine } from '../../engine';
import { workbench, type Workbench } from '../../runs/testing/workbench';
import { openCompute } from '../../compute/session';
import { onnxFile } from './checkpoint';
import { tinyLm } from '.';

let bench: Workbench;
let engine: Engine;
let text: string;

beforeAll(async () => {
  bench = workbench([tinyLm]);
  engine = await bench.engine();
  text = (await engine.openPath('samples/sentences.jsonl', 'text')).id;
});
afterAll(() => bench.clean());

const SMALL = {
  ...{ rows: 'texts', vocabulary: 300, layers: 2, width: 32, heads: 4, kvHeads: 2, hidden: 64, context: 16 },
  ...{ steps: 60, batchSize: 8, looks: 3, samples: 1, sampleLength: 8 },
};
const start = (config: Record<string, string | number | boolean> = {}) =>
  engine.startRun({ method: 'tiny-lm', data: { text }, config: { ...SMALL, ...config }, seed: 1 });
const file = (id: string, ...path: string[]) => readFileSync(join(bench.runs, id, ...path));
const looksOf = async (id: string) =>
  (await engine.query(id, 'samples', {})) as { step: number; bitsPerByte: number; texts: string[] }[];

describe('tiny-lm', { timeout: 60_000 }, () => {
  it('learns more than frequencies in a few steps, and keeps what it wrote on the way', async () => {
    const run = await engine.waitForRun((await start()).id);
    expect(run).toMatchObject({ status: 'done', error: null });
    const { metrics } = run;
    expect(metrics.bitsPerByte).toBeLessThan(metrics['reference.unigram']!);
    expect(metrics['text.vocabulary']).toBe(300);
    const looks = await looksOf(run.id);
    expect(looks.map(({ step }) => step)).toEqual([20, 40, 60]);
    expect(looks[2]!.bitsPerByte).toBeLessThan(looks[0]!.bitsPerByte);
    expect(looks.every(({ texts }) => texts.length === 1)).toBe(true);
    expect(file(run.id, 'artifacts', 'samples.txt').toString()).toContain(
      `--- step 60\n${looks[2]!.texts[0]}`,
    );
    const [curve] = await engine.curves(run.id, ['bitsPerByte']);
    expect([...curve!.steps]).toEqual([20, 40, 60]);
    expect(await engine.query(run.id, 'figure.learning', {})).toMatchObject({ title: 'Learning' });
  });

  it('goes on after a stop to the bits of a run that never stopped', async () => {
    const whole = await engine.waitForRun((await start({ steps: 200 })).id);
    const unsubscribe = engine.subscribe({
      metrics: (id, points) => {
        if (points.some(({ step }) => step > 120)) void engine.stopRun(id).catch(() => undefined);
      },
    });
    const stopped = await engine.waitForRun((await start({ steps: 200 })).id);
    unsubscribe();
    expect(stopped.status).toBe('stopped');
    await engine.resumeRun(stopped.id);
    const resumed = await engine.waitForRun(stopped.id);
    expect(resumed.status).toBe('done');
    expect(resumed.metrics.bitsPerByte).toBe(whole.metrics.bitsPerByte);
    for (const name of ['model.safetensors', 'tokenizer.json', 'samples.txt'])
      expect(file(resumed.id, 'artifacts', name).equals(file(whole.id, 'artifacts', name)), name).toBe(true);
    expect(await looksOf(resumed.id)).toEqual(await looksOf(whole.id));
  });

  it.each(['float32', 'float16'])(
    'saves in %s a checkpoint that gives the logits of the export',
    async (numbers) => {
      const { id } = await engine.waitForRun((await start({ numbers, tied: numbers === 'float16' })).id);
      const config = JSON.parse(file(id, 'artifacts', 'config.json').toString()) as Record<string, number>;
      const read = decodeSafetensors(new Uint8Array(file(id, 'artifacts', 'model.safetensors'))).arrays;
      const network = gpt({
        ...llamaOptions({
          ...{
            vocabulary: config.vocab_size!,
            width: config.hidden_size!,
            layers: config.num_hidden_layers!,
          },
          ...{ heads: config.num_attention_heads!, kvHeads: config.num_key_value_heads! },
          ...{ hidden: config.intermediate_size!, context: config.max_position_embeddings! },
        }),
        tied: Boolean(config.tie_word_embeddings),
      });
      const tensors = Object.fromEntries(
        Object.entries(read).map(([name, { data, shape }]) => [
          name,
          { data: Array.from(data as ArrayLike<number>), shape },
        ]),
      );
      const weights = importLlama(tensors, network.parameters);
      const { bytes: exported } = await engine.exportRun(id, 'onnx');
      const logits = await Promise.all([onnxFile(network, weights), exported].map(logitsOf));
      // Half precision rounds weights by up to 2⁻¹¹ of their size.
      const tolerance = numbers === 'float32' ? 1e-5 : 2e-2;
      logits[0]!.forEach((value, at) => expect(Math.abs(value - logits[1]![at]!)).toBeLessThan(tolerance));
      expect(Math.max(...logits[0]!)).toBeGreaterThan(0.1);
    },
  );

  it('refuses a text that is shorter than the context, and a rate that is too large', async () => {
    const short = join(bench.folder, 'short.txt');
    writeFileSync(short, 'too short\n');
    const { id } = await engine.openPath(short, 'text');
    const run = await engine.startRun({ method: 'tiny-lm', data: { text: id }, config: SMALL, seed: 1 });
    expect(await engine.waitForRun(run.id)).toMatchObject({
      status: 'failed',
      error: { code: 'too-few-tokens' },
    });
    // Each step makes the matrices nine times as large, with the other sign.
    const wild = await engine.waitForRun((await start({ learningRate: 1, weightDecay: 10 })).id);
    expect(wild).toMatchObject({ status: 'diverged', error: { code: 'diverged' } });
  });
});

/** Of made-up ids. */
async function logitsOf(model: Uint8Array): Promise<Float32Array> {
  const session = await openCompute({ threads: 1 }).open(model);
  const ids = Int32Array.from({ length: SMALL.context }, (_, at) => (at * 37 + 5) % 300);
  const { logits } = await session.run({ ids: { type: 'int32', data: ids, dims: [1, SMALL.context] } });
  await session.close();
  return logits!.data as Float32Array;
}
