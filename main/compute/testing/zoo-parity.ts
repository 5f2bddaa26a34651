/** @file Zoo models on ONNX Runtime: held to PyTorch, and exported models held to themselves in a fresh plain session. */
import * as ort from 'onnxruntime-node';
import { expect } from 'vitest';
import {
  adamw,
  decodeModel,
  encodeModel,
  evaluate,
  inferenceGraph,
  inferenceModel,
  initialState,
  parametersOf,
  stream,
  toOnnx,
  trainingProgram,
  type HostArray,
  type InferenceOptions,
  type TensorType,
  type TrainingProgram,
} from '../../../native-models';
import { expectClose } from '../../../native-models/testing/expect-close';
import {
  expectParity,
  expectSameParameters,
  inPrecision,
  loadFixture,
  lossAndGradients,
  PARITY_HYPER,
  PARITY_TOLERANCE,
  splitResults,
} from '../../../native-models/testing/parity';
import type { ZooCase } from '../../../native-models/zoo/case';

type Feeds = Record<string, ort.Tensor>;

/** Rows of an exported model's made-up inputs, where it leaves their number open; no case trains on as many. */
const ROWS = 3;

/** Loss and every gradient on ONNX Runtime in single precision, to 1e-4 of PyTorch in double. */
export async function expectRuntimeParity(zoo: ZooCase): Promise<void> {
  const fixture = loadFixture(zoo.name);
  expectSameParameters(zoo, fixture);
  const types = inPrecision({ ...zoo.module.parameters, ...zoo.stream }, 'float32');
  const session = await ort.InferenceSession.create(toOnnx(lossAndGradients(zoo, 'float32')), {
    intraOpNumThreads: 1,
  });
  const results = await session.run(runtimeFeeds({ ...fixture.parameters, ...fixture.batch(0) }, types));
  await session.release();
  expectParity(splitResults(numbers(results)), fixture, PARITY_TOLERANCE.float32);
}

/** The loss curve of 20 AdamW steps through the real training program, to 1e-4 of PyTorch in double at every step. */
export async function expectCurveParity(zoo: ZooCase): Promise<void> {
  const fixture = loadFixture(zoo.name);
  const start = Object.fromEntries(
    Object.entries(fixture.parameters).map(([name, { data }]) => [name, Float32Array.from(data)]),
  );
  // A program in double precision would be held to PARITY_TOLERANCE.float64 here.
  const { losses } = await train(zoo, { chunk: 5, runs: 4, start, batch: (step) => fixture.batch(step) });
  expectClose(losses, fixture.losses, { rtol: PARITY_TOLERANCE.float32 });
}

/**
 * Trains a few steps, exports, and opens the bytes with nothing but ONNX Runtime's defaults. The outputs must be those
 * of the double-precision interpreter and of the same graph with its weights as inputs, to 1e-6 of the largest output
 * (or of 1, where all are smaller).
 */
export async function expectFaithfulExport(zoo: ZooCase): Promise<void> {
  const { program, state } = await train(zoo, {
    chunk: 3,
    runs: 1,
    start: zoo.module.initialise(1),
    batch: (step) => zoo.batch(1, step),
  });
  const options: InferenceOptions = {
    name: zoo.name,
    parameters: parametersOf(program, state, 'current'),
    inputs: zoo.inference.inputs,
    build: (parameters, inputs) => zoo.inference.build(parameters, inputs),
  };
  const bytes = inferenceModel(options);
  expect(encodeModel(decodeModel(bytes))).toEqual(bytes);

  const given = inferenceInputs(zoo);
  const feeds = runtimeFeeds(given, zoo.inference.inputs);
  const exported = await ort.InferenceSession.create(bytes);
  const results = numbers(await exported.run(feeds));
  await exported.release();

  const weights = Object.fromEntries(
    Object.entries(options.parameters).map(([name, { data, shape }]) => [
      name,
      new ort.Tensor('float32', data, shape),
    ]),
  );
  const open = await ort.InferenceSession.create(toOnnx(inferenceGraph({ ...options, weights: 'inputs' })));
  const fed = numbers(await open.run({ ...feeds, ...weights }));
  await open.release();

  const exact = evaluate(inferenceGraph(options), given);
  expect(Object.keys(results).sort()).toEqual(Object.keys(exact).sort());
  for (const [name, { data, shape }] of Object.entries(exact)) {
    expect(results[name]!.shape).toEqual(shape);
    const atol = 1e-6 * Math.max(1, ...data.map(Math.abs));
    expectClose(results[name]!.data, data, { atol });
    expectClose(results[name]!.data, fed[name]!.data, { atol });
  }
}

/** Runs a training program of the case on ONNX Runtime; `batch` gives the tensors of a step. */
async function train(
  zoo: ZooCase,
  options: {
    chunk: number;
    runs: number;
    start: Record<string, Float32Array>;
    batch: (step: number) => Record<string, HostArray>;
  },
): Promise<{
  program: TrainingProgram;
  losses: number[];
  state: Record<string, { data: ArrayLike<number> }>;
}> {
  const { chunk, runs, start, batch } = options;
  const program = trainingProgram({
    name: zoo.name,
    parameters: zoo.module.parameters,
    optimiser: adamw(),
    stream: zoo.stream,
    loss: (parameters, given) => zoo.loss(parameters, given),
    chunk,
  });
  const session = await ort.InferenceSession.create(program.model, {
    intraOpNumThreads: 1,
    graphOptimizationLevel: 'extended',
  });
  let state = runtimeFeeds(initialState(program, start), program.state);
  const losses: number[] = [];
  for (let run = 0; run < runs; run++) {
    const steps = Array.from({ length: chunk }, (_, k) => batch(run * chunk + k));
    const given: Record<string, HostArray> = {};
    for (const name of Object.keys(program.stream))
      given[name] = {
        data: steps.flatMap((step) => Array.from(step[name]!.data)),
        shape: [chunk, ...steps[0]![name]!.shape],
      };
    for (const [name, type] of Object.entries({ ...program.schedule, ...program.hyper })) {
      const shape = type.shape as readonly number[];
      const count = shape.reduce((product, size) => product * size, 1);
      given[name] = { data: new Array<number>(count).fill(PARITY_HYPER[name]!), shape };
    }
    const types = { ...program.stream, ...program.schedule, ...program.hyper };
    const results = await session.run({ ...state, ...runtimeFeeds(given, types) });
    losses.push(...(results.loss!.data as Float32Array));
    state = Object.fromEntries(Object.keys(program.state).map((name) => [name, results[`next.${name}`]!]));
  }
  await session.release();
  return { program, losses, state: numbers(state) };
}

/** Made-up inputs of the exported model: the rows of a batch where a tensor of it has that name, else normal draws. */
function inferenceInputs(zoo: ZooCase): Record<string, HostArray> {
  const batch = zoo.batch(2, 0);
  return Object.fromEntries(
    Object.entries(zoo.inference.inputs).map(([name, { dtype, shape }]): [string, HostArray] => {
      const sizes = shape.map((size) => (typeof size === 'number' ? size : ROWS));
      const count = sizes.reduce((product, size) => product * size, 1);
      const like = batch[name];
      if (like && sizes.slice(1).join() === like.shape.slice(1).join()) {
        // A batch with fewer rows is gone through again.
        const data = Array.from({ length: count }, (_, at) => like.data[at % like.data.length]!);
        return [name, { data, shape: sizes }];
      }
      if (dtype !== 'float32') throw new Error(`the batch of ${zoo.name} has no rows for the input ${name}`);
      return [name, { data: stream(2, `export/${name}`).normal(new Float32Array(count)), shape: sizes }];
    }),
  );
}

function runtimeFeeds(
  values: Readonly<Record<string, HostArray>>,
  types: Readonly<Record<string, TensorType>>,
): Feeds {
  return Object.fromEntries(
    Object.entries(values).map(([name, { data, shape }]): [string, ort.Tensor] => {
      const { dtype } = types[name]!;
      if (dtype === 'float32') return [name, new ort.Tensor(dtype, Float32Array.from(data), shape)];
      if (dtype === 'int32') return [name, new ort.Tensor(dtype, Int32Array.from(data), shape)];
      throw new Error(`no zoo model has inputs of type ${dtype}, but ${name} is one`);
    }),
  );
}

function numbers(tensors: Readonly<Feeds>): Record<string, { data: Float64Array; shape: number[] }> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { data, dims }]) => [
      name,
      { data: Float64Array.from(data as Float32Array), shape: [...dims] },
    ]),
  );
}
