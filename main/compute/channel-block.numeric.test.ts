/** @file The blocked convolution kernels give the values and gradients of the plain ones, at any stride and kernel size. */
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import {
  conv,
  float32,
  gradient,
  multiply,
  reduceSum,
  stream,
  toModel,
  toOnnx,
  trace,
} from '../../native-models';
import { expectClose } from '../../native-models/testing/expect-close';
import { channelBlock } from './channel-block';
import { feeds, numbers } from './testing/runtime-feeds';

const block = await channelBlock();
if (block === undefined) console.warn('skipped: this ONNX Runtime has no blocked convolution kernels here');

describe.skipIf(block === undefined)('blocked convolution', () => {
  it.each([
    { x: [3, 16, 6, 5], w: [32, 16, 3, 3], options: { padding: 1 } },
    { x: [2, 32, 7, 7], w: [16, 32, 3, 3], options: { padding: 1, stride: 2 } },
    { x: [2, 16, 4, 4], w: [48, 16, 1, 1], options: {} },
    { x: [1, 16, 5, 5], w: [16, 16, 5, 5], options: { padding: 2 } },
  ])('of $x with $w, options $options', async ({ x: xShape, w: wShape, options }) => {
    const types = { x: float32(...xShape), w: float32(...wShape) };
    const graph = trace('convolution', types, ({ x, w }) => {
      const y = conv(x!, w!, options);
      const [dx, dw] = gradient(reduceSum(multiply(y, y)), [x!, w!]);
      return { y, dx: dx!, dw: dw! };
    });
    const values = Object.fromEntries(
      Object.entries(types).map(([name, { shape }]) => {
        const sizes = shape as number[];
        const size = sizes.reduce((product, length) => product * length, 1);
        return [name, { data: stream(1, name).normal(new Float32Array(size)), shape: sizes }];
      }),
    );
    const results: Record<string, ort.Tensor>[] = [];
    for (const lowering of [{}, { channelBlock: block }]) {
      const session = await ort.InferenceSession.create(toOnnx(graph, lowering), { logSeverityLevel: 3 });
      results.push(await session.run(feeds(values, types)));
      await session.release();
    }
    const used = toModel(graph, { channelBlock: block }).graph!.node!.filter((node) => node.domain);
    expect(used.length).toBeGreaterThan(0);
    for (const name of ['y', 'dx', 'dw']) {
      const expected = numbers(results[0]![name]!);
      const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expectClose(numbers(results[1]![name]!), expected, { atol: 1e-5 * largest });
    }
  });
});
