/** @file Sparse group lasso behind an optimiser, against the algorithm written by hand. */
import { describe, expect, it } from 'vitest';
import {
  adamw,
  evaluate,
  float64,
  initialState,
  multiply,
  parametersOf,
  reduceSum,
  sgd,
  sparseGroupLasso,
  square,
  subtract,
  trainingProgram,
  type Optimiser,
} from '..';
import { constant } from '../ops/constant';
import { expectClose } from '../testing/expect-close';

const STEPS = 5;
const RATE = 0.2;
/** ½‖x − centre‖², [2, 3]: the middle column is close to 0. */
const CENTRE = Float64Array.of(1, 0.05, -2, 0.5, -0.03, 1.5);
const START = Float64Array.of(0.3, 0.2, -0.1, 0, 0.1, 0.4);
const scalar = (value: number) => ({ data: [value], shape: [] });

function trained(optimiser: Optimiser, hyper: Record<string, number>): Float64Array {
  const program = trainingProgram({
    ...{ name: 'bowl', parameters: { x: float64(2, 3) }, optimiser, stream: {}, chunk: STEPS },
    loss: ({ x }) => multiply(reduceSum(square(subtract(x!, constant(CENTRE, [2, 3], 'float64')))), 0.5),
  });
  const results = evaluate(program.graph, {
    ...initialState(program, { x: START }),
    learningRate: { data: Array<number>(STEPS).fill(RATE), shape: [STEPS] },
    ...Object.fromEntries(Object.entries(hyper).map(([name, value]) => [name, scalar(value)])),
  });
  const state = Object.fromEntries(
    Object.keys(program.state).map((name) => [name, results[`next.${name}`]!]),
  );
  return parametersOf<Float64Array>(program, state, 'current').x!.data;
}

/** Gradient step, columns shrunk, the whole shrunk. */
function byHand(columns: number, group: number): Float64Array {
  let x = Float64Array.from(START);
  for (let step = 0; step < STEPS; step++) {
    x = x.map((value, at) => value - RATE * (value - CENTRE[at]!));
    const norms = [0, 1, 2].map((column) => Math.hypot(x[column]!, x[3 + column]!));
    x = x.map((value, at) => value * Math.max(0, 1 - (RATE * columns) / norms[at % 3]!));
    const norm = Math.hypot(...x);
    if (norm > 0) x = x.map((value) => value * Math.max(0, 1 - (RATE * group * Math.sqrt(3)) / norm));
  }
  return x;
}

describe('sparse group lasso', () => {
  it.each([
    [0.1, 0],
    [0, 0.2],
    [0.3, 0.1],
    [5, 0],
    [0, 5],
  ])('is the algorithm by hand with columns %d and group %d', (lassoColumns, lassoGroup) => {
    const found = trained(sparseGroupLasso(sgd()), { weightDecay: 0, lassoColumns, lassoGroup });
    expectClose(found, byHand(lassoColumns, lassoGroup), { rtol: 1e-12, atol: 1e-15 });
  });

  it('is the optimiser alone, to the bit, where nothing is taken off', () => {
    const none = { lassoColumns: 0, lassoGroup: 0 };
    const adam = { weightDecay: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8 };
    expect(trained(sparseGroupLasso(adamw()), { ...adam, ...none })).toEqual(trained(adamw(), adam));
  });

  it('takes more columns to exactly 0 the stronger it is, and all in the end', () => {
    const zeros = [0, 0.2, 1, 3].map((lassoColumns) => {
      const x = trained(sparseGroupLasso(sgd()), { weightDecay: 0, lassoColumns, lassoGroup: 0 });
      return [0, 1, 2].filter((column) => x[column] === 0 && x[3 + column] === 0).length;
    });
    expect(zeros).toEqual([0, 1, 1, 3]);
  });
});
