/** @file Groups, precision, clipping and accumulation of training programs, against the algorithms written by hand. */
import { describe, expect, it } from 'vitest';
import {
  adamw,
  add,
  evaluate,
  float32,
  float64,
  initialState,
  matmul,
  multiply,
  parametersOf,
  reduceMean,
  reduceSum,
  sgd,
  square,
  subtract,
  trainingProgram,
  type HostArray,
  type Tensor,
  type Tensors,
  type TrainingProgramOptions,
} from '..';
import { codeOf } from '../testing/code-of';
import { expectClose } from '../testing/expect-close';

const STEPS = 6;
const RATES = Float64Array.from({ length: STEPS }, (_, step) => 0.1 / (1 + step));
/** ½·Σ curvature·p², whose gradient is curvature·p. The middle parameter belongs with neither neighbour. */
const CURVATURE: Record<string, number> = { 'a.weight': 1, 'a.bias': 4, 'b.weight': 0.25 };
const START: Record<string, Float64Array> = {
  'a.weight': Float64Array.of(1, -2, 0.5, 3),
  'a.bias': Float64Array.of(0.3, -0.7),
  'b.weight': Float64Array.of(-1, 2),
};

function bowl(parameters: Tensors): Tensor {
  return Object.entries(CURVATURE)
    .map(([name, curvature]) => multiply(reduceSum(square(parameters[name]!)), curvature / 2))
    .reduce((sum, part) => add(sum, part));
}

const options: TrainingProgramOptions = {
  name: 'bowl',
  parameters: { 'a.weight': float64(2, 2), 'a.bias': float64(2), 'b.weight': float64(2) },
  optimiser: adamw(),
  stream: {},
  chunk: STEPS,
  loss: bowl,
  groups: (name) => (name.endsWith('bias') ? 'bias' : 'weight'),
};
const vector = (...data: number[]): HostArray => ({ data, shape: [data.length] });
const scalar = (value: number): HostArray => ({ data: [value], shape: [] });
/** In the order weight, bias. */
const HYPER = {
  learningRates: [1, 0.5],
  weightDecay: [0.1, 0],
  beta1: [0.9, 0.8],
  beta2: [0.99, 0.95],
  epsilon: [1e-3, 1e-6],
};

/** The published algorithm with one set of hyperparameters, on one parameter. */
function adamwByHand(start: Float64Array, curvature: number, group: number): Float64Array {
  const of = (name: keyof typeof HYPER) => HYPER[name][group]!;
  return start.map((value) => {
    let [parameter, first, second] = [value, 0, 0];
    RATES.forEach((schedule, step) => {
      const rate = schedule * of('learningRates');
      const slope = curvature * parameter;
      first = of('beta1') * first + (1 - of('beta1')) * slope;
      second = of('beta2') * second + (1 - of('beta2')) * slope ** 2;
      const unbiased = first / (1 - of('beta1') ** (step + 1));
      const spread = Math.sqrt(second / (1 - of('beta2') ** (step + 1)));
      parameter -= rate * (unbiased / (spread + of('epsilon')) + of('weightDecay') * parameter);
    });
    return parameter;
  });
}

function trainBowl(changes: Partial<TrainingProgramOptions>, hyper: Record<string, HostArray>) {
  const program = trainingProgram({ ...options, ...changes });
  const results = evaluate(program.graph, {
    ...initialState(program, START),
    learningRate: vector(...RATES),
    ...hyper,
  });
  const state = Object.fromEntries(
    Object.keys(program.state).map((name) => [name, results[`next.${name}`]!]),
  );
  return { program, results, parameters: parametersOf<Float64Array>(program, state, 'current') };
}

describe('groups', () => {
  const hyper = Object.fromEntries(Object.entries(HYPER).map(([name, values]) => [name, vector(...values)]));

  it.each(['flat', 'tensors'] as const)('each have their own hyperparameters; state %s', (state) => {
    const { program, parameters } = trainBowl({ state }, hyper);
    expect(program.groups).toEqual(['weight', 'bias']);
    expect(program.hyper.epsilon).toEqual({ dtype: 'float64', shape: [2] });
    expect(Object.keys(parameters)).toEqual(Object.keys(START));
    for (const [name, { data }] of Object.entries(parameters)) {
      const group = name === 'a.bias' ? 1 : 0;
      expectClose(data, adamwByHand(START[name]!, CURVATURE[name]!, group), { rtol: 1e-12 });
    }
  });

  it('are one flat vector each, and one tensor per parameter in the straight form', () => {
    const names = (changes: Partial<TrainingProgramOptions>) =>
      Object.keys(trainingProgram({ ...options, ...changes }).state).filter((name) =>
        /^parameters/.test(name),
      );
    expect(names({})).toEqual(['parameters/weight', 'parameters/bias']);
    expect(names({ groups: undefined })).toEqual(['parameters']);
    const separate = ['parameters/a.weight', 'parameters/a.bias', 'parameters/b.weight'];
    expect(names({ form: 'straight' })).toEqual(separate);
    expect(names({ form: 'straight', state: 'flat' })).toEqual(['parameters/weight', 'parameters/bias']);
  });

  it('must cover every parameter and agree on the precision', () => {
    const { groups, ...rest } = options;
    expect(groups).toBeDefined();
    expect(codeOf(() => trainingProgram({ ...rest, groups: { 'a.weight': 'x' } }))).toBe('unknown-group');
    const mixed = { ...options.parameters, 'a.bias': float32(2) };
    expect(codeOf(() => trainingProgram({ ...options, parameters: mixed }))).toBe('parameter-type');
    const single = Object.fromEntries(
      Object.entries(START).map(([name, data]) => [name, Float32Array.from(data)]),
    );
    expect(codeOf(() => initialState(trainingProgram(options), single))).toBe('parameter-type');
  });
});

describe('clipping', () => {
  const hyper = { weightDecay: scalar(0), clipNorm: scalar(0.5) };
  const changes = { optimiser: sgd(), groups: undefined, clip: true };

  it.each(['flat', 'tensors'] as const)('bounds the common norm of all gradients; state %s', (state) => {
    const current = structuredClone(START);
    const norms: number[] = [];
    for (const rate of RATES) {
      const slopes = Object.entries(current).map(
        ([name, values]) => [name, values.map((value) => CURVATURE[name]! * value)] as const,
      );
      const norm = Math.hypot(...slopes.flatMap(([, values]) => [...values]));
      norms.push(norm);
      const scale = Math.min(1, 0.5 / (norm + 1e-6));
      for (const [name, values] of slopes)
        current[name] = current[name]!.map((value, index) => value - rate * scale * values[index]!);
    }
    const { results, parameters } = trainBowl({ ...changes, state }, hyper);
    expectClose(results.gradientNorm!.data, norms, { rtol: 1e-12 });
    for (const [name, { data }] of Object.entries(parameters))
      expectClose(data, current[name]!, { rtol: 1e-12 });
  });

  it('changes nothing below the bound', () => {
    const free = trainBowl({ ...changes, clip: false }, hyper);
    const bounded = trainBowl(changes, { ...hyper, clipNorm: scalar(1e6) });
    expect(bounded.parameters).toEqual(free.parameters);
  });

  it('refuses a metric of the name it uses', () => {
    const loss = (parameters: Tensors) => ({
      loss: bowl(parameters),
      metrics: { gradientNorm: bowl(parameters) },
    });
    expect(codeOf(() => trainingProgram({ ...options, ...changes, loss }))).toBe('name-collision');
  });
});

describe('accumulation', () => {
  const regression: TrainingProgramOptions = {
    name: 'regression',
    parameters: { weight: float64(3, 1) },
    optimiser: adamw(),
    chunk: 2,
    stream: { x: float64(8, 3), y: float64(8, 1) },
    loss: ({ weight }, { x, y }) => {
      const loss = reduceMean(square(subtract(matmul(x!, weight!), y!)));
      return { loss, metrics: { output: reduceMean(matmul(x!, weight!)) } };
    },
  };
  const data = (count: number, shift: number) =>
    Array.from({ length: count }, (_, k) => Math.sin(k * 1.7 + shift));
  const hyper = { weightDecay: scalar(0.1), beta1: scalar(0.9), beta2: scalar(0.99), epsilon: scalar(1e-8) };

  it.each(['loop', 'straight'] as const)('of four micro-batches equals one batch; form %s', (form) => {
    const train = (accumulate: number, stream: TrainingProgramOptions['stream']) => {
      const program = trainingProgram({ ...regression, stream, accumulate, form, ema: true, clip: true });
      return evaluate(program.graph, {
        ...initialState(program, { weight: Float64Array.of(1, 2, 3) }),
        ...hyper,
        emaDecay: scalar(0.5),
        clipNorm: scalar(0.1),
        learningRate: vector(0.1, 0.2),
        x: { data: data(48, 0), shape: program.stream.x!.shape as number[] },
        y: { data: data(16, 1), shape: program.stream.y!.shape as number[] },
      });
    };
    const whole = train(1, regression.stream);
    const parts = train(4, { x: float64(2, 3), y: float64(2, 1) });
    expect(Object.keys(parts)).toEqual(Object.keys(whole));
    for (const name of Object.keys(whole))
      expectClose(parts[name]!.data, whole[name]!.data, { rtol: 1e-10, atol: 1e-13 });
  });

  it('needs a whole number of parts', () => {
    expect(codeOf(() => trainingProgram({ ...regression, accumulate: 1.5 }))).toBe('loop-length');
  });
});
