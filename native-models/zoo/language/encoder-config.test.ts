/** @file How configurations of encoders and of sentence-transformers become descriptions, and what is refused. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { MongeError } from '../../error';
import { codeOf } from '../../testing/code-of';
import { loadTensorFixture } from '../../testing/language-fixture';
import { encoderGraph } from './encoder';
import { encoderConfig, sentencePooling } from './encoder-config';

const defaults = JSON.parse(
  readFileSync(new URL('fixtures/encoder-defaults.json', import.meta.url), 'utf8'),
) as Record<string, Record<string, unknown>>;

describe('encoderConfig', () => {
  it.each(Object.keys(defaults))('gives %s the values of transformers for absent keys', (family) => {
    expect(encoderConfig({ model_type: family })).toEqual(encoderConfig(defaults[family]!));
  });

  it('reads sizes of images that are not square, and names of classes', () => {
    const config = encoderConfig({
      ...{ model_type: 'vit', image_size: [32, 48], patch_size: 16 },
      id2label: { 0: 'hare', 10: 'fox', 2: 'duck' },
    });
    expect(config.image).toEqual({ height: 32, width: 48, patchHeight: 16, patchWidth: 16, channels: 3 });
    expect(config.labels).toEqual(['hare', 'duck', 'fox']);
  });

  it.each([
    ['image_size', { model_type: 'vit', image_size: [1e9, 2] }],
    ['patch_size', { model_type: 'vit', image_size: 8, patch_size: 16 }],
    ['hidden_act', { model_type: 'bert', hidden_act: 'relu' }],
    ['is_decoder', { model_type: 'bert', is_decoder: true }],
    ['position_embedding_type', { model_type: 'bert', position_embedding_type: 'relative_key' }],
    ['num_attention_heads', { model_type: 'bert', hidden_size: 64, num_attention_heads: 7 }],
  ])('names %s where it is absurd or asks for what is not built', (key, json) => {
    let detail: MongeError['detail'] | null = null;
    try {
      encoderConfig(json);
    } catch (thrown) {
      detail = (thrown as MongeError).detail;
    }
    expect(detail).toMatchObject({ code: 'model-config', where: { key } });
  });

  it('refuses families that are not built here', () => {
    expect(codeOf(() => encoderConfig({ model_type: 'deberta-v2' }))).toBe('model-family');
  });
});

describe('sentencePooling', () => {
  const modules = (...kinds: string[]) =>
    kinds.map((kind, idx) => ({
      idx,
      name: `${idx}`,
      path: '',
      type: `sentence_transformers.models.${kind}`,
    }));

  it('reads what all-MiniLM-L6-v2 says', () => {
    const pooling = {
      ...{ word_embedding_dimension: 384, pooling_mode_cls_token: false, pooling_mode_mean_tokens: true },
      ...{ pooling_mode_max_tokens: false, pooling_mode_mean_sqrt_len_tokens: false },
    };
    expect(sentencePooling(modules('Transformer', 'Pooling', 'Normalize'), pooling)).toEqual({
      kind: 'mean',
      normalise: true,
    });
  });

  it('reads the shorter form of newer files, and folders without any', () => {
    expect(sentencePooling(modules('Transformer', 'Pooling'), { pooling_mode: 'cls' })).toEqual({
      kind: 'cls',
      normalise: false,
    });
    expect(sentencePooling(undefined, undefined)).toBe(null);
  });

  it.each([
    ['a further map', modules('Transformer', 'Pooling', 'Dense'), { pooling_mode_cls_token: true }],
    ['no list', {}, {}],
    ['no pooling', modules('Transformer', 'Pooling'), {}],
    [
      'two poolings',
      modules('Transformer', 'Pooling'),
      { pooling_mode_cls_token: true, pooling_mode_max_tokens: true },
    ],
    ['an unknown pooling', modules('Transformer', 'Pooling'), { pooling_mode_weightedmean_tokens: true }],
  ])('refuses %s', (_, list, pooling) => {
    expect(codeOf(() => sentencePooling(list, pooling))).toBe('sentence-modules');
  });
});

describe('encoderGraph', () => {
  const { config, source } = loadTensorFixture('bert');
  const bert = encoderConfig(config);

  it('has the roles of its blocks; a BERT has no norm before its branches', () => {
    const { hooks, inputs } = encoderGraph(bert, source);
    const roles = ['resid_pre', 'q', 'k', 'v', 'pattern', 'attn_out', 'resid_mid', 'norm_mlp_in'];
    expect(hooks.filter(({ layer }) => layer === 1).map(({ role }) => role)).toEqual([
      ...roles,
      ...['mlp_gate', 'mlp_act', 'mlp_out', 'resid_post'],
    ]);
    expect(inputs.map(({ name }) => name)).toEqual(['input_ids', 'attention_mask']);
  });

  it('refuses what the checkpoint does not have, and to compute nothing', () => {
    expect(codeOf(() => encoderGraph(bert, source, { logits: true }))).toBe('checkpoint-shape');
    expect(codeOf(() => encoderGraph(bert, source, { states: false }))).toBe('graph-empty');
    expect(codeOf(() => encoderGraph(bert, source, { outputs: ['norm_final'] }))).toBe('hook-unknown');
  });
});
