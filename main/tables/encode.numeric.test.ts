/** @file ONNX Runtime finds missing values by comparing numbers with themselves: its optimiser must not call that always true. */
import { expect, it } from 'vitest';
import { float32, toOnnx, trace } from '../../native-models';
import { openCompute } from '../compute/session';
import { encodeFeatures, encodeTensor } from './encode';

it('imputes inside a program as on the host', async () => {
  const encoding = {
    ...{ median: Float32Array.of(5, -1), mean: Float32Array.of(4, 2), scale: Float32Array.of(2, 10) },
    ...{ targetMean: Float32Array.of(0), targetScale: Float32Array.of(1) },
  };
  const raw = Float32Array.of(NaN, 3, 8, NaN, 1, 2);
  const graph = trace('encode', { raw: float32('rows', 2) }, ({ raw }) => ({
    x: encodeTensor(encoding, raw!),
  }));
  const session = await openCompute({ threads: 1 }).open(toOnnx(graph));
  const { x } = await session.run({ raw: { type: 'float32', data: raw, dims: [3, 2] } });
  expect([...x!.data]).toEqual([...encodeFeatures(encoding, raw).x]);
  expect(x!.data[0]).toBe(0.5);
  await session.close();
});
