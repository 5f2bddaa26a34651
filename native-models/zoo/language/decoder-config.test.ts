/** @file How configurations of every family and age become descriptions, and what is refused. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { MongeError } from '../../error';
import { codeOf } from '../../testing/code-of';
import { languageFixtures, loadLanguageFixture } from '../../testing/language-fixture';
import { decoderConfig } from './decoder-config';

const defaults = JSON.parse(
  readFileSync(new URL('fixtures/decoder-defaults.json', import.meta.url), 'utf8'),
) as Record<string, Record<string, unknown>>;

describe('decoderConfig', () => {
  it.each(Object.keys(defaults))('gives %s the values of transformers for absent keys', (family) => {
    expect(decoderConfig({ model_type: family })).toEqual(decoderConfig(defaults[family]!));
  });

  it.each(languageFixtures)('reads the keys of older files of %s', (name) => {
    const { config, older } = loadLanguageFixture(name);
    if (older) expect(decoderConfig(older)).toEqual(decoderConfig(config));
    else expect(name).toBe('gpt2');
  });

  it('describes SmolLM2-135M by its published configuration', () => {
    const config = decoderConfig({
      architectures: ['LlamaForCausalLM'],
      model_type: 'llama',
      hidden_size: 576,
      intermediate_size: 1536,
      max_position_embeddings: 8192,
      num_attention_heads: 9,
      num_hidden_layers: 30,
      num_key_value_heads: 3,
      rms_norm_eps: 1e-5,
      rope_scaling: null,
      rope_theta: 100000,
      tie_word_embeddings: true,
      vocab_size: 49152,
    });
    expect(config).toMatchObject({
      ...{ family: 'llama', vocabulary: 49152, width: 576, layers: 30, heads: 9, kvHeads: 3, headWidth: 64 },
      ...{ hidden: 1536, context: 8192, epsilon: 1e-5, attentionScale: 1 / 8, mlp: 'swiglu', tied: true },
    });
    expect(config.positions).toMatchObject({ kind: 'rotary' });
    expect(config.windows.every((window) => window === null)).toBe(true);
  });

  it('takes the decoder out of a model that also takes images', () => {
    const { config } = loadLanguageFixture('gemma3');
    expect(decoderConfig({ model_type: 'gemma3', text_config: config, vision_config: {} })).toEqual(
      decoderConfig(config),
    );
  });

  it('refuses families that are not built here', () => {
    expect(codeOf(() => decoderConfig({ model_type: 'mamba' }))).toBe('model-family');
    expect(codeOf(() => decoderConfig({}))).toBe('model-family');
    expect(codeOf(() => decoderConfig({ model_type: 'toString' }))).toBe('model-family');
  });

  const llama = { model_type: 'llama' };
  it.each([
    ['num_hidden_layers', { ...llama, num_hidden_layers: 1e9 }],
    ['num_hidden_layers', { ...llama, num_hidden_layers: 0 }],
    ['hidden_size', { ...llama, hidden_size: -576 }],
    ['hidden_size', { ...llama, hidden_size: 57.6 }],
    ['hidden_size', { ...llama, hidden_size: '576' }],
    ['num_attention_heads', { ...llama, hidden_size: 576, num_attention_heads: 7 }],
    ['num_key_value_heads', { ...llama, num_attention_heads: 8, num_key_value_heads: 3 }],
    ['vocab_size', { ...llama, vocab_size: 1e15 }],
    ['rms_norm_eps', { ...llama, rms_norm_eps: 'NaN' }],
    ['hidden_act', { ...llama, hidden_act: 'relu' }],
    ['rope_scaling.rope_type', { ...llama, rope_scaling: { rope_type: 'dynamic', factor: 2 } }],
    ['rope_scaling.factor', { ...llama, rope_scaling: { type: 'linear' } }],
    ['rope_parameters', { ...llama, rope_parameters: [1] }],
    [
      'rope_parameters.short_factor',
      {
        model_type: 'phi3',
        rope_parameters: { rope_type: 'longrope', short_factor: [1, 2], long_factor: [1, 2] },
      },
    ],
    ['layer_types', { model_type: 'gemma2', num_hidden_layers: 3, layer_types: ['full_attention'] }],
    ['partial_rotary_factor', { ...llama, partial_rotary_factor: 1.5 }],
    ['n_head', { model_type: 'gpt2', n_embd: 64, n_head: 5 }],
    ['scale_attn_by_inverse_layer_idx', { model_type: 'gpt2', scale_attn_by_inverse_layer_idx: true }],
    ['use_bidirectional_attention', { model_type: 'gemma3_text', use_bidirectional_attention: true }],
  ])('names %s where it is absurd, contradicts another or asks for what is not built', (key, json) => {
    let detail: MongeError['detail'] | null = null;
    try {
      decoderConfig(json);
    } catch (thrown) {
      detail = (thrown as MongeError).detail;
    }
    expect(detail).toMatchObject({ code: 'model-config', blame: 'input', where: { key } });
  });
});
