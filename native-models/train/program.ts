/** @file Training as one ONNX program: K steps of gradient and optimiser, with all state carried along. */
import { MongeError } from '../error';
import type { Graph } from '../ir/graph';
import type { Tensor, Tensors } from '../ir/tensor';
import type { TensorType } from '../ir/types';
import { toOnnx } from '../onnx/lower';
import { scan } from '../ops/control';
import { concat, reshape, slice } from '../ops/movement';
import type { Optimiser } from '../optim/optimiser';
import { scope } from '../ir/scope';
import { trace } from '../trace/trace';
import { layoutOf, stateName, type FloatingDType, type Layout } from './layout';
import { stepFunction } from './step';

type Types = Record<string, TensorType>;

export interface TrainingProgramOptions {
  name: string;
  /** All float32, or all float64; the state, the schedule and the hyperparameters follow. */
  parameters: Types;
  optimiser: Optimiser;
  /** The tensors of one batch. The program takes them for K steps at once, as [K, …]; see `accumulate`. */
  stream: Types;
  /**
   * Tensors that no step changes and that are not trained, such as the weights of a model that something in it is trained
   * for; the loss finds them in its batch. Fed under their names, or made initialisers of the model.
   */
  fixed?: Types;
  /** The loss of one batch, a scalar. May return further scalars to be recorded beside it. */
  loss: (parameters: Tensors, batch: Tensors) => Tensor | { loss: Tensor; metrics: Tensors };
  /** Steps per run, K. */
  chunk: number;
  /**
   * The group of every parameter; default: one group for all. With several, every hyperparameter of the optimiser is a
   * vector with one value per group, and `learningRates` multiply the schedule.
   */
  groups?: Record<string, string> | ((name: string) => string);
  /** Keep an exponential moving average of the parameters; its decay is the hyperparameter `emaDecay`. */
  ema?: boolean;
  /** Scale gradients down to the norm `clipNorm`, a hyperparameter; the norm before is the metric `gradientNorm`. */
  clip?: boolean;
  /**
   * Micro-batches per step, n ≥ 1; default 1. With more the stream is [K, n, …], and gradients, loss and metrics are
   * means over the n, of which one at a time is in memory.
   */
  accumulate?: number;
  /** `loop` (default) for the CPU; `straight` repeats the step K times without a Loop, for WebGPU with small K. */
  form?: 'loop' | 'straight';
  /** Default: `flat` vectors for the loop form, one tensor per parameter for the straight one. */
  state?: 'flat' | 'tensors';
  /** Channels per block of the CPU's blocked convolution kernels, where the runtime has them; see `OnnxOptions`. */
  channelBlock?: number;
}

/** A compiled training program: the model, and what every input and output is. */
export interface TrainingProgram {
  readonly name: string;
  readonly model: Uint8Array;
  readonly graph: Graph;
  readonly chunk: number;
  readonly form: 'loop' | 'straight';
  readonly dtype: FloatingDType;
  /** Fed under these names; comes back as `next.` + name. */
  readonly state: Types;
  /** Fed under these names; shapes with leading K. */
  readonly stream: Types;
  /** Fed under these names in every run. */
  readonly fixed: Types;
  /** One value per step: `learningRate` [K]. */
  readonly schedule: Types;
  /** Scalars; with several groups those of the optimiser and `learningRates` are vectors in the order of `groups`. */
  readonly hyper: Types;
  /** Outputs with one value per step: `loss` [K] and what else the loss returned. */
  readonly metrics: Types;
  /** The groups in the order of the hyperparameter vectors. */
  readonly groups: readonly string[];
  readonly layout: Layout;
  readonly ema: boolean;
}

/**
 * Builds a training program. One run does K steps; feeding `next.*` back as state continues as if it never stopped.
 * Throws `loop-length`, `parameter-type`, `unknown-group` for a parameter without a group, `name-collision` where two
 * inputs or metrics would share a name, and every error of the traced loss.
 */
export function trainingProgram(options: TrainingProgramOptions): TrainingProgram {
  const { name, optimiser, chunk, ema = false, clip = false, accumulate = 1, form = 'loop' } = options;
  const { fixed = {} } = options;
  requireCount(chunk, 'chunk', `steps per run of program ${name}`);
  requireCount(accumulate, 'accumulate', `micro-batches per step of program ${name}`);
  const layout = layoutOf({
    parameters: options.parameters,
    optimiser,
    groupOf: groupFunction(options),
    flat: (options.state ?? (form === 'loop' ? 'flat' : 'tensors')) === 'flat',
  });
  const { dtype, groups } = layout;
  const perGroup: TensorType = { dtype, shape: groups.length > 1 ? [groups.length] : [] };
  const state = stateTypes(layout, optimiser, perGroup, ema);
  const leading = accumulate > 1 ? [chunk, accumulate] : [chunk];
  const stream = mapTypes(options.stream, (type) => ({
    dtype: type.dtype,
    shape: [...leading, ...type.shape],
  }));
  const schedule: Types = { learningRate: { dtype, shape: [chunk] } };
  const hyper: Types = {};
  if (groups.length > 1) hyper.learningRates = perGroup;
  for (const key of optimiser.hyper) hyper[key] = perGroup;
  for (const key of [...(ema ? ['emaDecay'] : []), ...(clip ? ['clipNorm'] : [])])
    hyper[key] = { dtype, shape: [] };
  requireDistinct(name, [state, stream, fixed, schedule, hyper]);

  const metrics: Types = {};
  const graph = trace(name, { ...state, ...stream, ...fixed, ...schedule, ...hyper }, (inputs) => {
    const oneStep = stepFunction({
      ...{ optimiser, layout, ema, clip, accumulate },
      loss: (parameters, batch) => options.loss(parameters, { ...batch, ...pick(inputs, fixed) }),
      loops: form === 'loop',
      streamNames: Object.keys(stream),
      hyper: pick(inputs, hyper),
    });
    const carry = pick(inputs, state);
    const over = pick(inputs, { ...stream, ...schedule });
    const result =
      form === 'loop'
        ? scan({ carry, over, length: chunk, body: oneStep })
        : unroll(carry, over, chunk, oneStep);
    for (const [key, tensor] of Object.entries(result.outputs)) metrics[key] = tensor.type;
    const next = Object.entries(result.carry).map(([key, tensor]) => [`next.${key}`, tensor] as const);
    return { ...Object.fromEntries(next), ...result.outputs };
  });
  const model = toOnnx(graph, {
    target: form === 'loop' ? 'cpu' : 'webgpu',
    channelBlock: options.channelBlock,
  });
  return {
    ...{ name, model, graph, chunk, form, dtype },
    ...{ state, stream, fixed, schedule, hyper, metrics, groups, layout, ema },
  };
}

function stateTypes(layout: Layout, optimiser: Optimiser, perGroup: TensorType, ema: boolean): Types {
  const { dtype, segments } = layout;
  const state: Types = {};
  const kinds = [
    'parameters',
    ...new Set(segments.flatMap(({ rule }) => rule.slots)),
    ...(ema ? ['ema'] : []),
  ];
  for (const kind of kinds)
    for (const segment of segments)
      if (kind === 'parameters' || kind === 'ema' || segment.rule.slots.includes(kind))
        state[stateName(kind, segment)] = { dtype, shape: segment.shape };
  for (const scalar of optimiser.scalars) state[scalar] = perGroup;
  state.step = { dtype, shape: [] };
  return state;
}

function groupFunction({
  name: program,
  groups,
  parameters,
}: TrainingProgramOptions): (name: string) => string {
  if (groups === undefined) return () => 'all';
  const known =
    typeof groups === 'function'
      ? groups
      : (name: string) => (Object.hasOwn(groups, name) ? groups[name]! : '');
  return (name) => {
    const group = known(name);
    if (group !== '') return group;
    throw new MongeError({
      code: 'unknown-group',
      what: `a parameter of program ${program} belongs to no group`,
      where: { tensor: name },
      got: typeof groups === 'function' ? 'an empty name' : Object.keys(groups).join(' ') || 'none',
      expected: `a group for each of ${Object.keys(parameters).join(' ')}`,
    });
  };
}

/** The steps one after the other, without a Loop. */
function unroll(
  carry: Tensors,
  over: Tensors,
  chunk: number,
  oneStep: (carry: Tensors, given: Tensors) => { carry: Tensors; outputs: Tensors },
): { carry: Tensors; outputs: Tensors } {
  const collected: Tensors[] = [];
  let current = carry;
  for (let step = 0; step < chunk; step++) {
    const given = Object.fromEntries(
      Object.entries(over).map(([name, tensor]) => {
        const part = slice(tensor, { axis: 0, start: step, end: step + 1 });
        return [name, reshape(part, tensor.shape.slice(1))];
      }),
    );
    const result = scope(`step${step + 1}`, () => oneStep(current, given));
    current = result.carry;
    collected.push(result.outputs);
  }
  const outputs = Object.fromEntries(
    Object.keys(collected[0] ?? {}).map((name) => [
      name,
      concat(
        collected.map((values) => reshape(values[name]!, [1])),
        0,
      ),
    ]),
  );
  return { carry: current, outputs };
}

function pick(tensors: Tensors, names: Record<string, unknown>): Tensors {
  return Object.fromEntries(Object.keys(names).map((name) => [name, tensors[name]!]));
}

function mapTypes(types: Types, map: (type: TensorType) => TensorType): Types {
  return Object.fromEntries(Object.entries(types).map(([name, type]) => [name, map(type)]));
}

function requireCount(count: number, key: string, what: string): void {
  if (Number.isSafeInteger(count) && count >= 1) return;
  throw new MongeError({
    code: 'loop-length',
    what,
    where: { key },
    got: String(count),
    expected: 'a whole number from 1',
  });
}

function requireDistinct(program: string, parts: readonly Types[]): void {
  const seen = new Set<string>();
  for (const name of parts.flatMap((part) => Object.keys(part))) {
    if (seen.has(name))
      throw new MongeError({
        code: 'name-collision',
        what: `two inputs of program ${program} have one name`,
        where: { tensor: name },
        help: 'rename the stream tensor',
      });
    seen.add(name);
  }
}
