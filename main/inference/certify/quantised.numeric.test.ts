/** @file Hooks of quantised models at `4-bit-0`: no false alarm on any family, and every way to read the blocks wrongly is caught. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ggufConfig,
  ggufWeights,
  readGguf,
  dequantise,
  type LazyWeight,
  type WeightSource,
} from '../../../native-models';
import { memorySource } from '../../../native-models/testing/gguf-bytes';
import { languageFixtures, loadLanguageFixture } from '../../../native-models/testing/language-fixture';
import { llamaGguf } from '../../../native-models/testing/llama-gguf';
import { quantisedWeights, type BlockType } from '../../../native-models/testing/quantised-weights';
import { randomDecoder } from '../../../native-models/testing/random-decoder';
import { certified, failing, TinySubjects, verdictOn } from './testing';

const subjects = new TinySubjects();
afterAll(() => subjects.close());

/** Types as files mix them: tables in 8 bits, the rest by turns. */
const mixed = (name: string): BlockType => {
  if (/embed|lm_head|wte/.test(name)) return 'Q8_0';
  return /q_proj|o_proj|dense|gate/.test(name) ? 'Q4_0' : 'Q4_1';
};

interface Model {
  config: Record<string, unknown>;
  source: WeightSource;
}

/** A tiny llama as a GGUF file; `asStored` is what a reader makes of it that forgets the order of rows. */
async function ggufLlama(): Promise<Model & { asStored: WeightSource }> {
  const { config, source } = randomDecoder('llama');
  const file = memorySource(await llamaGguf(config, source, mixed));
  const index = await readGguf(file);
  const weights = ggufWeights(index, file);
  const bytesOf = ({ from, to }: { from: number; to: number }) => file.read(from, to);
  const stored = (name: string) => {
    const [, layer, part] = /layers\.(\d+)\.self_attn\.([qk])_proj/.exec(name) ?? [];
    return index.tensors.find((tensor) => tensor.name === `blk.${layer}.attn_${part}.weight`);
  };
  return {
    config: await ggufConfig(index, async ({ type, ...at }) => dequantise(type, await bytesOf(at))),
    source: weights,
    asStored: {
      ...weights,
      bytes: async (name) => (stored(name) ? bytesOf(stored(name)!) : weights.bytes(name)),
      float32: async (name) => (stored(name) ? weights.neighbourRows!(name) : weights.float32(name)),
    },
  };
}

describe('at 4-bit-0 a certificate', () => {
  it.each(languageFixtures)('passes every hook of a quantised %s', async (name) => {
    const { config, source } = loadLanguageFixture(name);
    const model = { config, source: await quantisedWeights(source, mixed) };
    expect(failing(await certified(await subjects.of(model, { level: '4-bit-0' })))).toEqual([]);
  });

  it.each(['fp32', '4-bit-0'] as const)('passes every hook of a GGUF, here at %s', async (level) => {
    expect(failing(await certified(await subjects.of(await ggufLlama(), { level })))).toEqual([]);
  });
});

describe('a planted fault', () => {
  let model: Awaited<ReturnType<typeof ggufLlama>>;
  beforeAll(async () => {
    model = await ggufLlama();
  });

  it('of nibbles in the order of the file is caught, at their product and not before', async () => {
    const written = planted('layers.0.mlp.up_proj.weight.integers', async () => {
      const blocks = await model.source.bytes('model.layers.0.mlp.up_proj.weight');
      return blocksOf(blocks, 20).flatMap((block) => [...block.subarray(4)]);
    });
    const found = await certified(await subjects.of(model, { level: '4-bit-0', written }));
    expect(verdictOn(found, 'mlp_act:0')).toBe('wrong');
    expect(verdictOn(found, 'logits')).toBe('wrong');
    expect(verdictOn(found, 'mlp_gate:0')).toBe('passes');
  });

  it('of a Q4_1 minimum rounded to a whole zero point is caught', async () => {
    const written = planted('layers.1.self_attn.v_proj.weight.offsets', async () => {
      const name = 'model.layers.1.self_attn.v_proj.weight';
      const heads = blocksOf(await model.source.bytes(name), 20).map((block) =>
        dequantise('F16', block.slice(0, 4)),
      );
      const offsets = heads.map(([d, m]) => d! * (8 - Math.round(-m! / d!)));
      return new Uint8Array(Float32Array.from(offsets).buffer);
    });
    const found = await certified(await subjects.of(model, { level: '4-bit-0', written }));
    expect(verdictOn(found, 'v:1')).toBe('wrong');
    expect(verdictOn(found, 'k:1')).toBe('passes');
  });

  it.each(['fp32', '4-bit-0'] as const)(
    'of rows of queries and keys left in the order of the file is caught at %s, though the reference reads with the same reader',
    async (level) => {
      const forgetful = { config: model.config, source: model.asStored };
      const found = await certified(await subjects.of(forgetful, { level }));
      expect(verdictOn(found, 'pattern:0')).toBe('wrong');
      expect(verdictOn(found, 'norm_attn_in:0')).toBe('passes');
    },
  );
});

/** Bytes of one weight replaced when it is written. */
function planted(name: string, bytes: () => Promise<Iterable<number>>) {
  return (weight: LazyWeight): LazyWeight =>
    weight.name === `model.${name}`
      ? { ...weight, bytes: async () => Uint8Array.from(await bytes()) }
      : weight;
}

function blocksOf(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: bytes.length / size }, (_, b) => bytes.subarray(b * size, (b + 1) * size));
}
