/** @file Decoders: what a token may see, groups for hyperparameter transfer, multipliers, dropout, ties, initial values. */
import { describe, expect, it } from 'vitest';
import { evaluate, type HostArray } from '../evaluate/evaluate';
import { float32, int32, type TensorType } from '../ir/types';
import { stream } from '../random/stream';
import type { Tensor } from '../ir/tensor';
import { codeOf } from '../testing/code-of';
import { expectClose } from '../testing/expect-close';
import { trace } from '../trace/trace';
import { gpt, gptOptions, llamaOptions, type Gpt, type GptInputs, type GptOptions } from './gpt';
import { gptTensorTypes, tensorGroup } from './gpt-groups';

const SIZES = { vocabulary: 7, width: 8, layers: 2, heads: 2, context: 5 };

/** Initial values of a usable size, by name. */
function weights(model: Gpt, seed = 1): Record<string, HostArray> {
  return Object.fromEntries(
    Object.entries(model.initialise(seed)).map(([name, data]) => {
      const shape = model.parameters[name]!.shape as number[];
      return [name, { data: shape.length === 2 ? data.map((value) => 20 * value) : data, shape }];
    }),
  );
}

function logits(
  model: Gpt,
  parameters: Record<string, HostArray>,
  ids: readonly number[],
  extra: Record<string, { type: TensorType; value: HostArray }> = {},
): Float64Array {
  const types = Object.fromEntries(Object.entries(extra).map(([name, { type }]) => [name, type]));
  const graph = trace('gpt', { ...model.parameters, ids: int32(1, 5), ...types }, (inputs) => {
    const given: GptInputs & Record<string, Tensor | undefined> = {
      multipliers: inputs.multipliers,
      noise: inputs.noise,
    };
    return { logits: model.apply(inputs, inputs.ids!, given) };
  });
  const values = Object.fromEntries(Object.entries(extra).map(([name, { value }]) => [name, value]));
  return evaluate(graph, { ...parameters, ids: { data: ids, shape: [1, 5] }, ...values }).logits!.data;
}

const layouts: [string, GptOptions][] = [
  ['GPT', gptOptions(SIZES)],
  ['Llama with grouped heads', llamaOptions({ ...SIZES, heads: 4, kvHeads: 2 })],
  ['with query-key norm', { ...llamaOptions(SIZES), qkNorm: true }],
];

describe.each(layouts)('%s', (_title, options) => {
  const model = gpt(options);

  it('predicts from this and earlier tokens alone', () => {
    const before = logits(model, weights(model), [1, 2, 3, 4, 5]);
    const after = logits(model, weights(model), [1, 2, 3, 6, 0]);
    expectClose(after.slice(0, 21), before.slice(0, 21), { atol: 1e-13 });
    expect(Math.abs(after[3 * 7]! - before[3 * 7]!)).toBeGreaterThan(1e-3);
    const first = logits(model, weights(model), [6, 2, 3, 4, 5]);
    expect(Math.abs(first[4 * 7]! - before[4 * 7]!)).toBeGreaterThan(1e-4);
  });

  it('has every parameter in a group, with its block', () => {
    const groups = gptTensorTypes(model);
    expect(Object.keys(groups)).toEqual(Object.keys(model.parameters));
    const blocks = Object.values(groups).filter(({ layer }) => layer !== null);
    expect(new Set(blocks.map(({ layer }) => layer))).toEqual(new Set([0, 1]));
    expect(groups['model.embed_tokens.weight']).toEqual({ kind: 'embed', layer: null });
    expect(groups['model.layers.1.self_attn.o_proj.weight']).toEqual({ kind: 'attn.o', layer: 1 });
  });

  it('with residual multipliers of 0 is embedding, final norm and output map alone', () => {
    const multipliers = { type: float32(4), value: { data: [0, 0, 0, 0], shape: [4] } };
    const ones = { type: float32(4), value: { data: [1, 1, 1, 1], shape: [4] } };
    const parameters = weights(model);
    const silenced = Object.fromEntries(
      Object.entries(parameters).map(([name, { data, shape }]) => [
        name,
        /o_proj|down_proj/.test(name) ? { data: new Float32Array(data.length), shape } : { data, shape },
      ]),
    );
    const ids = [1, 2, 3, 4, 5];
    expectClose(logits(model, parameters, ids, { multipliers }), logits(model, silenced, ids), {
      atol: 1e-13,
    });
    expectClose(logits(model, parameters, ids, { multipliers: ones }), logits(model, parameters, ids), {
      atol: 1e-13,
    });
    expect(Math.abs(logits(model, parameters, ids)[0]! - logits(model, silenced, ids)[0]!)).toBeGreaterThan(
      1e-4,
    );
  });
});

describe('groups', () => {
  it('tell biases, norms, query-key gains and gates apart', () => {
    const type = (name: string) => tensorGroup(name).kind;
    expect(type('model.layers.0.self_attn.q_proj.bias')).toBe('bias.hidden');
    expect(type('model.layers.0.mlp.down_proj.bias')).toBe('bias.hidden');
    expect(type('model.layers.11.input_layernorm.bias')).toBe('norm.attn');
    expect(type('model.layers.0.post_attention_layernorm.weight')).toBe('norm.mlp');
    expect(type('model.layers.0.self_attn.k_norm.weight')).toBe('qk.k');
    expect(type('model.layers.0.mlp.gate_proj.weight')).toBe('mlp.gate');
    expect(type('model.norm.weight')).toBe('norm.final');
    expect(type('lm_head.weight')).toBe('unembed');
    expect(type('model.embed_positions.weight')).toBe('pos');
    expect(codeOf(() => tensorGroup('encoder.weight'))).toBe('tensor-group');
  });
});

describe('initial values', () => {
  it('are the same noise at every scale, times a deviation by type and block', () => {
    const plain = gpt(gptOptions(SIZES)).initialise(3);
    const scaled = gpt({
      ...gptOptions(SIZES),
      deviation: (type, layer) => (type === 'attn.q' && layer === 1 ? 0.06 : type === 'attn.o' ? 0.01 : 0.02),
    }).initialise(3);
    const name = 'model.layers.1.self_attn.q_proj.weight';
    expectClose(
      scaled[name]!,
      plain[name]!.map((value) => 3 * value),
      { rtol: 1e-6 },
    );
    const output = 'model.layers.0.self_attn.o_proj.weight';
    expectClose(plain[output]!, scaled[output]!, { rtol: 1e-6 });
    expect(plain['model.norm.weight']).toEqual(new Float32Array(8).fill(1));
  });

  it('have the deviation they are given', () => {
    const large = gpt({ ...llamaOptions({ ...SIZES, width: 64, heads: 4 }) }).initialise(0);
    const data = large['model.layers.0.mlp.up_proj.weight']!;
    const square = data.reduce((sum, value) => sum + value * value, 0) / data.length;
    expect(Math.abs(Math.sqrt(square) / 0.02 - 1)).toBeLessThan(0.03);
  });
});

describe('dropout', () => {
  const model = gpt({ ...gptOptions(SIZES), dropout: 0.5 });
  const shape = [4, 1, 5, 8];
  const noise = (data: ArrayLike<number>) => ({ noise: { type: float32(...shape), value: { data, shape } } });

  it('needs noise', () => {
    expect(codeOf(() => logits(model, weights(model), [0, 0, 0, 0, 0]))).toBe('dropout-noise');
    expect(codeOf(() => logits(gpt({ ...model.options, dropout: 1 }), {}, [0], noise([])))).toBe(
      'dropout-rate',
    );
  });

  it('drops where the noise is below the rate and scales the rest, so that keeping all doubles every branch', () => {
    const ids = [1, 2, 3, 4, 5];
    const parameters = weights(model);
    const kept = logits(model, parameters, ids, noise(new Float32Array(160).fill(0.7)));
    const plain = gpt(gptOptions(SIZES));
    const twice = { multipliers: { type: float32(4), value: { data: [2, 2, 2, 2], shape: [4] } } };
    expectClose(kept, logits(plain, parameters, ids, twice), { atol: 1e-12 });
    const none = { multipliers: { type: float32(4), value: { data: [0, 0, 0, 0], shape: [4] } } };
    const dropped = logits(model, parameters, ids, noise(new Float32Array(160).fill(0.3)));
    expectClose(dropped, logits(plain, parameters, ids, none), { atol: 1e-12 });
    const mixed = logits(model, parameters, ids, noise(stream(1, 'noise').uniform(new Float32Array(160))));
    expect(Array.from(mixed)).not.toEqual(Array.from(kept));
  });
});
