/** @file The graphs of fused operators: levels stated on every product, no slow one, weights once, and who is not for them. */
import { describe, expect, it } from 'vitest';
import type { GraphProto, NodeProto } from '../../../onnx/model';
import { loadLanguageFixture } from '../../../testing/language-fixture';
import { quantisedWeights } from '../../../testing/quantised-weights';
import { randomDecoder } from '../../../testing/random-decoder';
import { decoderConfig } from '../decoder-config';
import { whyNotFast } from './fits';
import { generationGraph } from './generation-graph';
import { numericLevels } from './level';

/** Nodes of a graph and of those inside its nodes. */
function allNodes({ node = [] }: GraphProto): NodeProto[] {
  return node.flatMap((one) => [one, ...(one.attribute ?? []).flatMap(({ g }) => (g ? allNodes(g) : []))]);
}

const wholeNumber = ({ attribute = [] }: NodeProto, name: string) =>
  Number(attribute.find((one) => one.name === name)?.i);

const { config: json, source } = randomDecoder('llama', { tied: true });
const config = decoderConfig(json);
const mixed = quantisedWeights(source, (name) =>
  name.includes('embed') || name.includes('down') ? 'Q8_0' : name.includes('v_proj') ? null : 'Q4_1',
);

describe.each(numericLevels)('level %s', (level) => {
  it.each(['level', 'rescored'] as const)('states the level of every product, head: %s', async (head) => {
    for (const loop of [false, true]) {
      const graph = generationGraph(config, await mixed, { level, head, loop, location: 'w' });
      const products = allNodes(graph.model.graph!).filter(({ opType }) => opType === 'MatMulNBits');
      expect(products.length > 0).toBe(level !== 'fp32');
      for (const product of products) {
        const [bits, accuracy] = [wholeNumber(product, 'bits'), wholeNumber(product, 'accuracy_level')];
        expect([0, 4]).toContain(accuracy);
        // Eight bits at level 0 are twelve times slower than fp32.
        expect([bits, accuracy]).not.toEqual([8, 0]);
        const isHead = product.input![1]!.startsWith('head');
        if (!isHead) expect(accuracy).toBe(level === '4-bit-4' ? 4 : 0);
        // Zero points only where they are whole numbers: those of lower halves, which are 0.
        expect(product.input![3] ?? 'low_zeros').toMatch(/low_zeros$/);
      }
      expect(graph.requantised).toBe(level === '4-bit-4');
    }
  });

  it('has every weight once, and one file serves loop and step', async () => {
    const graphs = [false, true].map(async (loop) =>
      generationGraph(config, await mixed, { level, head: 'level', loop, location: 'w' }),
    );
    const [step, loop] = await Promise.all(graphs);
    const names = step!.weights.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(loop!.weights.map(({ name }) => name)).toEqual(names);
    for (const weight of step!.weights) {
      const { dims, type } = weight;
      const size = dims.reduce((product, length) => product * length, 1) * (type === 'uint8' ? 1 : 4);
      expect((await weight.bytes()).length).toBe(size);
    }
  });
});

it('refuses a checkpoint that lacks a weight, by its name', () => {
  const has = (name: string) => !name.includes('layers.1.mlp.up_proj') && source.has(name);
  const build = () =>
    generationGraph(config, { ...source, has }, { level: 'fp32', head: 'level', loop: false, location: 'w' });
  expect(build).toThrow(expect.objectContaining({ code: 'checkpoint-shape' }) as Error);
});

it.each([
  ['gemma2', 'norms'],
  ['gpt2', 'norms'],
  ['olmo2', 'norms in other places'],
  ['phi3', 'a part of a head'],
  ['mistral', 'multiple of 16'],
])('leaves %s to the plain graph, and says why', (name, words) => {
  expect(whyNotFast(decoderConfig(loadLanguageFixture(name).config))).toContain(words);
});
