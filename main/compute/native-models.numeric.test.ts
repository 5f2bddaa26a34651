/** @file What native-models emits, run on ONNX Runtime: every operation against its reference, and whole training programs. */
import { existsSync } from 'node:fs';
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import {
  adamw,
  add,
  constant,
  declaredOps,
  evaluate,
  expand,
  float32,
  gather,
  gradient,
  inferenceGraph,
  initialState,
  int32,
  reduceMean,
  reduceSum,
  reshape,
  scan,
  sgd,
  slice,
  square,
  stream,
  subtract,
  toOnnx,
  trace,
  trainingProgram,
  velocityMlp,
  type DType,
  type HostArray,
  type TensorType,
  type TrainingProgram,
} from '../../native-models';
import { interpretToy, toyFeeds, toyNetwork, toyProgram } from '../../native-models/testing/toy-program';
import { caseGraph, caseTypes, caseValues } from '../../native-models/testing/op-cases';
import { expectClose } from '../../native-models/testing/expect-close';

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

/** Runs `chunks` runs of the toy program on ONNX Runtime and gives the final state and all losses. */
async function trainToy(
  program: TrainingProgram,
  chunks: number,
  threads: number,
  options: ort.InferenceSession.SessionOptions = {},
) {
  const session = await ort.InferenceSession.create(program.model, {
    intraOpNumThreads: threads,
    graphOptimizationLevel: 'extended',
    ...options,
  });
  let state = feeds(initialState(program, toyNetwork.initialise(1)), program.state);
  const losses: number[] = [];
  for (let chunk = 0; chunk < chunks; chunk++) {
    const types = { ...program.stream, ...program.schedule, ...program.hyper };
    const given = feeds(toyFeeds(program, chunk * program.chunk), types);
    const results = await session.run({ ...state, ...given });
    losses.push(...numbers(results.loss!));
    state = Object.fromEntries(Object.keys(program.state).map((name) => [name, results[`next.${name}`]!]));
  }
  await session.release();
  const values = Object.fromEntries(Object.entries(state).map(([name, tensor]) => [name, numbers(tensor)]));
  return { state: values, losses };
}

describe('training programs on ONNX Runtime', () => {
  it('two runs of a 10-step Loop equal 20 single steps bit for bit', async () => {
    const looped = await trainToy(toyProgram(adamw(), 10), 2, 1);
    const single = await trainToy(toyProgram(adamw(), 1), 20, 1);
    expect(single).toEqual(looped);
    expect(looped.state.step).toEqual(Float64Array.of(20));
  });

  it('agree with the double-precision interpreter', async () => {
    const program = toyProgram(adamw(), 10);
    const { losses } = await trainToy(program, 1, 1);
    expectClose(losses, interpretToy(program, 1).losses, { rtol: 1e-5 });
  });

  it('in the straight form equal the Loop', async () => {
    const looped = await trainToy(toyProgram(adamw(), 4), 2, 1);
    const straight = await trainToy(toyProgram(adamw(), 4, 'straight'), 2, 1);
    expectClose(straight.losses, looped.losses, { rtol: 1e-6 });
  });

  it('in the straight form run on WebGPU alone and equal the CPU', async (context) => {
    // The software Vulkan driver that comes with Chromium, where no other is set.
    const driver = '/usr/lib/chromium/vk_swiftshader_icd.json';
    if (existsSync(driver)) process.env.VK_ICD_FILENAMES ??= driver;
    const program = toyProgram(adamw(), 2, 'straight');
    let gpu: Awaited<ReturnType<typeof trainToy>>;
    try {
      gpu = await trainToy(program, 2, 1, {
        executionProviders: ['webgpu'],
        extra: { session: { disable_cpu_ep_fallback: '1' } },
      });
    } catch (thrown) {
      if (!/adapter|device|vulkan/i.test(String(thrown))) throw thrown;
      console.warn(`skipped: no WebGPU on this machine (${String(thrown)})`);
      return context.skip('no WebGPU adapter');
    }
    const cpu = await trainToy(program, 2, 1);
    expectClose(gpu.losses, cpu.losses, { rtol: 1e-4 });
    for (const name of Object.keys(cpu.state))
      expectClose(gpu.state[name]!, cpu.state[name]!, { atol: 1e-4 });
  });

  it('repeat bit for bit with two threads', async () => {
    // Large enough that every kernel splits its work.
    const network = velocityMlp({ dimension: 2, hidden: 64, layers: 3, frequencies: 4, activation: 'gelu' });
    const program = trainingProgram({
      name: 'repeat',
      parameters: network.parameters,
      optimiser: sgd({ momentum: true }),
      chunk: 2,
      stream: { x: float32(512, 2), t: float32(512, 1), row: int32(512) },
      loss: (parameters, { x, t, row }) => {
        const velocity = network.apply(parameters, x!, t!);
        return reduceMean(square(subtract(velocity, gather(velocity, row!, 0))));
      },
    });
    const types = { ...program.state, ...program.stream, ...program.schedule, ...program.hyper };
    const given = feeds(
      {
        ...initialState(program, network.initialise(2)),
        x: { data: stream(1, 'x').normal(new Float32Array(2048)), shape: [2, 512, 2] },
        t: { data: stream(1, 't').uniform(new Float32Array(1024)), shape: [2, 512, 1] },
        // Few distinct rows, so that the gradient of gather adds many times into one.
        row: { data: stream(1, 'row').integers(new Int32Array(1024), 5), shape: [2, 512] },
        learningRate: { data: [0.1, 0.1], shape: [2] },
        weightDecay: { data: [0], shape: [] },
        momentum: { data: [0.9], shape: [] },
      },
      types,
    );
    const session = await ort.InferenceSession.create(program.model, { intraOpNumThreads: 2 });
    const first = await session.run(given);
    for (let repeat = 0; repeat < 20; repeat++) {
      const again = await session.run(given);
      for (const name of Object.keys(first)) expect(again[name]!.data).toEqual(first[name]!.data);
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

function feeds(
  values: Record<string, HostArray>,
  types: Record<string, TensorType>,
): Record<string, ort.Tensor> {
  return Object.fromEntries(
    Object.entries(values).map(([name, { data, shape }]) => [
      name,
      new ort.Tensor(types[name]!.dtype, typed(types[name]!.dtype, data), shape),
    ]),
  );
}

function typed(dtype: DType, data: ArrayLike<number>) {
  switch (dtype) {
    case 'float32':
      return Float32Array.from(data);
    case 'float64':
      return Float64Array.from(data);
    case 'int32':
      return Int32Array.from(data);
    case 'int64':
      return BigInt64Array.from(Array.from(data, BigInt));
    case 'bool':
      return Uint8Array.from(data);
  }
}

function numbers(tensor: ort.Tensor): Float64Array {
  return Float64Array.from(Array.from(tensor.data as ArrayLike<number | bigint>, Number));
}
