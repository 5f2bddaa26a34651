/** @file Groups, Muon, clipping, accumulation and double precision on ONNX Runtime, against the interpreter. */
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import {
  adamw,
  affine,
  evaluate,
  initialState,
  muon,
  reduceMean,
  rematerialise,
  square,
  stream,
  subtract,
  tanh,
  trainingProgram,
  type HostArray,
  type TensorType,
  type TrainingProgram,
  type TrainingProgramOptions,
} from '../../native-models';
import { expectClose } from '../../native-models/testing/expect-close';
import { feeds, numbers } from '../compute/testing/runtime-feeds';
import { requireWebGpu } from '../compute/testing/webgpu';

const CHUNK = 3;
const ROWS = 8;
const SHAPES: Record<string, number[]> = {
  'in.weight': [3, 6],
  'in.bias': [6],
  'out.weight': [6, 2],
  'out.bias': [2],
};
const VALUES: Record<string, number> = {
  ...{ weightDecay: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-6, momentum: 0.95, muonRate: 2 },
  ...{ learningRates: 1, emaDecay: 0.9, clipNorm: 0.3 },
};

type Precision = 'float32' | 'float64';

/** A perceptron of one hidden layer with everything that a training program offers. */
function program(dtype: Precision, accumulate: number, changes: Partial<TrainingProgramOptions> = {}) {
  const type = (...shape: number[]): TensorType => ({ dtype, shape });
  return trainingProgram({
    name: 'everything',
    parameters: Object.fromEntries(Object.entries(SHAPES).map(([name, shape]) => [name, type(...shape)])),
    optimiser: muon({ fallback: adamw(), matrices: (name) => name === 'in.weight' }),
    groups: (name) => (name.endsWith('bias') ? 'bias' : name),
    chunk: CHUNK,
    accumulate,
    clip: true,
    ema: true,
    stream: { x: type(ROWS / accumulate, 3), y: type(ROWS / accumulate, 2) },
    loss: (p, { x, y }) => {
      const hidden = tanh(affine(x!, p['in.weight']!, p['in.bias']!));
      return reduceMean(square(subtract(affine(hidden, p['out.weight']!, p['out.bias']!), y!)));
    },
    ...changes,
  });
}

function given(built: TrainingProgram): Record<string, HostArray> {
  const draw = (name: string, size: number) => stream(4, name).normal(new Float32Array(size));
  const parameters = Object.fromEntries(
    Object.entries(SHAPES).map(([name, shape]) => {
      const data = draw(
        name,
        shape.reduce((product, size) => product * size, 1),
      );
      return [name, built.dtype === 'float64' ? Float64Array.from(data) : data];
    }),
  ) as Record<string, Float32Array>;
  const sized = (
    types: Record<string, TensorType>,
    value: (name: string, size: number) => ArrayLike<number>,
  ) =>
    Object.entries(types).map(([name, { shape }]) => {
      const size = (shape as number[]).reduce((product, length) => product * length, 1);
      return [name, { data: value(name, size), shape: shape as number[] }] as const;
    });
  return {
    ...initialState(built, parameters),
    ...Object.fromEntries(sized(built.stream, draw)),
    ...Object.fromEntries(
      // Every group has a value of its own, and the biases no decay.
      sized(built.hyper, (name, size) =>
        Array.from({ length: size }, (_, group) =>
          name === 'weightDecay' && built.groups[group] === 'bias' ? 0 : VALUES[name]! * (1 - group / 50),
        ),
      ),
    ),
    learningRate: { data: [0.01, 0.02, 0.03], shape: [CHUNK] },
  };
}

async function run(
  built: TrainingProgram,
  threads = 1,
  options: ort.InferenceSession.SessionOptions = {},
): Promise<Record<string, Float64Array>> {
  const session = await ort.InferenceSession.create(built.model, { intraOpNumThreads: threads, ...options });
  const types = { ...built.state, ...built.stream, ...built.schedule, ...built.hyper };
  const results = await session.run(feeds(given(built), types));
  await session.release();
  return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, numbers(tensor)]));
}

describe('a float64 program with groups, Muon, clipping and an average on ONNX Runtime', () => {
  it.each([
    { form: 'loop', state: 'flat', accumulate: 1 },
    { form: 'loop', state: 'tensors', accumulate: 1 },
    { form: 'loop', state: 'flat', accumulate: 4 },
    { form: 'straight', state: 'tensors', accumulate: 2 },
  ] as const)('equals the interpreter: $form, $state, $accumulate micro-batches', async (variant) => {
    const { accumulate, ...changes } = variant;
    const built = program('float64', accumulate, changes);
    const expected = evaluate(built.graph, given(built));
    const actual = await run(built);
    expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, { data }] of Object.entries(expected))
      expectClose(actual[name]!, data, { rtol: 1e-10, atol: 1e-13 });
  });
});

describe('micro-batches on ONNX Runtime', () => {
  it('add up to one batch in single precision', async () => {
    const whole = await run(program('float32', 1));
    const parts = await run(program('float32', 4));
    for (const name of Object.keys(whole))
      expectClose(parts[name]!, whole[name]!, { rtol: 1e-5, atol: 1e-6 });
  });

  it('repeat bit for bit with two threads', async () => {
    const built = program('float32', 4);
    const first = await run(built, 2);
    for (let repeat = 0; repeat < 5; repeat++) expect(await run(built, 2)).toEqual(first);
  });
});

describe('on WebGPU alone', () => {
  it('groups, Muon, clipping, micro-batches and a rematerialised layer equal the CPU', async (context) => {
    await requireWebGpu(context);
    const built = program('float32', 2, {
      form: 'straight',
      loss: (p, { x, y }) => {
        const hidden = rematerialise((given) => tanh(affine(given, p['in.weight']!, p['in.bias']!)))(x!);
        const layer = rematerialise((given) => affine(given, p['out.weight']!, p['out.bias']!));
        return reduceMean(square(subtract(layer(hidden), y!)));
      },
    });
    expect(built.graph.nodes.some((node) => node.op.name === 'Barrier')).toBe(true);
    const gpu = await run(built, 1, {
      executionProviders: ['webgpu'],
      extra: { session: { disable_cpu_ep_fallback: '1' } },
    });
    const cpu = await run(built);
    for (const name of Object.keys(cpu)) expectClose(gpu[name]!, cpu[name]!, { rtol: 1e-3, atol: 1e-4 });
  });
});
