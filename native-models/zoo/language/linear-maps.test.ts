/** @file Graphs with hooks at `4-bit-0`: which maps keep the checkpoint's integers, and what never comes about. */
import { describe, expect, it } from 'vitest';
import { codeOf } from '../../testing/code-of';
import { languageFixtures, loadLanguageFixture } from '../../testing/language-fixture';
import { quantisedWeights, type BlockType } from '../../testing/quantised-weights';
import { randomDecoder } from '../../testing/random-decoder';
import { decoderGraph } from './decoder';
import { decoderConfig } from './decoder-config';
import { headGraph } from './head';

/** Matrices inside the blocks in one type, tables in another. */
const mixed = (inBlocks: BlockType, tables: BlockType | null) => (name: string) =>
  /layers|\.h\./.test(name) ? inBlocks : tables;

const attribute = (node: { attribute?: { name?: string; i?: number | bigint }[] }, name: string) =>
  Number(node.attribute?.find((one) => one.name === name)?.i);

describe('a graph with hooks at 4-bit-0', () => {
  it('states accuracy level 0 and 4 bits on every quantised product, of 8-bit maps too', async () => {
    const { config: json, source } = randomDecoder('llama');
    for (const types of [mixed('Q4_1', 'Q8_0'), mixed('Q8_0', 'Q4_0')]) {
      const graph = decoderGraph(decoderConfig(json), await quantisedWeights(source, types), {
        level: '4-bit-0',
      });
      const products = graph.model.graph!.node!.filter(({ opType }) => opType === 'MatMulNBits');
      expect(products.length).toBeGreaterThanOrEqual(15);
      for (const node of products) {
        expect(attribute(node, 'accuracy_level')).toBe(0);
        expect(attribute(node, 'bits')).toBe(4);
      }
      const names = graph.weights.map(({ name }) => name);
      expect(names.filter((name) => /proj\.weight$/.test(name))).toEqual([]);
      expect(names).toContain('model.embed_tokens.weight');
    }
  });

  it('has the hooks of fp32, and weights that the graph of the head shares', async () => {
    const { config: json, source } = randomDecoder('llama', { tied: true });
    const config = decoderConfig(json);
    const weights = await quantisedWeights(source, mixed('Q4_0', 'Q8_0'));
    const graph = decoderGraph(config, weights, { level: '4-bit-0' });
    expect(graph.hooks).toEqual(decoderGraph(config, weights).hooks);
    const head = headGraph(config, weights, { through: 'map', location: 'w', level: '4-bit-0' });
    const all = new Map(graph.weights.map(({ name, type, dims }) => [name, { type, dims }]));
    expect(head.weights).toHaveLength(5);
    for (const { name, type, dims } of head.weights) expect(all.get(name)).toEqual({ type, dims });
  });

  it('widens what is turned round or interleaved, and takes rows out of fused tensors', async () => {
    const quantisedIn = async (name: string) => {
      const { config: json, source } = loadLanguageFixture(name);
      const weights = await quantisedWeights(source, () => 'Q4_1');
      const graph = decoderGraph(decoderConfig(json), weights, { level: '4-bit-0' });
      return graph.weights.map((weight) => weight.name).filter((weight) => weight.endsWith('.integers'));
    };
    expect(await quantisedIn('gpt2')).toEqual([]);
    expect((await quantisedIn('gpt_neox')).filter((name) => /query_key_value/.test(name))).toEqual([]);
    expect(await quantisedIn('gpt_neox')).toContain('gpt_neox.layers.0.attention.dense.weight.integers');
    expect(await quantisedIn('phi3')).toContain('model.layers.0.self_attn.qkv_proj.weight:k.integers');
  });

  it('is the graph at fp32 where nothing is quantised', () => {
    for (const name of languageFixtures) {
      const { config: json, source } = loadLanguageFixture(name);
      const config = decoderConfig(json);
      expect(decoderGraph(config, source, { level: '4-bit-0' }).model).toEqual(
        decoderGraph(config, source).model,
      );
    }
  });

  it('is refused at 4-bit-4, which rounds what is looked at', () => {
    const { config: json, source } = randomDecoder('llama');
    const config = decoderConfig(json);
    expect(codeOf(() => decoderGraph(config, source, { level: '4-bit-4' }))).toBe('level-not-exact');
    expect(
      codeOf(() => headGraph(config, source, { through: 'norm', location: 'w', level: '4-bit-4' })),
    ).toBe('level-not-exact');
  });
});
