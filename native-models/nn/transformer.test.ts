/** @file Transformer layers: products of matrices only, masks, patches, positions, pooling, and attention step by step. */
import { describe, expect, it } from 'vitest';
import { gradient } from '../autodiff/gradient';
import { evaluate, type HostArray } from '../evaluate/evaluate';
import { float32, int32 } from '../ir/types';
import { reduceSum, slice, reshape, square, concat, constant } from '..';
import { stream } from '../random/stream';
import { codeOf } from '../testing/code-of';
import { expectClose } from '../testing/expect-close';
import { trace } from '../trace/trace';
import { attention, attentionParameters } from './attention';
import { attentionStep, type AttentionCache } from './attention-step';
import { linear, linearParameters } from './linear';
import { causalMask, prefixMask } from './mask';
import { module } from './module';
import { nextPatchLoss, standardisePatches } from './patch-loss';
import { patchify, unpatchify } from './patches';
import { gridPositions, timestepFeatures } from './positions';
import { rotary, rotaryTables } from './rotary';

function normals(name: string, ...shape: number[]): HostArray {
  const size = shape.reduce((product, dim) => product * dim, 1);
  return { data: stream(1, name).normal(new Float32Array(size)), shape };
}

describe('linear', () => {
  it('is one Gemm forward and two backward, whatever the rank', () => {
    const graph = trace(
      'linear',
      { x: float32(4, 3, 5), 'layer.weight': float32(5, 2), 'layer.bias': float32(2) },
      (inputs) => {
        const y = linear(inputs, 'layer', inputs.x!);
        const slopes = gradient(reduceSum(square(y)), [inputs.x!, inputs['layer.weight']!]);
        return { y, x: slopes[0]!, weight: slopes[1]! };
      },
    );
    const names = graph.nodes.map(({ op }) => op.name);
    expect(names.filter((name) => name === 'Gemm')).toHaveLength(3);
    expect(names).not.toContain('MatMul');
  });

  it('puts a scale into weight and bias', () => {
    const graph = trace(
      'scaled',
      { x: float32(2, 3), 'layer.weight': float32(3, 2), 'layer.bias': float32(2) },
      (inputs) => ({
        y: linear(inputs, 'layer', inputs.x!),
        twice: linear(inputs, 'layer', inputs.x!, { scale: constant(2, [], 'float32') }),
      }),
    );
    const results = evaluate(graph, {
      x: normals('x', 2, 3),
      'layer.weight': normals('w', 3, 2),
      'layer.bias': normals('b', 2),
    });
    expectClose(
      results.twice!.data,
      results.y!.data.map((value) => 2 * value),
      { rtol: 1e-12 },
    );
  });

  it('has the initial values asked for', () => {
    const plain = linearParameters('layer', 4, 2);
    expect(plain['layer.weight']!.limit).toBe(0.5);
    expect(plain['layer.bias']!.limit).toBe(0.5);
    const zero = linearParameters('layer', 4, 2, { initial: { deviation: 0.1 } });
    expect(zero['layer.bias']).toEqual({ type: float32(2), value: 0 });
    expect(Object.keys(linearParameters('layer', 4, 2, { bias: false }))).toEqual(['layer.weight']);
  });
});

describe('masks', () => {
  it('with prefixes of 1 and all are the causal mask and none', () => {
    const graph = trace('masks', { prefix: int32(3) }, ({ prefix }) => ({
      prefix: prefixMask(prefix!, 4),
      causal: causalMask(4),
    }));
    const results = evaluate(graph, { prefix: { data: [1, 4, 2], shape: [3] } });
    expect(results.prefix!.shape).toEqual([3, 1, 4, 4]);
    const [first, second, third] = [0, 1, 2].map((row) =>
      Array.from(results.prefix!.data.slice(16 * row, 16 * (row + 1)), (value) => (value === 0 ? 1 : 0)),
    );
    expect(first).toEqual(Array.from(results.causal!.data, (value) => (value === 0 ? 1 : 0)));
    expect(first).toEqual([1, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 1]);
    expect(second).toEqual(new Array(16).fill(1));
    expect(third).toEqual([1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 1]);
  });
});

describe('patches', () => {
  it('are cut in raster order and flattened channel first; unpatchify is the inverse', () => {
    const graph = trace('patches', { images: float32('batch', 2, 4, 6) }, ({ images }) => {
      const patches = patchify(images!, 2);
      return { patches, back: unpatchify(patches, { rows: 2, columns: 3, size: 2, channels: 2 }) };
    });
    const data = Float32Array.from({ length: 48 }, (_, at) => at);
    const { patches, back } = evaluate(graph, { images: { data, shape: [1, 2, 4, 6] } });
    expect(patches!.shape).toEqual([1, 6, 8]);
    expect(Array.from(patches!.data.slice(8, 16))).toEqual([2, 3, 8, 9, 26, 27, 32, 33]);
    expect(Array.from(patches!.data.slice(24, 32))).toEqual([12, 13, 18, 19, 36, 37, 42, 43]);
    expect(Array.from(back!.data)).toEqual(Array.from(data));
  });

  it('must tile the image', () => {
    expect(codeOf(() => trace('bad', { x: float32(1, 1, 5, 4) }, ({ x }) => ({ y: patchify(x!, 2) })))).toBe(
      'patch-size',
    );
  });

  it('are standardised with the unbiased variance', () => {
    const graph = trace('standardise', { x: float32(1, 1, 4) }, ({ x }) => ({ y: standardisePatches(x!) }));
    const { y } = evaluate(graph, { x: { data: [1, 2, 3, 6], shape: [1, 1, 4] } });
    const deviation = Math.sqrt((4 + 1 + 0 + 9) / 3);
    expectClose(
      y!.data,
      [-2, -1, 0, 3].map((value) => value / deviation),
      { rtol: 1e-6 },
    );
  });

  it('before and in the prefix do not count in the loss; without any other it is 0', () => {
    const graph = trace(
      'loss',
      { predictions: float32(2, 3, 4), patches: float32(2, 3, 4), prefix: int32(2) },
      ({ predictions, patches, prefix }) => ({
        loss: nextPatchLoss(predictions!, patches!, prefix!),
        targets: standardisePatches(patches!),
      }),
    );
    const patches = normals('patches', 2, 3, 4);
    const zeros = { data: new Float32Array(24), shape: [2, 3, 4] };
    const run = (prefix: number[]) =>
      evaluate(graph, { predictions: zeros, patches, prefix: { data: prefix, shape: [2] } });
    const { targets } = run([1, 1]);
    const meanSquare = (patch: number) =>
      targets!.data.slice(4 * patch, 4 * patch + 4).reduce((sum, value) => sum + value ** 2, 0) / 4;
    // Sample 0 with prefix 2 keeps the target at place 2; sample 1 with prefix 1 those at 1 and 2.
    const expected = (meanSquare(2) + meanSquare(4) + meanSquare(5)) / 3;
    expectClose(run([2, 1]).loss!.data, [expected], { rtol: 1e-7 });
    expect(run([3, 3]).loss!.data[0]).toBe(0);
  });
});

describe('positions', () => {
  it('have the column first, and rates that fall with the feature', () => {
    const table = gridPositions(2, 3, 8);
    const token = Array.from(table.slice(8 * 5, 8 * 6));
    const [column, row] = [2, 1];
    const rates = [1, 0.01];
    const expected = [
      ...rates.map((rate) => Math.sin(column * rate)),
      ...rates.map((rate) => Math.cos(column * rate)),
      ...rates.map((rate) => Math.sin(row * rate)),
      ...rates.map((rate) => Math.cos(row * rate)),
    ];
    expectClose(token, expected, { rtol: 1e-14 });
    expect(codeOf(() => gridPositions(2, 2, 6))).toBe('position-width');
  });

  it('of times have cosines first and 1000 times the time', () => {
    const graph = trace('time', { t: float32('batch') }, ({ t }) => ({
      y: timestepFeatures(t!, { features: 4 }),
    }));
    const { y } = evaluate(graph, { t: { data: [0.002], shape: [1] } });
    expectClose(y!.data, [Math.cos(2), Math.cos(0.02), Math.sin(2), Math.sin(0.02)], { rtol: 1e-6 });
  });

  it('by rotation leave norms alone, and scores depend on distances only', () => {
    const graph = trace('rotary', { x: float32(1, 1, 6, 4) }, ({ x }) => ({
      y: rotary(x!, rotaryTables({ tokens: 6, headWidth: 4 })),
    }));
    const vector = [0.3, -1, 2, 0.5];
    const { y } = evaluate(graph, {
      x: { data: Array.from({ length: 24 }, (_, at) => vector[at % 4]!), shape: [1, 1, 6, 4] },
    });
    const row = (place: number) => Array.from(y!.data.slice(4 * place, 4 * place + 4));
    const dot = (left: number[], right: number[]) =>
      left.reduce((sum, value, at) => sum + value * right[at]!, 0);
    expectClose([dot(row(3), row(3))], [dot(vector, vector)], { rtol: 1e-6 });
    expectClose([dot(row(4), row(2))], [dot(row(3), row(1))], { rtol: 1e-6 });
    // The pair (feature, feature + half) turns by the position: half-split, not interleaved.
    expectClose([row(1)[0]!], [vector[0]! * Math.cos(1) - vector[2]! * Math.sin(1)], { rtol: 1e-6 });
    expect(codeOf(() => rotaryTables({ tokens: 2, headWidth: 3 }))).toBe('head-width');
  });
});

describe('attention', () => {
  const options = { width: 8, heads: 4, kvHeads: 2, bias: true, qkNorm: true };
  const network = module(attentionParameters('layer', options));
  const parameters = Object.fromEntries(
    Object.entries(network.parameters).map(([name, { shape }]) => [
      name,
      normals(name, ...(shape as number[])),
    ]),
  );

  it('token by token with kept keys and values is causal attention', () => {
    const tokens = 4;
    const graph = trace('steps', { ...network.parameters, x: float32(2, tokens, 8) }, (inputs) => {
      const whole = attention(inputs, 'layer', inputs.x!, options, { mask: causalMask(tokens) });
      const empty = constant(0, [2, 2, tokens, 2], 'float32');
      let cache: AttentionCache = { keys: empty, values: empty };
      const results = Array.from({ length: tokens }, (_, at) => {
        const token = slice(inputs.x!, { axis: 1, start: at, end: at + 1 });
        const here = constant(Float32Array.from({ length: tokens }, (_, other) => Number(other === at)));
        const mask = reshape(slice(causalMask(tokens), { axis: 0, start: at, end: at + 1 }), [tokens]);
        const step = attentionStep(inputs, 'layer', token, options, cache, { here, mask });
        cache = step.cache;
        return step.result;
      });
      return { whole, steps: concat(results, 1) };
    });
    const { whole, steps } = evaluate(graph, { ...parameters, x: normals('tokens', 2, tokens, 8) });
    expectClose(steps!.data, whole!.data, { atol: 1e-12 });
  });

  it('needs heads that divide', () => {
    expect(codeOf(() => attentionParameters('layer', { width: 6, heads: 4, bias: false }))).toBe(
      'attention-heads',
    );
    expect(codeOf(() => attentionParameters('layer', { width: 8, heads: 4, kvHeads: 3, bias: false }))).toBe(
      'attention-heads',
    );
  });
});
