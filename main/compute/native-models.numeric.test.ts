import * as ort from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { trace, gradient, matmul, affine, silu, reduceMean, square, subtract, toOnnx, printGraph, float32, scan, add, multiply, reshape, concat } from '../../native-models';
it('runs', async () => {
  const graph = trace('step', { x: float32(5, 3), w: float32(3, 4), b: float32(4), y: float32(5, 4) }, ({ x, w, b, y }) => {
    const loss = reduceMean(square(subtract(silu(affine(x!, w!, b!)), y!)));
    const [dw, db] = gradient(loss, [w!, b!]);
    const looped = scan({ carry: { w: w! }, over: { x: reshape(x!, [5, 1, 3]) }, length: 5, body: ({ w }, { x }) => ({ carry: { w: add(w!, 1) }, outputs: { m: matmul(x!, multiply(w!, b!)) } }) });
    return { loss, dw: dw!, db: db!, last: looped.carry.w!, all: looped.outputs.m! };
  });
  console.log(printGraph(graph));
  const session = await ort.InferenceSession.create(toOnnx(graph));
  const f = (n: number, s: number[]) => new ort.Tensor('float32', Float32Array.from({ length: n }, (_, i) => Math.sin(i)), s);
  const out = await session.run({ x: f(15, [5, 3]), w: f(12, [3, 4]), b: f(4, [4]), y: f(20, [5, 4]) });
  console.log(out.loss!.data, out.dw!.dims, out.last!.data, out.all!.dims);
  expect(1).toBe(1);
});
