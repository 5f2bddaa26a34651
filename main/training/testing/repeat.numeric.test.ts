/** @file The check for reproducible training passes what is, for one thread as for two, and catches what is not. */
import { expect, it } from 'vitest';
import {
  adamw,
  float32,
  gather,
  initialState,
  int32,
  reduceMean,
  square,
  subtract,
  trainingProgram,
  velocityMlp,
  type TrainingProgram,
} from '../../../native-models';
import { modelBytes, node, value } from '../../models/testing';
import { repeatTraining } from './repeat';

it('training steps give the same bits 50 times over, on two threads, and those of one thread', async () => {
  // Large enough that every kernel splits its work; few rows are gathered, so that their gradients add up in one place.
  const network = velocityMlp({ dimension: 2, hidden: 64, layers: 3, frequencies: 4, activation: 'silu' });
  const program = trainingProgram({
    name: 'repeat',
    parameters: network.parameters,
    optimiser: adamw(),
    chunk: 2,
    ema: true,
    stream: { x: float32(512, 2), t: float32(512, 1), row: int32(512) },
    loss: (parameters, { x, t, row }) => {
      const velocity = network.apply(parameters, x!, t!);
      return reduceMean(square(subtract(velocity, gather(velocity, row!, 0))));
    },
  });
  const options = { program, state: initialState(program, network.initialise(2)), classes: 5 };
  const two = await repeatTraining(options);
  const one = await repeatTraining({ ...options, threads: 1, repeats: 2 });
  expect(two).toEqual(one);
  expect(Object.keys(two)).toEqual(
    expect.arrayContaining(['loss', ...Object.keys(program.state).map((name) => `next.${name}`)]),
  );
  expect(two['next.parameters']!.data).not.toEqual(options.state.parameters!.data);
});

it('catches random numbers drawn inside the graph, whose generator moves on with every run', async () => {
  const model = modelBytes({
    name: 'dice',
    node: [
      node('RandomNormalLike', 'draw', ['w'], ['noise']),
      node('Add', 'add', ['w', 'noise'], ['next.w']),
      node('Identity', 'same', ['w'], ['loss']),
    ],
    input: [value('w', 8)],
    output: [value('loss', 8), value('next.w', 8)],
  });
  const program = {
    name: 'dice',
    model,
    state: { w: float32(8) },
    stream: {},
    schedule: {},
    hyper: {},
  } as unknown as TrainingProgram;
  const state = { w: { data: new Float32Array(8), shape: [8] } };
  await expect(repeatTraining({ program, state })).rejects.toMatchObject({
    code: 'not-reproducible',
    detail: { where: { op: 'dice', tensor: 'next.w' } },
  });
  // One run alone has nothing to differ from.
  await repeatTraining({ program, state, repeats: 1 });
});
