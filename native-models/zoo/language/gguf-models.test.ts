/** @file GGUF files of every architecture have the names, shapes, values and configuration that Hugging Face's files have. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MongeError } from '../../error';
import { readGguf } from '../../io/gguf';
import { weightTypes } from '../../io/weight-types';
import { ggufBytes, memorySource, type MadeGguf, type MadeValue } from '../../testing/gguf-bytes';
import { ggufConfig } from './gguf-config';
import { llama3Scaling } from './gguf-rope';
import { ggufWeights } from './gguf-weights';

interface Expected {
  config: Record<string, unknown>;
  rope: Record<string, unknown> | null;
  tensors: Record<string, { shape: number[]; sha256: string }>;
}

const folder = new URL('./testing/gguf/', import.meta.url);
const expected = JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8')) as Record<
  string,
  Expected
>;

async function openMade(made: MadeGguf | Uint8Array) {
  const source = memorySource(made instanceof Uint8Array ? made : ggufBytes(made));
  const index = await readGguf(source);
  const weights = ggufWeights(index, source);
  const read = async ({ from, to }: { from: number; to: number }) =>
    new Float32Array((await source.read(from, to)).buffer);
  return { weights, config: await ggufConfig(index, read, source.name) };
}

describe.each(Object.keys(expected))('%s', (architecture) => {
  const { tensors, config, rope } = expected[architecture]!;
  const open = () => openMade(readFileSync(new URL(`${architecture}.gguf`, folder)));

  it('has every tensor under its name, in its shape, to the bit', async () => {
    const { weights } = await open();
    expect([...weights.names].sort()).toEqual(Object.keys(tensors).sort());
    for (const name of weights.names) {
      const { shape, sha256 } = tensors[name]!;
      expect(weights.shape(name)).toEqual(shape);
      const values = await weights.float32(name);
      expect(createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex'), name).toBe(sha256);
      const { elements, bytes } = weightTypes[weights.type(name)];
      expect((await weights.bytes(name)).length).toBe((values.length / elements) * bytes);
    }
  });

  it('has a configuration in the words of config.json', async () => {
    const ours = (await open()).config;
    const shared = Object.keys(ours).filter((key) => key in config && key !== 'architectures');
    expect(shared.length).toBeGreaterThan(8);
    const pick = (from: Record<string, unknown>) => Object.fromEntries(shared.map((key) => [key, from[key]]));
    expect(pick(ours)).toEqual(pick(config));
    const full = (rope?.full_attention ?? rope) as Record<string, unknown> | null;
    if (architecture !== 'gpt2' && architecture !== 'gptneox')
      expect(ours.rope_theta).toBe(full!.rope_theta ?? 10_000);
    if (ours.rope_scaling)
      expect(full).toMatchObject(withoutType(ours.rope_scaling as Record<string, unknown>));
  });
});

/** The key of older files, and the factor that transformers works out itself. */
function withoutType({ type, attention_factor, ...rest }: Record<string, unknown>) {
  expect(type).toBe(rest.rope_type);
  if (rest.rope_type === 'longrope')
    expect(attention_factor).toBeCloseTo(Math.sqrt(1 + Math.log(4) / Math.log(32)), 6);
  return rest;
}

describe('what cannot be a model', () => {
  const metadata: Record<string, MadeValue> = {
    'general.architecture': 'llama',
    'llama.block_count': 1,
    'llama.context_length': 8,
    'llama.embedding_length': 8,
    'llama.feed_forward_length': 8,
    'llama.attention.head_count': 2,
    'llama.attention.layer_norm_rms_epsilon': 0.5,
  };
  const embedding = { name: 'token_embd.weight', type: 'F32', shape: [4, 8] } as const;
  const query = { name: 'blk.0.attn_q.weight', type: 'F32', shape: [8, 8] } as const;

  it.each([
    ['another family', { metadata: { 'general.architecture': 'mamba' } }, 'gguf-architecture'],
    [
      'a family named like a part of every object',
      { metadata: { 'general.architecture': 'constructor' } },
      'gguf-architecture',
    ],
    ['no family', { metadata: {} }, 'gguf-metadata'],
    ['no width', { metadata: { ...metadata, 'llama.embedding_length': 'wide' } }, 'gguf-metadata'],
    ['no heads', { metadata: { ...metadata, 'llama.attention.head_count': 0 } }, 'gguf-metadata'],
    [
      'heads by layer',
      { metadata: { ...metadata, 'llama.attention.head_count_kv': Int32Array.of(2) } },
      'gguf-metadata',
    ],
    [
      'values wider than keys',
      { metadata: { ...metadata, 'llama.attention.value_length': 16 } },
      'gguf-metadata',
    ],
    ['an unknown scaling', { metadata: { ...metadata, 'llama.rope.scaling.type': 'new' } }, 'gguf-metadata'],
    [
      'experts',
      { metadata, tensors: [{ ...query, name: 'blk.0.ffn_gate_exps.weight' }] },
      'gguf-tensor-name',
    ],
    [
      'a name of no tensor',
      { metadata, tensors: [{ ...query, name: 'blk.0.constructor.weight' }] },
      'gguf-tensor-name',
    ],
    ['rows that are no heads', { metadata, tensors: [{ ...query, shape: [7, 8] }] }, 'gguf-shape'],
    [
      'strange frequencies',
      {
        metadata,
        tensors: [
          {
            name: 'rope_freqs.weight',
            type: 'F32',
            shape: [2],
            bytes: new Uint8Array(Float32Array.of(3, 1).buffer),
          },
        ],
      },
      'gguf-rope-factors',
    ],
  ] as [string, MadeGguf, string][])('with %s is refused', async (_, made, code) => {
    const tensors = [embedding, ...(made.tensors ?? [])];
    const refused = await openMade({ ...made, tensors }).catch((thrown: unknown) => thrown);
    expect(refused).toBeInstanceOf(MongeError);
    expect((refused as MongeError).detail).toMatchObject({ code, blame: 'input' });
  });

  it('is told from one that can', async () => {
    const { weights, config } = await openMade({ metadata, tensors: [embedding, query] });
    expect(config).toMatchObject({
      model_type: 'llama',
      vocab_size: 4,
      head_dim: 4,
      tie_word_embeddings: true,
    });
    await expect(weights.bytes('lm_head.weight')).rejects.toMatchObject({ code: 'tensor-unknown' });
  });
});

it('takes factors that are all 1 for no scaling', () => {
  expect(llama3Scaling(Float32Array.of(1, 1, 1), 1e4)).toBeNull();
  expect(llama3Scaling(Float32Array.of(1, NaN, 8), 1e4)).toBeUndefined();
});
