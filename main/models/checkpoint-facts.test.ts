/** @file What is told of checkpoints before they are run, and that looking at models takes them for what they are. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeSafetensors, type StoredArray } from '../../native-models';
import type { ModelInfo, StoredTensor } from '../contract/models';
import { describeCheckpoint } from './checkpoint-facts';
import { OpenModels } from './open-models';
import { looksLikeModel, readModel } from './read';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'monge-facts-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const gguf = fileURLToPath(
  new URL('../../native-models/zoo/language/testing/gguf/llama.gguf', import.meta.url),
);

function hugging(name: string, texts: Record<string, string>): string {
  const path = join(folder, name);
  mkdirSync(path);
  const layer = (n: number): [string, StoredArray] => [
    `layers.${n}.weight`,
    { data: new Float32Array(4), shape: [2, 2], dtype: 'float16' },
  ];
  const norm: StoredArray = { data: new Float32Array(2), shape: [2] };
  writeFileSync(
    join(path, 'model.safetensors'),
    encodeSafetensors({ norm, ...Object.fromEntries([layer(10), layer(9)]) }),
  );
  for (const [file, text] of Object.entries(texts)) writeFileSync(join(path, file), text);
  return path;
}

it('tells family, sizes, types, tokenizer and licence of a GGUF file', async () => {
  const { facts, tensors } = await describeCheckpoint(gguf);
  expect(facts).toMatchObject({
    format: 'gguf',
    family: 'llama',
    sizes: {
      layers: 2,
      width: 32,
      heads: 4,
      kvHeads: 2,
      headWidth: 8,
      hidden: 64,
      vocabulary: 40,
      context: 128,
    },
    tokenizer: 'gpt2',
    chatTemplate: false,
    licence: 'apache-2.0',
    problem: null,
  });
  expect(facts.types.map(({ type, tensors: count }) => `${type} ${count}`)).toEqual(['Q8_0 15', 'F32 6']);
  expect(facts.metadata['tokenizer.ggml.tokens']).toBe('40 values');
  expect(tensors).toContainEqual({ name: 'blk.0.attn_k.weight', dtype: 'Q8_0', shape: [16, 32], bytes: 544 });
});

it('tells the same of a folder, layer 9 before layer 10', async () => {
  const path = hugging('folder', {
    'config.json': '{"model_type":"gpt2","n_layer":11}',
    'tokenizer.json': '{"model":{"type":"BPE"}}',
    'tokenizer_config.json': '{"chat_template":"{{ x }}"}',
  });
  const { facts, tensors } = await describeCheckpoint(path);
  expect(facts).toMatchObject({
    format: 'safetensors',
    family: 'gpt2',
    sizes: { layers: 11 },
    parameters: 10,
    bytes: 24,
    types: [
      { type: 'F16', tensors: 2, bytes: 16 },
      { type: 'F32', tensors: 1, bytes: 8 },
    ],
    tokenizer: 'BPE',
    chatTemplate: true,
    // It holds no weights of the model that it says it is.
    problem: { code: 'checkpoint-shape' },
  });
  expect(tensors.map(({ name }) => name)).toEqual(['layers.9.weight', 'layers.10.weight', 'norm']);
});

it('says why weights without a configuration cannot be run, and shows them all the same', async () => {
  const { facts, checkpoint } = await describeCheckpoint(hugging('bare', {}));
  expect(facts).toMatchObject({ family: null, parameters: 10, problem: { code: 'config-missing' } });
  expect(checkpoint).toBeNull();
});

it('is taken for a model when opened, by its tensors; an ONNX model it is not', async () => {
  const path = hugging('opened', { 'config.json': '{"model_type":"gpt2"}' });
  expect([await looksLikeModel(path), await looksLikeModel(gguf), await looksLikeModel(folder)]).toEqual([
    true,
    true,
    false,
  ]);
  const models = new OpenModels();
  const info = (await models.answer(path, null, { kind: 'info' }, null)) as ModelInfo;
  expect(info).toMatchObject({
    format: 'safetensors',
    name: 'opened',
    path,
    graphs: [],
    facts: { initializers: 3 },
  });
  const tensors = (await models.answer(path, info.id, { kind: 'tensors' }, null)) as StoredTensor[];
  expect(tensors).toHaveLength(3);
  expect(await models.answer(path, info.id, { kind: 'find', text: 'x' }, null)).toEqual([]);
  expect(await models.answer(gguf, null, { kind: 'info' }, null)).toMatchObject({
    format: 'gguf',
    name: 'llama.gguf',
  });
  await expect(readModel(gguf)).rejects.toMatchObject({ code: 'model-not-onnx' });
});
