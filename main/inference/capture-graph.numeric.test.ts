/** @file Residual states by the fused graph without caches: those of the plain graph, pooled as its weights say, whatever the padding. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { captureGraph, decoderConfig, decoderGraph, encodeModel } from '../../native-models';
import { expectClose } from '../../native-models/testing/expect-close';
import { randomDecoder, randomFamilies } from '../../native-models/testing/random-decoder';
import { openCompute } from '../compute/session';
import { writeModelFolder } from '../models/weight-file';
import { int64, paddedIds } from './decoding';

const folder = mkdtemp(join(tmpdir(), 'monge-capture-'));
const compute = openCompute({ threads: 1 });
afterAll(async () => {
  await compute.close();
  await rm(await folder, { recursive: true, force: true });
});

const texts = [
  [5, 17, 2, 90, 41, 3],
  [8, 8, 1],
];

it.each(randomFamilies)('%s: means over tokens, and single tokens', async (family) => {
  const { config: json, source } = randomDecoder(family);
  const config = decoderConfig(json);
  const fast = captureGraph(config, source, { level: 'fp32', location: 'model.weights' });
  expect(fast.hooks).toEqual(['embed', 'resid_post:0', 'resid_post:1']);
  expect(fast.weights.some(({ name }) => name.includes('head'))).toBe(false);
  const place = join(await folder, family);
  await writeModelFolder(place, fast);
  const session = await compute.open(encodeModel(fast.model), { folder: place, graphLevel: 'all' });
  const plain = decoderGraph(config, source, { logits: 'none', outputs: fast.hooks });
  await writeModelFolder(`${place}-plain`, plain);
  const reference = await compute.open(encodeModel(plain.model), { folder: `${place}-plain` });

  const { tensor, width } = paddedIds(texts);
  const run = async (weightOf: (text: number[], token: number) => number) => {
    const weights = new Float32Array(texts.length * width);
    texts.forEach((text, t) => text.forEach((_, k) => (weights[t * width + k] = weightOf(text, k))));
    const { states } = await session.run({
      ids: tensor,
      lengths: { type: 'int32', data: Int32Array.from(texts, ({ length }) => length - 1), dims: [2] },
      total: { type: 'int32', data: Int32Array.of(width), dims: [] },
      weights: { type: 'float32', data: weights, dims: [2, width] },
    });
    expect(states!.dims).toEqual([2, 3, config.width]);
    return states!.data as Float32Array;
  };
  const mean = await run(({ length }) => 1 / length);
  const last = await run(({ length }, k) => Number(k === length - 1));
  for (const [t, text] of texts.entries()) {
    const size = [1, text.length];
    const alone = await reference.run({
      input_ids: int64(text, size),
      attention_mask: int64(
        text.map(() => 1),
        size,
      ),
    });
    for (const [h, { name }] of plain.outputs.entries()) {
      const values = alone[name]!.data as Float32Array;
      const of = (k: number) => values.subarray(k * config.width, (k + 1) * config.width);
      const expected = Array.from(
        of(0),
        (_, unit) => text.reduce((sum, _id, k) => sum + of(k)[unit]!, 0) / text.length,
      );
      const at = (t * 3 + h) * config.width;
      expectClose(mean.subarray(at, at + config.width), expected, { rtol: 1e-4, atol: 1e-5 });
      expectClose(last.subarray(at, at + config.width), of(text.length - 1), { rtol: 1e-4, atol: 1e-5 });
    }
  }
});
