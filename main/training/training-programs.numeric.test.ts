/** @file Training programs on ONNX Runtime: both forms, resuming, precision, groups, accumulation, and repeatability. */
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import {
  adamw,
  float32,
  gather,
  initialState,
  int32,
  reduceMean,
  sgd,
  square,
  stream,
  subtract,
  trainingProgram,
  velocityMlp,
  type TrainingProgram,
} from '../../native-models';
import { interpretToy, toyFeeds, toyNetwork, toyProgram } from '../../native-models/testing/toy-program';
import { expectClose } from '../../native-models/testing/expect-close';
import { feeds, numbers } from '../compute/testing/runtime-feeds';
import { requireWebGpu } from '../compute/testing/webgpu';

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
    await requireWebGpu(context);
    const program = toyProgram(adamw(), 2, 'straight');
    const gpu = await trainToy(program, 2, 1, {
      executionProviders: ['webgpu'],
      extra: { session: { disable_cpu_ep_fallback: '1' } },
    });
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
