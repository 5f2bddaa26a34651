/** @file AdamW with groups, clipping, a schedule and micro-batches against PyTorch's curve in double precision. */
import { describe, expect, it } from 'vitest';
import {
  adamw,
  affine,
  evaluate,
  float64,
  initialState,
  matmul,
  parametersOf,
  rates,
  reduceMean,
  schedules,
  square,
  subtract,
  tanh,
  trainingProgram,
} from '..';
import { expectClose } from '../testing/expect-close';
import reference from './adamw-reference.json';

const STEPS = 20;
const ROWS = 16;
/** The settings of bench/reference/optimisers.py, in the order w1, b1, w2. */
const HYPER = {
  learningRates: [0.02, 0.05, 0.01],
  weightDecay: [0.1, 0, 0.3],
  beta1: [0.9, 0.8, 0.95],
  beta2: [0.99, 0.95, 0.999],
  epsilon: [1e-8, 1e-6, 1e-4],
};

function wave(count: number, phase: number, scale: number): Float64Array {
  return Float64Array.from({ length: count }, (_, index) => scale * Math.sin(1.7 * index + phase));
}

/** The same batch for every step. */
function repeated(batch: Float64Array): Float64Array {
  return Float64Array.from({ length: STEPS * batch.length }, (_, index) => batch[index % batch.length]!);
}

describe.each([
  { accumulate: 1, state: 'flat' },
  { accumulate: 1, state: 'tensors' },
  { accumulate: 4, state: 'flat' },
] as const)('twenty steps of $accumulate micro-batches, state $state', ({ accumulate, state }) => {
  const rows = ROWS / accumulate;
  const program = trainingProgram({
    name: 'reference',
    parameters: { w1: float64(3, 5), b1: float64(5), w2: float64(5, 2) },
    optimiser: adamw(),
    groups: (name) => name,
    stream: { x: float64(rows, 3), y: float64(rows, 2) },
    loss: ({ w1, b1, w2 }, { x, y }) =>
      reduceMean(square(subtract(matmul(tanh(affine(x!, w1!, b1!)), w2!), y!))),
    chunk: STEPS,
    clip: true,
    ...{ accumulate, state },
  });

  it('have PyTorch’s losses, gradient norms and final parameters to 1e-8', () => {
    const shape = (name: 'x' | 'y') => program.stream[name]!.shape as readonly number[];
    const results = evaluate(program.graph, {
      ...initialState(program, { w1: wave(15, 0.1, 0.8), b1: wave(5, 0.2, 0.3), w2: wave(10, 0.3, 0.8) }),
      x: { data: repeated(wave(ROWS * 3, 0.4, 1)), shape: shape('x') },
      y: { data: repeated(wave(ROWS * 2, 0.5, 1)), shape: shape('y') },
      learningRate: { data: rates(schedules.linear(STEPS), 1, 0, STEPS), shape: [STEPS] },
      clipNorm: { data: [0.3], shape: [] },
      ...Object.fromEntries(Object.entries(HYPER).map(([name, data]) => [name, { data, shape: [3] }])),
    });
    expectClose(results.loss!.data, reference.losses, { rtol: 1e-8 });
    expectClose(results.gradientNorm!.data, reference.gradientNorms, { rtol: 1e-8 });
    // The bound acts at first and no longer at the end.
    expect(reference.gradientNorms[0]).toBeGreaterThan(0.3);
    expect(reference.gradientNorms.at(-1)).toBeLessThan(0.3);
    const next = Object.fromEntries(
      Object.keys(program.state).map((name) => [name, results[`next.${name}`]!]),
    );
    const trained = parametersOf<Float64Array>(program, next, 'current');
    for (const [name, expected] of Object.entries(reference.parameters))
      expectClose(trained[name]!.data, expected, { rtol: 1e-8 });
  });
});
