/** @file What a decoder's graph says of itself: hooks, inputs, outputs and weights, and what is refused. */
import { describe, expect, it } from 'vitest';
import type { MongeError } from '../../error';
import { codeOf } from '../../testing/code-of';
import { loadLanguageFixture } from '../../testing/language-fixture';
import { blockRoles, type DecoderConfig } from './config';
import { decoderGraph } from './decoder';
import { decoderConfig } from './decoder-config';
import type { WeightSource } from './weights';

const llama = loadLanguageFixture('llama');
const config = decoderConfig(llama.config);

/** A checkpoint that has every tensor asked for, in the shape of SmolLM2-135M, and no values. */
function shapesOf(described: DecoderConfig): WeightSource {
  const { width, hidden, heads, kvHeads, headWidth, vocabulary } = described;
  const shape = (name: string): number[] => {
    if (name.includes('embed_tokens')) return [vocabulary, width];
    if (name.includes('q_proj')) return [heads * headWidth, width];
    if (/[kv]_proj/.test(name)) return [kvHeads * headWidth, width];
    if (name.includes('o_proj')) return [width, heads * headWidth];
    if (name.includes('down_proj')) return [width, hidden];
    return name.includes('norm') ? [width] : [hidden, width];
  };
  const none = () => Promise.reject(new Error('no values'));
  return { names: [], has: () => true, shape, type: () => 'F32', bytes: none, float32: none };
}

describe('decoderGraph', () => {
  it('names every role of every block, in the order of computation', () => {
    const { hooks, model } = decoderGraph(config, llama.source);
    expect(hooks.map(({ id }) => id)).toEqual([
      'embed',
      ...[0, 1].flatMap((layer) => blockRoles.map((role) => `${role}:${layer}`)),
      'norm_final',
      'logits',
    ]);
    const values = new Set(model.graph?.node?.flatMap(({ output }) => output));
    for (const { value } of hooks) expect(values).toContain(value);
    expect(hooks.find(({ id }) => id === 'resid_pre:1')?.value).toBe('blocks.0.resid_post');
    expect(hooks.find(({ id }) => id === 'k:1')).toMatchObject({ shape: [2, 8], layer: 1, role: 'k' });
  });

  it('leaves out the roles that a family does not have', () => {
    const roles = (name: string) => {
      const { config: json, source } = loadLanguageFixture(name);
      return new Set(decoderGraph(decoderConfig(json), source).hooks.map(({ role }) => role));
    };
    expect(roles('olmo2')).not.toContain('norm_attn_in');
    expect(roles('gpt_neox')).not.toContain('resid_mid');
    expect(roles('gpt_neox')).toContain('norm_mlp_in');
  });

  it('says its inputs and outputs, and keeps only the weights that they need', () => {
    const { inputs, outputs, weights } = decoderGraph(config, llama.source, {
      logits: 'none',
      outputs: ['resid_post:0', 'q:0'],
    });
    expect(inputs).toEqual([
      { name: 'input_ids', element: 'int64', shape: ['batch', 'tokens'] },
      { name: 'attention_mask', element: 'int64', shape: ['batch', 'tokens'] },
    ]);
    expect(outputs).toEqual([
      { name: 'blocks.0.resid_post', element: 'float32', shape: ['batch', 'tokens', 32] },
      { name: 'blocks.0.q', element: 'float32', shape: ['batch', 'tokens', 4, 8] },
    ]);
    const names = weights.map(({ name }) => name);
    expect(names).toContain('model.layers.0.mlp.down_proj.weight');
    expect(names.some((name) => /layers\.1|model\.norm|lm_head/.test(name))).toBe(false);
  });

  it('hands caches on by layer', () => {
    const { inputs, outputs } = decoderGraph(config, llama.source, { caches: true, logits: 'last' });
    expect(inputs.map(({ name }) => name).slice(2)).toEqual([
      'past.0.key',
      'past.0.value',
      'past.1.key',
      'past.1.value',
    ]);
    expect(outputs[0]).toEqual({ name: 'logits', element: 'float32', shape: ['batch', 1, 64] });
    expect(outputs.at(-1)).toEqual({
      name: 'present.1.value',
      element: 'float32',
      shape: ['batch', 2, 'seen', 8],
    });
  });

  it('builds thirty layers well under a second and reads no weight for it', () => {
    const described = decoderConfig({
      ...{ model_type: 'llama', hidden_size: 576, intermediate_size: 1536, num_attention_heads: 9 },
      ...{ num_hidden_layers: 30, num_key_value_heads: 3, vocab_size: 49152, tie_word_embeddings: true },
    });
    const start = performance.now();
    const { weights } = decoderGraph(described, shapesOf(described), { caches: true });
    expect(performance.now() - start).toBeLessThan(500);
    const values = weights.reduce((sum, { dims }) => sum + dims.reduce((a, b) => a * b), 0);
    expect(values).toBe(134_515_008);
  });

  it('refuses checkpoints that lack a weight or have it in another shape', () => {
    const without = { ...llama.source, has: (name: string) => !name.includes('1.mlp.up_proj') };
    const detail = detailOf(() => decoderGraph(config, without));
    expect(detail).toMatchObject({
      ...{ code: 'checkpoint-shape', got: 'no such tensor', expected: '[40, 32]' },
      where: { tensor: 'model.layers.1.mlp.up_proj.weight' },
    });
    expect(detailOf(() => decoderGraph({ ...config, hidden: 41 }, llama.source))).toMatchObject({
      ...{ code: 'checkpoint-shape', got: '[40, 32]', expected: '[41, 32]' },
    });
  });

  it('refuses places that are not there, and to compute nothing', () => {
    expect(codeOf(() => decoderGraph(config, llama.source, { outputs: ['resid_post:2'] }))).toBe(
      'hook-unknown',
    );
    expect(codeOf(() => decoderGraph(config, llama.source, { logits: 'none' }))).toBe('graph-empty');
  });
});

function detailOf(action: () => unknown): MongeError['detail'] | null {
  try {
    action();
    return null;
  } catch (thrown) {
    return (thrown as MongeError).detail;
  }
}
