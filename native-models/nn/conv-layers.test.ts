/** @file Convolution layers, changes of resolution and GroupNorm against sums written out by hand. */
import { describe, expect, it } from 'vitest';
import { evaluate } from '../evaluate/evaluate';
import { gradient } from '../autodiff/gradient';
import { float32 } from '../ir/types';
import { multiply } from '../ops/arithmetic';
import { constant } from '../ops/constant';
import { reduceSum } from '../ops/reduction';
import { codeOf } from '../testing/code-of';
import { expectClose } from '../testing/expect-close';
import { centralDifferences } from '../testing/op-cases';
import { normalArray, runDouble, startOf } from '../testing/run-module';
import { trace } from '../trace/trace';
import { convLayer, convParameters, downsample, upsample, type ConvLayerOptions } from './conv-layers';
import { groupNorm, groupNormParameters } from './group-norm';
import { module } from './module';
import { timeSinusoids } from './time-embedding';

/** The layer on x in double precision, and its parameters. */
function layer(options: ConvLayerOptions, x: ReturnType<typeof normalArray>, settings = {}) {
  const parameters = startOf(module(convParameters('layer', options)));
  const { y } = runDouble({ ...parameters, x }, ({ x: input, ...rest }) => ({
    y: convLayer(rest, 'layer', input!, settings),
  }));
  return { y: y!, weight: parameters['layer.weight']!, bias: parameters['layer.bias']! };
}

describe('convolution layers', () => {
  it('on sequences slide a kernel with stride and padding', () => {
    const x = normalArray('sequence', 2, 3, 7);
    const { y, weight, bias } = layer({ inputs: 3, outputs: 4, kernel: 3, axes: 1 }, x, {
      stride: 2,
      padding: 1,
    });
    expect(y.shape).toEqual([2, 4, 4]);
    const expected: number[] = [];
    for (let row = 0; row < 2; row++)
      for (let output = 0; output < 4; output++)
        for (let place = 0; place < 4; place++) {
          let sum = bias.data[output]!;
          for (let channel = 0; channel < 3; channel++)
            for (let offset = 0; offset < 3; offset++) {
              const at = 2 * place + offset - 1;
              if (at >= 0 && at < 7)
                sum +=
                  weight.data[(output * 3 + channel) * 3 + offset]! * x.data[(row * 3 + channel) * 7 + at]!;
            }
          expected.push(sum);
        }
    expectClose(y.data, expected, { rtol: 1e-12, atol: 1e-12 });
  });

  it('on images keep groups of channels apart', () => {
    const x = normalArray('image', 1, 4, 3, 3);
    const options = { inputs: 4, outputs: 6, kernel: 1, groups: 2 };
    const { y, weight } = layer(options, x, { groups: 2 });
    expect(weight.shape).toEqual([6, 2, 1, 1]);
    // What the second group sees changes the outputs 3, 4, 5 and no other.
    const moved = { ...x, data: x.data.map((value, at) => (at >= 18 ? value + 1 : value)) };
    const other = layer(options, moved, { groups: 2 }).y;
    const changed = (output: number) =>
      y.data.subarray(output * 9, output * 9 + 9).some((value, at) => value !== other.data[output * 9 + at]);
    expect([0, 1, 2, 3, 4, 5].map(changed)).toEqual([false, false, false, true, true, true]);
    let first = layer(options, x, { groups: 2 }).bias.data[5]!;
    for (const channel of [2, 3]) first += weight.data[5 * 2 + channel - 2]! * x.data[channel * 9]!;
    expectClose([y.data[5 * 9]!], [first], { rtol: 1e-12, atol: 1e-12 });
  });

  it('start within ±1/√fan-in, or at 0', () => {
    const start = startOf(module(convParameters('a', { inputs: 6, outputs: 40, kernel: 3, groups: 2 })));
    const limit = 1 / Math.sqrt(3 * 9);
    for (const { data } of Object.values(start)) {
      const largest = Math.max(...Array.from(data, Math.abs));
      expect(largest).toBeLessThanOrEqual(limit);
      expect(largest).toBeGreaterThan(0.8 * limit);
    }
    const zero = startOf(module(convParameters('a', { inputs: 2, outputs: 2, kernel: 3, zero: true })));
    for (const { data } of Object.values(zero))
      expect(Array.from(data).every((value) => value === 0)).toBe(true);
  });

  it('halve a size of 7 to 4, and double one of 3 to 6', () => {
    const table = convParameters('sample', { inputs: 2, outputs: 2, kernel: 3 });
    const parameters = startOf(module(table));
    const { down, up } = runDouble(
      { ...parameters, x: normalArray('seven', 1, 2, 7, 7), z: normalArray('three', 1, 2, 3, 3) },
      ({ x, z, ...rest }) => ({ down: downsample(rest, 'sample', x!), up: upsample(rest, 'sample', z!) }),
    );
    expect(down!.shape).toEqual([1, 2, 4, 4]);
    expect(up!.shape).toEqual([1, 2, 6, 6]);
  });

  it('leave the batch size open', () => {
    const graph = trace('open', { x: float32('batch', 2, 4, 4) }, ({ x }) => {
      const weights = {
        'a.weight': constant(new Float32Array(18), [1, 2, 3, 3]),
        'a.bias': constant([2]),
      };
      return { y: convLayer(weights, 'a', x!, { padding: 1 }) };
    });
    const { y } = evaluate(graph, { x: { data: new Float32Array(96), shape: [3, 2, 4, 4] } });
    expect(y!.shape).toEqual([3, 1, 4, 4]);
    expect(new Set(y!.data)).toEqual(new Set([2]));
  });
});

describe('GroupNorm', () => {
  const x = normalArray('groups', 2, 6, 2, 2);
  const parameters = {
    'norm.weight': { data: [1, 2, 3, 4, 5, 6], shape: [6] },
    'norm.bias': { data: [0, 1, 0, -1, 0, 2], shape: [6] },
  };

  it('normalises every group of every row by itself, then scales and shifts channels', () => {
    const { y } = runDouble({ ...parameters, x }, ({ x: input, ...rest }) => ({
      y: groupNorm(rest, 'norm', input!, 3),
    }));
    const expected = Array.from(x.data, (value, flat) => {
      // Two channels of four positions are one group of eight neighbours in memory.
      const start = Math.floor(flat / 8) * 8;
      const group = x.data.subarray(start, start + 8);
      const mean = group.reduce((sum, entry) => sum + entry, 0) / 8;
      const variance = group.reduce((sum, entry) => sum + (entry - mean) ** 2, 0) / 8;
      const channel = Math.floor(flat / 4) % 6;
      const normal = (value - mean) / Math.sqrt(variance + 1e-5);
      return normal * parameters['norm.weight'].data[channel]! + parameters['norm.bias'].data[channel]!;
    });
    expectClose(y!.data, expected, { rtol: 1e-10, atol: 1e-12 });
  });

  it('has the gradient of central differences', () => {
    const weights = normalArray('weights', 2, 6, 2, 2);
    const run = (data: Float64Array, differentiate: boolean) =>
      runDouble(
        { ...parameters, x: { data, shape: x.shape }, weights },
        ({ x: input, weights: w, ...rest }) => {
          const loss = reduceSum(multiply(groupNorm(rest, 'norm', input!, 2), w!));
          return differentiate ? { result: gradient(loss, [input!])[0]! } : { result: loss };
        },
      ).result!.data;
    const expected = centralDifferences(x.data, (data) => run(data, false)[0]!);
    expectClose(run(x.data, true), expected, { rtol: 1e-6, atol: 1e-7 });
  });

  it('starts as plain normalisation and refuses groups that do not divide', () => {
    const start = startOf(module(groupNormParameters('norm', 6)));
    expect(Array.from(start['norm.weight']!.data)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(
      codeOf(() =>
        runDouble({ ...start, x }, ({ x: input, ...rest }) => ({ y: groupNorm(rest, 'norm', input!, 4) })),
      ),
    ).toBe('group-count');
  });
});

describe('time sinusoids', () => {
  it('are cosines, then sines, of ever longer wavelengths', () => {
    const { y } = runDouble({ t: { data: [0, 0.003], shape: [2, 1] } }, ({ t }) => ({
      y: timeSinusoids(t!, 4),
    }));
    expectClose(y!.data, [1, 1, 0, 0, Math.cos(3), Math.cos(0.03), Math.sin(3), Math.sin(0.03)], {
      rtol: 1e-12,
      atol: 1e-12,
    });
    expect(codeOf(() => trace('odd', { t: float32(1, 1) }, ({ t }) => ({ y: timeSinusoids(t!, 3) })))).toBe(
      'embedding-width',
    );
  });
});
