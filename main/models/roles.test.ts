/** @file Roles by structure in graphs of our own, whose roles are known by name, and in models that have none. */
import { describe, expect, it } from 'vitest';
import {
  decoderConfig,
  decoderGraph,
  encoderConfig,
  encoderGraph,
  type DecoderGraph,
} from '../../native-models';
import { languageFixtures, loadTensorFixture } from '../../native-models/testing/language-fixture';
import { rolesOf } from './roles';
import { node, value, weight } from './testing';

/** Names that say nothing, so that only structure can. */
function renamed({ model, hooks }: Pick<DecoderGraph, 'model' | 'hooks'>) {
  const names = new Map<string, string>();
  const other = (name: string) => {
    if (name === '') return name;
    names.set(name, names.get(name) ?? `value_${names.size}`);
    return names.get(name)!;
  };
  const graph = {
    ...model.graph,
    input: model.graph?.input?.map((each) => ({ ...each, name: other(each.name ?? '') })) ?? [],
    output: model.graph?.output?.map((each) => ({ ...each, name: other(each.name ?? '') })) ?? [],
    initializer: model.graph?.initializer?.map((each) => ({ ...each, name: other(each.name ?? '') })) ?? [],
    node: (model.graph?.node ?? []).map((each) => ({
      ...each,
      name: '',
      input: each.input?.map(other) ?? [],
      output: each.output?.map(other) ?? [],
    })),
  };
  return {
    model: { ...model, graph },
    expected: hooks.map((hook) => ({ id: hook.id, value: other(hook.value) })),
  };
}

/** Ours are cut into heads, which structure does not tell. */
const isProjection = (id: string) => /^[qkv]:/.test(id);

describe('rolesOf', () => {
  it.each(languageFixtures)('finds every role of a %s that is built here', (name) => {
    const { config, source } = loadTensorFixture(name);
    const { model, expected } = renamed(decoderGraph(decoderConfig(config), source));
    const { hooks, absent, layers } = rolesOf(model);
    const told = hooks.map(({ id, value: at }) => ({ id, value: at }));
    expect(told.filter(({ id }) => !isProjection(id))).toEqual(
      expected.filter(({ id }) => !isProjection(id)),
    );
    expect(told.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
    expect(layers).toBe(decoderConfig(config).layers);
    const lacking = { olmo2: ['norm_attn_in', 'norm_mlp_in'], gpt_neox: ['resid_mid'] }[name as string] ?? [];
    expect(new Set(absent.map(({ role }) => role))).toEqual(new Set(lacking));
  });

  it.each(['bert', 'vit'])('finds the roles of a %s that is built here', (name) => {
    const { config, source } = loadTensorFixture(name);
    const { model, expected } = renamed(encoderGraph(encoderConfig(config), source));
    const { hooks } = rolesOf(model);
    const wanted = expected.filter(({ id }) => !isProjection(id) && !(name === 'vit' && id === 'embed'));
    expect(
      hooks.map(({ id, value: at }) => ({ id, value: at })).filter(({ id }) => !isProjection(id)),
    ).toEqual(wanted);
  });

  it('finds the same where caches are handed on and logits are of the last token', () => {
    const { config, source } = loadTensorFixture('qwen2');
    const options = { caches: true, logits: 'last' } as const;
    const { model, expected } = renamed(decoderGraph(decoderConfig(config), source, options));
    const { hooks, absent } = rolesOf(model);
    expect(absent).toEqual([]);
    expect(hooks.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
    expect(hooks.find(({ id }) => id === 'logits')?.value).toBe(
      expected.find(({ id }) => id === 'logits')?.value,
    );
  });

  it('knows sizes of what it finds', () => {
    const { config, source } = loadTensorFixture('llama');
    const { hooks } = rolesOf(decoderGraph(decoderConfig(config), source).model);
    const shape = (id: string) => hooks.find((hook) => hook.id === id)?.shape;
    expect(['resid_post:1', 'q:0', 'k:0', 'mlp_act:1', 'logits'].map(shape)).toEqual([
      [32],
      [32],
      [16],
      [40],
      [64],
    ]);
    expect(shape('pattern:0')).toEqual(['heads', 'tokens', 'seen']);
  });

  it('finds thirty layers in less than a second', () => {
    const described = decoderConfig({
      ...{ model_type: 'llama', hidden_size: 576, intermediate_size: 1536, num_attention_heads: 9 },
      ...{ num_hidden_layers: 30, num_key_value_heads: 3, vocab_size: 49152, tie_word_embeddings: true },
    });
    const { width, hidden, vocabulary } = described;
    const shape = (name: string): number[] => {
      if (name.includes('embed_tokens')) return [vocabulary, width];
      if (/[kv]_proj/.test(name)) return [192, width];
      if (/[qo]_proj/.test(name)) return [width, width];
      if (name.includes('down_proj')) return [width, hidden];
      return name.includes('norm') ? [width] : [hidden, width];
    };
    const none = () => Promise.reject(new Error('no values'));
    const { model } = decoderGraph(described, {
      ...{ names: [], has: () => true, shape, type: () => 'F32', bytes: none, float32: none },
    });
    const start = performance.now();
    expect(rolesOf(model).layers).toBe(30);
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it('says why there are none', () => {
    const graph = {
      input: [value('x', 'batch', 4)],
      output: [value('y', 'batch', 4)],
      initializer: [weight('w', 4, 4)],
      node: [node('MatMul', '', ['x', 'w'], ['h']), node('Add', '', ['x', 'h'], ['y'])],
    };
    expect(rolesOf({ graph })).toMatchObject({ hooks: [], layers: 0, absent: [{ role: 'resid_post' }] });
    expect(rolesOf({}).absent[0]?.reason).toContain('no chain');
    const inside = { ...graph, node: [node('If', '', ['c'], ['y'])] };
    expect(rolesOf({ graph: inside }).absent[0]?.reason).toContain('inside a branch');
  });
});
