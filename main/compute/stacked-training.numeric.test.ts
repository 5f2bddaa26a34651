/** @file Many trainings in one program: a trial's bits depend neither on how many run beside it nor on what they do. */
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import {
  adamw,
  float32,
  initialState,
  reduceMean,
  square,
  stackedProgram,
  stream,
  subtract,
  type HostArray,
  type StackedProgram,
  type TrainingProgram,
  type TensorType,
} from '../../native-models';
import { HYPER, toyNetwork } from '../../native-models/testing/toy-program';
import { expectClose } from '../../native-models/testing/expect-close';
import { feeds, numbers } from './testing/runtime-feeds';

const STEPS = 50;
const BATCH = 16;

/** Trial n differs from the others in its start and its learning rate. */
const rate = (trial: number) => 1e-3 * (trial + 1);
const start = (program: TrainingProgram, trial: number) =>
  initialState(program, toyNetwork.initialise(trial + 1));

function batches(program: TrainingProgram): Record<string, HostArray> {
  return Object.fromEntries(
    Object.entries(program.stream).map(([name, type]) => {
      const shape = type.shape as readonly number[];
      const data = new Float32Array(shape.reduce((all, size) => all * size, 1));
      stream(3, name, 0).normal(data);
      return [name, { data, shape }];
    }),
  );
}

function stack(trials: number): StackedProgram {
  return stackedProgram({
    name: 'toy',
    parameters: toyNetwork.parameters,
    optimiser: adamw(),
    chunk: STEPS,
    trials,
    stream: { x: float32(BATCH, 2), t: float32(BATCH, 1), velocity: float32(BATCH, 2) },
    loss: (parameters, { x, t, velocity }) =>
      reduceMean(square(subtract(toyNetwork.apply(parameters, x!, t!), velocity!))),
  });
}

async function run(model: Uint8Array, given: Record<string, HostArray>, types: Record<string, TensorType>) {
  const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1 });
  const results = await session.run(feeds(given, types));
  const values = Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, numbers(tensor)]));
  await session.release();
  return values;
}

/** Every trial's losses and last parameters. */
async function train(which: readonly number[], rates = which.map(rate)) {
  const program = stack(which.length);
  const rows = which.map((trial) => start(program.single, trial));
  const state = Object.fromEntries(
    Object.entries(program.state).map(([name, { shape }]): [string, HostArray] => [
      name,
      { data: rows.flatMap((row) => Array.from(row[name]!.data)), shape: shape as number[] },
    ]),
  );
  const hyper = Object.entries(program.hyper).map(([name, { shape }]): [string, HostArray] => [
    name,
    { data: which.map(() => HYPER[name]!), shape: shape as number[] },
  ]);
  const learningRate = {
    data: Array.from({ length: STEPS }, () => rates).flat(),
    shape: [STEPS, which.length],
  };
  const values = await run(
    program.model,
    { ...state, ...batches(program.single), learningRate, ...Object.fromEntries(hyper) },
    { ...program.state, ...program.stream, ...program.schedule, ...program.hyper },
  );
  const size = values['next.parameters']!.length / which.length;
  return which.map((_, row) => ({
    losses: values.loss!.filter((_loss, index) => index % which.length === row),
    parameters: values['next.parameters']!.slice(row * size, (row + 1) * size),
  }));
}

describe('a stack of trials', () => {
  it('gives a trial the same bits for 1, 2, 4 and 8 trials, and in another place', async () => {
    const all = await train([0, 1, 2, 3, 4, 5, 6, 7]);
    expect((await train([0]))[0]).toEqual(all[0]);
    expect(await train([0, 1])).toEqual(all.slice(0, 2));
    expect(await train([3, 2, 1, 0])).toEqual(all.slice(0, 4).reverse());
  });

  it('leaves the others bit-equal when one diverges', async () => {
    const calm = await train([0, 1, 2, 3]);
    const wild = await train([0, 1, 2, 3], [rate(0), 1e30, rate(2), rate(3)]);
    expect(Number.isFinite(wild[1]!.losses.at(-1)!)).toBe(false);
    for (const trial of [0, 2, 3]) expect(wild[trial]).toEqual(calm[trial]);
  });

  it('is the usual program of one trial, to 1e-6 in the loss', async () => {
    const { single } = stack(2);
    const hyper = Object.keys(single.hyper).map((name): [string, HostArray] => [
      name,
      { data: [HYPER[name]!], shape: [] },
    ]);
    const learningRate = { data: new Float32Array(STEPS).fill(rate(1)), shape: [STEPS] };
    const alone = await run(
      single.model,
      { ...start(single, 1), ...batches(single), learningRate, ...Object.fromEntries(hyper) },
      { ...single.state, ...single.stream, ...single.schedule, ...single.hyper },
    );
    const [, stacked] = await train([0, 1]);
    expectClose(stacked!.losses, alone.loss!, { rtol: 0, atol: 1e-6 });
  });
});
