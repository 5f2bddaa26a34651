/** @file A small flow-matching program with fixed data, shared by the tests of training. */
import { evaluate, type HostArray } from '../evaluate/evaluate';
import { sizeOf } from '../ir/array';
import { float32 } from '../ir/types';
import { velocityMlp } from '../nn/layers';
import { subtract } from '../ops/arithmetic';
import { square } from '../ops/functions';
import { reduceMean } from '../ops/reduction';
import type { Optimiser } from '../optim/optimiser';
import { stream } from '../random/stream';
import { scope } from '../ir/scope';
import { trainingProgram, type TrainingProgram } from '../train/program';
import { initialState } from '../train/state';

export const HYPER: Record<string, number> = {
  weightDecay: 0.01,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  momentum: 0.9,
  emaDecay: 0.99,
};
const BATCH = 16;

/** 2 → 2×8 → 2 with time features. */
export const toyNetwork = velocityMlp({
  dimension: 2,
  hidden: 8,
  layers: 2,
  frequencies: 2,
  activation: 'silu',
});

export function toyProgram(
  optimiser: Optimiser,
  chunk: number,
  form: 'loop' | 'straight' = 'loop',
): TrainingProgram {
  return trainingProgram({
    name: 'toy',
    parameters: toyNetwork.parameters,
    optimiser,
    chunk,
    form,
    ema: true,
    stream: { x: float32(BATCH, 2), t: float32(BATCH, 1), velocity: float32(BATCH, 2) },
    loss: (parameters, { x, t, velocity }) =>
      scope('loss', () => reduceMean(square(subtract(toyNetwork.apply(parameters, x!, t!), velocity!)))),
  });
}

/** Everything but the state for the steps `first … first+chunk-1`; each step's data depend on its number only. */
export function toyFeeds(program: TrainingProgram, first: number): Record<string, HostArray> {
  const feeds: Record<string, HostArray> = {};
  for (const [name, type] of Object.entries(program.stream)) {
    const shape = type.shape as readonly number[];
    const size = sizeOf(shape.slice(1));
    const data = new Float32Array(program.chunk * size);
    for (let step = 0; step < program.chunk; step++)
      stream(3, name, first + step).normal(data.subarray(step * size, (step + 1) * size));
    feeds[name] = { data, shape };
  }
  const rates = Float32Array.from({ length: program.chunk }, (_, step) => 1e-2 / (1 + first + step));
  feeds.learningRate = { data: rates, shape: [program.chunk] };
  for (const name of Object.keys(program.hyper)) feeds[name] = { data: [HYPER[name]!], shape: [] };
  return feeds;
}

/** Runs `chunks` runs of a program in the double-precision interpreter; returns the final state and all losses. */
export function interpretToy(program: TrainingProgram, chunks: number) {
  let state: Record<string, HostArray> = initialState(program, toyNetwork.initialise(1));
  const losses: number[] = [];
  for (let chunk = 0; chunk < chunks; chunk++) {
    const results = evaluate(program.graph, { ...state, ...toyFeeds(program, chunk * program.chunk) });
    losses.push(...results.loss!.data);
    state = Object.fromEntries(Object.keys(program.state).map((name) => [name, results[`next.${name}`]!]));
  }
  return { state, losses };
}
