/** @file Training programs in the reference interpreter: optimisers against hand-written ones, both forms, state and export. */
import { describe, expect, it } from 'vitest';
import {
  adamw,
  decodeModel,
  evaluate,
  float32,
  inferenceGraph,
  inferenceModel,
  initialState,
  multiply,
  parametersOf,
  reduceSum,
  sgd,
  square,
  subtract,
  trainingProgram,
  type Optimiser,
  type Tensors,
} from '..';
import { codeOf } from '../testing/code-of';
import { expectClose } from '../testing/expect-close';
import { HYPER, interpretToy, toyNetwork, toyProgram } from '../testing/toy-program';

/** Minimises ½·Σ a·(p - target)², whose gradient a·(p - target) is known, so optimisers can be written by hand. */
const CURVATURE = [1, 4, 0.25];
const TARGET = [0.5, -1, 2];
const START = Float32Array.of(1, 1, 1);
const STEPS = 20;

function trainQuadratic(optimiser: Optimiser): Float64Array {
  const program = trainingProgram({
    name: 'quadratic',
    parameters: { p: float32(3) },
    optimiser,
    stream: { curvature: float32(3), target: float32(3) },
    chunk: STEPS,
    loss: ({ p }, { curvature, target }) =>
      multiply(reduceSum(multiply(curvature!, square(subtract(p!, target!)))), 0.5),
  });
  const repeat = (values: number[]) => Array.from({ length: STEPS }, () => values).flat();
  const hyper = Object.keys(program.hyper).map(
    (name) => [name, { data: [HYPER[name]!], shape: [] }] as const,
  );
  const results = evaluate(program.graph, {
    ...initialState(program, { p: START }),
    curvature: { data: repeat(CURVATURE), shape: [STEPS, 3] },
    target: { data: repeat(TARGET), shape: [STEPS, 3] },
    learningRate: { data: rates(), shape: [STEPS] },
    ...Object.fromEntries(hyper),
  });
  return results['next.parameters']!.data;
}

function rates(): number[] {
  return Array.from({ length: STEPS }, (_, step) => 0.1 / (1 + step));
}

describe('optimisers', () => {
  it('adamw equals the published algorithm written by hand, over 20 steps with a changing rate', () => {
    const expected = [...START];
    const first = [0, 0, 0];
    const second = [0, 0, 0];
    const { beta1, beta2, epsilon, weightDecay } = HYPER;
    rates().forEach((rate, step) => {
      for (let i = 0; i < 3; i++) {
        const slope = CURVATURE[i]! * (expected[i]! - TARGET[i]!);
        first[i] = beta1! * first[i]! + (1 - beta1!) * slope;
        second[i] = beta2! * second[i]! + (1 - beta2!) * slope ** 2;
        const unbiased1 = first[i]! / (1 - beta1! ** (step + 1));
        const unbiased2 = second[i]! / (1 - beta2! ** (step + 1));
        expected[i]! -= rate * weightDecay! * expected[i]!;
        expected[i]! -= (rate * unbiased1) / (Math.sqrt(unbiased2) + epsilon!);
      }
    });
    expectClose(trainQuadratic(adamw()), expected, { rtol: 1e-9 });
  });

  it.each([false, true])('sgd with momentum %s equals its recursion', (momentum) => {
    const expected = [...START];
    const velocity = [0, 0, 0];
    for (const rate of rates())
      for (let i = 0; i < 3; i++) {
        const slope = CURVATURE[i]! * (expected[i]! - TARGET[i]!) + HYPER.weightDecay! * expected[i]!;
        velocity[i] = (momentum ? HYPER.momentum! * velocity[i]! : 0) + slope;
        expected[i]! -= rate * velocity[i]!;
      }
    // 0.5 and 1 are exact in single precision, so constants add no error.
    expectClose(trainQuadratic(sgd({ momentum })), expected, { rtol: 1e-9 });
  });
});

describe('trainingProgram', () => {
  it('gives the same numbers in chunks of 4 and 2, looped and straight', () => {
    const reference = interpretToy(toyProgram(adamw(), 4), 2);
    const smaller = interpretToy(toyProgram(adamw(), 2), 4);
    const straightProgram = toyProgram(adamw(), 4, 'straight');
    const straight = interpretToy(straightProgram, 2);
    expect(smaller.losses).toEqual(reference.losses);
    expectClose(straight.losses, reference.losses, { rtol: 1e-12 });
    expect(reference.state.step!.data[0]).toBe(8);
    const packed = parametersOf(toyProgram(adamw(), 4), reference.state, 'ema');
    const separate = parametersOf(straightProgram, straight.state, 'ema');
    expect(Object.keys(packed)).toEqual(Object.keys(toyNetwork.parameters));
    for (const name of Object.keys(packed)) {
      expect(packed[name]!.shape).toEqual(toyNetwork.parameters[name]!.shape);
      expectClose(separate[name]!.data, packed[name]!.data, { rtol: 1e-6 });
    }
  });

  it('moves the parameters towards the minimum', () => {
    const distance = (values: ArrayLike<number>) =>
      Math.hypot(...TARGET.map((target, i) => values[i]! - target));
    for (const optimiser of [adamw(), sgd({ momentum: true })])
      expect(distance(trainQuadratic(optimiser))).toBeLessThan(distance(START));
  });

  it('uses no Loop in the straight form and exactly one in the looped form', () => {
    const kinds = (form: 'loop' | 'straight') =>
      decodeModel(toyProgram(adamw(), 2, form).model).graph!.node!.map((node) => node.opType);
    expect(kinds('loop').filter((kind) => kind === 'Loop')).toHaveLength(1);
    expect(kinds('straight')).not.toContain('Loop');
    expect(kinds('straight')).not.toContain('Split');
  });

  it('starts from the given parameters and refuses wrong ones', () => {
    const program = toyProgram(adamw(), 2);
    const parameters = toyNetwork.initialise(1);
    const state = initialState(program, parameters);
    const back = parametersOf(program, state, 'current');
    for (const [name, data] of Object.entries(parameters)) expect(back[name]!.data).toEqual(data);
    expect(codeOf(() => initialState(program, {}))).toBe('missing-parameter');
    const short = { ...parameters, 'output.bias': new Float32Array(1) };
    expect(codeOf(() => initialState(program, short))).toBe('parameter-size');
    expect(codeOf(() => parametersOf(program, {}, 'ema'))).toBe('missing-state');
  });

  it('refuses two inputs of one name', () => {
    const options = {
      name: 'clash',
      parameters: { p: float32(1) },
      optimiser: sgd(),
      stream: { step: float32(1) },
      chunk: 1,
      loss: ({ p }: Tensors) => reduceSum(p!),
    };
    expect(codeOf(() => trainingProgram(options))).toBe('name-collision');
    expect(codeOf(() => trainingProgram({ ...options, stream: {}, chunk: 0, form: 'straight' }))).toBe(
      'loop-length',
    );
  });
});

describe('inference export', () => {
  const parameters = Object.fromEntries(
    Object.entries(toyNetwork.initialise(1)).map(([name, data]) => [
      name,
      { data, shape: toyNetwork.parameters[name]!.shape as readonly number[] },
    ]),
  );
  const options = {
    name: 'velocity',
    parameters,
    inputs: { x: float32('batch', 2), t: float32('batch', 1) },
    build: (weights: Tensors, { x, t }: Tensors) => ({
      velocity: toyNetwork.apply(weights, x!, t!),
    }),
  };

  it('leaves the batch size open and carries the weights', () => {
    const { graph } = decodeModel(inferenceModel(options));
    expect(graph!.input!.map((input) => input.name)).toEqual(['x', 't']);
    expect(graph!.output![0]!.type!.tensorType!.shape!.dim![0]).toEqual({ dimParam: 'batch' });
    expect(graph!.initializer!.some((tensor) => tensor.dims!.join() === '8,8')).toBe(true);
  });

  it('computes the same with weights as inputs', () => {
    const given = { x: { data: [0.3, -0.7], shape: [1, 2] }, t: { data: [0.25], shape: [1, 1] } };
    const baked = evaluate(inferenceGraph(options), given);
    const fed = evaluate(inferenceGraph({ ...options, weights: 'inputs' }), { ...given, ...parameters });
    expect(fed).toEqual(baked);
  });
});
