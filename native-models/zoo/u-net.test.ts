/** @file The U-Net as a whole: shapes at the sizes it is for, a first velocity of 0, what conditions it, and refusals. */
import { describe, expect, it } from 'vitest';
import { float32 } from '../ir/types';
import { codeOf } from '../testing/code-of';
import { normalArray, runDouble, startOf } from '../testing/run-module';
import { trace } from '../trace/trace';
import { uNet, type UNetOptions } from './u-net';

const small: UNetOptions = {
  channels: 1,
  size: 4,
  widths: [2, 4],
  blocks: 1,
  groups: 2,
  embedding: 4,
  conditioning: 'film',
  attention: true,
  classes: 3,
};

describe('the U-Net', () => {
  it('takes 28×28 images through 14×14 and 7×7 and back, at any batch size', () => {
    const network = uNet({
      ...small,
      size: 28,
      widths: [32, 64, 128],
      groups: 8,
      embedding: 128,
      classes: 0,
      attention: false,
    });
    const graph = trace(
      'images',
      { ...network.parameters, x: float32('batch', 1, 28, 28), t: float32('batch', 1) },
      ({ x, t, ...parameters }) => ({ y: network.apply(parameters, x!, t!) }),
    );
    expect(graph.outputs[0]!.tensor.shape).toEqual(['batch', 1, 28, 28]);
    const shapes = graph.nodes.flatMap((node) => node.outputs.map((output) => output.shape.join()));
    for (const shape of ['batch,32,28,28', 'batch,64,14,14', 'batch,128,7,7'])
      expect(shapes).toContain(shape);
  });

  it('says 0 at first, and then depends on image, time and class', () => {
    const network = uNet(small);
    const parameters = startOf(network);
    const inputs = {
      x: normalArray('image', 1, 1, 4, 4),
      t: { data: [0.3], shape: [1, 1] },
      label: { data: [1], shape: [1] },
    };
    const run = (changes: object, weights = parameters) =>
      runDouble(
        { ...weights, ...inputs, ...changes },
        ({ x, t, label, ...rest }) => ({ y: network.apply(rest, x!, t!, label) }),
        ['label'],
      ).y!.data;
    expect(run({}).every((value) => value === 0)).toBe(true);
    const last = parameters['output.conv.weight']!;
    const trained = {
      ...parameters,
      'output.conv.weight': { data: Array.from(last.data, (_, at) => Math.cos(at)), shape: last.shape },
    };
    const base = run({}, trained);
    expect(base.some((value) => value !== 0)).toBe(true);
    for (const change of [
      { x: normalArray('another image', 1, 1, 4, 4) },
      { t: { data: [0.31], shape: [1, 1] } },
      { label: { data: [2], shape: [1] } },
    ])
      expect(run(change, trained)).not.toEqual(base);
  });

  it('refuses sizes that do not halve, and classes without labels', () => {
    expect(codeOf(() => uNet({ ...small, size: 6, widths: [2, 2, 2] }))).toBe('image-size');
    expect(codeOf(() => uNet({ ...small, widths: [] }))).toBe('image-size');
    const network = uNet(small);
    const types = { ...network.parameters, x: float32(1, 1, 4, 4), t: float32(1, 1) };
    expect(
      codeOf(() =>
        trace('unlabelled', types, ({ x, t, ...parameters }) => ({ y: network.apply(parameters, x!, t!) })),
      ),
    ).toBe('missing-input');
  });
});
