/** @file What native-models emits, run on ONNX Runtime: every operation against its reference, and whole graphs. */
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import {
  add,
  constant,
  declaredOps,
  evaluate,
  expand,
  float32,
  gradient,
  inferenceGraph,
  reduceMean,
  reduceSum,
  reshape,
  scan,
  slice,
  stream,
  toOnnx,
  trace,
} from '../../native-models';
import { toyNetwork } from '../../native-models/testing/toy-program';
import { caseGraph, caseTypes, caseValues } from '../../native-models/testing/op-cases';
import { expectClose } from '../../native-models/testing/expect-close';
import { feeds, numbers } from './testing/runtime-feeds';

const rows = declaredOps().flatMap((op) =>
  op.cases.map((sample, position) => ({ op, sample, title: `${op.name} case ${position + 1}` })),
);

describe.each(rows)('$title on ONNX Runtime', ({ op, sample }) => {
  it('gives the values of the plain-loop reference, with the inferred shapes and element types', async () => {
    const graph = caseGraph(op, sample);
    const values = caseValues(op, sample);
    const session = await ort.InferenceSession.create(toOnnx(graph), { intraOpNumThreads: 1 });
    const results = await session.run(feeds(values, caseTypes(sample)));
    const expected = evaluate(graph, values);
    for (const { name, tensor } of graph.outputs) {
      const result = results[name]!;
      expect(result.dims).toEqual(tensor.shape);
      expect(result.type).toBe(tensor.dtype);
      expectClose(numbers(result), expected[name]!.data, { rtol: 1e-5, atol: 1e-6 });
    }
    await session.release();
  });
});

describe('graphs on ONNX Runtime', () => {
  it('an exported model runs at any batch size, with its divergence by autodiff', async () => {
    const parameters = Object.fromEntries(
      Object.entries(toyNetwork.initialise(1)).map(([name, data]) => [
        name,
        { data, shape: toyNetwork.parameters[name]!.shape as readonly number[] },
      ]),
    );
    const graph = inferenceGraph({
      name: 'velocity',
      parameters,
      inputs: { x: float32('batch', 2), t: float32('batch', 1) },
      build: (weights, { x, t }) => {
        const velocity = toyNetwork.apply(weights, x!, t!);
        const parts = [0, 1].map((axis) => {
          const coordinate = { axis: 1, start: axis, end: axis + 1 };
          const [slope] = gradient(reduceSum(slice(velocity, coordinate)), [x!]);
          return slice(slope!, coordinate);
        });
        return { velocity, divergence: add(parts[0]!, parts[1]!) };
      },
    });
    const session = await ort.InferenceSession.create(toOnnx(graph));
    for (const rows of [1, 7]) {
      const values = {
        x: { data: stream(1, 'x').normal(new Float32Array(rows * 2)), shape: [rows, 2] },
        t: { data: stream(1, 't').uniform(new Float32Array(rows)), shape: [rows, 1] },
      };
      const results = await session.run(feeds(values, { x: float32(), t: float32() }));
      const expected = evaluate(graph, values);
      for (const name of ['velocity', 'divergence']) {
        expect(results[name]!.dims).toEqual(expected[name]!.shape);
        expectClose(numbers(results[name]!), expected[name]!.data, { rtol: 1e-4, atol: 1e-6 });
      }
    }
    await session.release();
  });

  it('expands and reshapes along symbolic sizes, also inside a loop', async () => {
    const graph = trace('symbolic', { x: float32('rows', 3), y: float32('columns') }, ({ x, y }) => {
      const grid = expand(reshape(y!, [1, 'columns']), ['rows', 'columns']);
      const looped = scan({
        carry: { sum: reshape(x!, ['rows', 1, 3]) },
        over: {},
        length: 2,
        body: ({ sum }) => ({ carry: { sum: add(sum!, expand(reduceSum(sum!), sum!.shape)) }, outputs: {} }),
      });
      return { grid, zeros: gradient(reduceSum(y!), [x!])[0]!, ...looped.carry };
    });
    const values = {
      x: { data: [1, 2, 3, 4, 5, 6], shape: [2, 3] },
      y: { data: [7, 8, 9, 10], shape: [4] },
    };
    const session = await ort.InferenceSession.create(toOnnx(graph));
    const results = await session.run(feeds(values, { x: float32(), y: float32() }));
    for (const [name, { data, shape }] of Object.entries(evaluate(graph, values))) {
      expect(results[name]!.dims).toEqual(shape);
      expectClose(numbers(results[name]!), data, {});
    }
    await session.release();
  });

  it('sums beyond a million values keep their precision', async () => {
    const count = 3_000_001;
    const graph = trace('long', { x: float32(count) }, ({ x }) => ({
      sum: reduceSum(x!),
      mean: reduceMean(x!),
    }));
    const session = await ort.InferenceSession.create(toOnnx(graph));
    const results = await session.run({
      x: new ort.Tensor('float32', new Float32Array(count).fill(0.1), [count]),
    });
    expectClose(numbers(results.sum!), [count * Math.fround(0.1)], { rtol: 1e-5 });
    expectClose(numbers(results.mean!), [Math.fround(0.1)], { rtol: 1e-5 });
    await session.release();
  });

  it('constants, inputs and one value under two names can be outputs; a body may return what it was given', async () => {
    const graph = trace('names', { x: float32(2) }, ({ x }) => {
      const doubled = add(x!, x!);
      const looped = scan({
        carry: { left: x!, right: doubled },
        over: {},
        length: 2,
        body: ({ left, right }) => ({
          carry: { left: right!, right: left! },
          outputs: { seen: left!, outer: doubled },
        }),
      });
      return {
        same: x!,
        first: doubled,
        second: doubled,
        fixed: constant([1, 2]),
        ...looped.outputs,
        ...looped.carry,
      };
    });
    const session = await ort.InferenceSession.create(toOnnx(graph));
    const results = await session.run({ x: new ort.Tensor('float32', Float32Array.of(1, 3), [2]) });
    const expected = evaluate(graph, { x: { data: [1, 3], shape: [2] } });
    for (const name of Object.keys(expected)) expectClose(numbers(results[name]!), expected[name]!.data, {});
    expect(Object.keys(results).sort()).toEqual(Object.keys(expected).sort());
    await session.release();
  });
});
