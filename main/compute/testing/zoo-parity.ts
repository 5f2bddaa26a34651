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
import { feeds } from './runtime-feeds';

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
  const results = await session.run(feeds({ ...fixture.parameters, ...fixture.batch(0) }, types));
  await session.release();
  expectParity(splitResults(numbers(results)), fixture, PARITY_TOLERANCE.float32);
}

/**
 * The loss curve of 20 AdamW steps through the real training program, at every step: to 1e-4 of PyTorch in double, and
 * where the runtime has every operation in double precision to 1e-8.
 */
export async function expectCurveParity(zoo: ZooCase, precision: Precision): Promise<void> {
  const fixture = loadFixture(zoo.name);
  const start = Object.fromEntries(
    Object.entries(fixture.parameters).map(([name, { data }]) => [name, Float64Array.from(data)]),
  );
  const { losses } = await trainZoo(zoo, {
    precision,
    chunk: 5,
    runs: 4,
    start,
    batch: (step) => fixture.batch(step),
  });
  expectClose(losses, fixture.losses, { rtol: PARITY_TOLERANCE[precision] });
}

/** Why a case cannot train in double precision on the runtime: its operations that have no such form; empty if it can. */
export function withoutDouble(zoo: ZooCase): string[] {
  const lacking = lossAndGradients(zoo, 'float64').nodes.filter(({ op }) => op.float64 !== undefined);
  return [...new Set(lacking.map(({ op }) => op.name))];
}

/**
 * Trains a few steps, exports, and opens the bytes with nothing but ONNX Runtime's defaults. The outputs must be those
 * of the double-precision interpreter and of the same graph with its weights as inputs, to 1e-6 of the largest output
 * (or of 1, where all are smaller).
 */
export async function expectFaithfulExport(zoo: ZooCase): Promise<void> {
  const { program, state } = await trainZoo(zoo, {
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
  const inputs = feeds(given, zoo.inference.inputs);
  const exported = await ort.InferenceSession.create(bytes);
  const results = numbers(await exported.run(inputs));
  await exported.release();

  const weights = Object.fromEntries(
    Object.entries(options.parameters).map(([name, { data, shape }]) => [
      name,
      new ort.Tensor('float32', data, shape),
    ]),
  );
  const open = await ort.InferenceSession.create(toOnnx(inferenceGraph({ ...options, weights: 'inputs' })));
  const fed = numbers(await open.run({ ...inputs, ...weights }));
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

type Precision = 'float32' | 'float64';

export interface ZooTraining {
  program: TrainingProgram;
  losses: number[];
  /** By the names of the program's state, after the last step. */
  state: Record<string, { data: Float64Array; shape: number[] }>;
}

/** Trains a case on ONNX Runtime with the optimiser of the fixtures; `batch` gives the tensors of a step. */
export async function trainZoo(
  zoo: ZooCase,
  options: {
    chunk: number;
    runs: number;
    start: Record<string, ArrayLike<number>>;
    batch: (step: number) => Record<string, HostArray>;
    precision?: Precision;
    form?: TrainingProgram['form'];
    session?: ort.InferenceSession.SessionOptions;
    learningRate?: number;
  },
): Promise<ZooTraining> {
  const { chunk, runs, batch, precision = 'float32', form, learningRate } = options;
  const hyper: Record<string, number> = {
    ...PARITY_HYPER,
    ...(learningRate === undefined ? {} : { learningRate }),
  };
  const program = trainingProgram({
    name: zoo.name,
    parameters: inPrecision(zoo.module.parameters, precision),
    optimiser: adamw(),
    stream: inPrecision(zoo.stream, precision),
    loss: (parameters, given) => zoo.loss(parameters, given),
    chunk,
    form,
  });
  const session = await ort.InferenceSession.create(program.model, {
    intraOpNumThreads: 1,
    graphOptimizationLevel: 'extended',
    ...options.session,
  });
  const start = Object.fromEntries(
    Object.entries(options.start).map(([name, values]) => [
      name,
      precision === 'float64' ? Float64Array.from(values) : Float32Array.from(values),
    ]),
  );
  const first = Object.entries(initialState(program, start)).map(
    ([name, { data, shape }]) => [name, { data, shape: shape }] as const,
  );
  let state: Feeds = feeds(Object.fromEntries(first), program.state);
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
      given[name] = { data: new Array<number>(count).fill(hyper[name]!), shape };
    }
    const types = { ...program.stream, ...program.schedule, ...program.hyper };
    const results = await session.run({ ...state, ...feeds(given, types) });
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

function numbers(tensors: Readonly<Feeds>): Record<string, { data: Float64Array; shape: number[] }> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { data, dims }]) => [
      name,
      { data: Float64Array.from(data as Float32Array), shape: [...dims] },
    ]),
  );
}
