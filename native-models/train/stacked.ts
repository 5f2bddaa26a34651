/** @file Many small trainings as one program: state, schedule and hyperparameters with a leading trial axis. */
import { batched } from '../autodiff/batching';
import { MongeError } from '../error';
import type { Graph } from '../ir/graph';
import type { Tensors } from '../ir/tensor';
import type { TensorType } from '../ir/types';
import { toOnnx } from '../onnx/lower';
import { scan } from '../ops/control';
import { trace } from '../trace/trace';
import { trainingProgram, type TrainingProgram, type TrainingProgramOptions } from './program';
import { stepFunction } from './step';

type Types = Record<string, TensorType>;

export interface StackedProgramOptions extends Omit<
  TrainingProgramOptions,
  'form' | 'state' | 'accumulate' | 'channelBlock'
> {
  /** Trials in the stack, T ≥ 1. */
  trials: number;
  /** `shared` (default): one batch [K, …] for all trials; `own`: one per trial, [K, T, …]. */
  batches?: 'shared' | 'own';
}

/** A compiled stack of trainings; every trial is a row of the state, of the hyperparameters and of the metrics. */
export interface StackedProgram {
  readonly trials: number;
  readonly model: Uint8Array;
  readonly graph: Graph;
  /** The program of one trial alone: layout, first state, and the names and types of a row. */
  readonly single: TrainingProgram;
  /** [T, …]; a step counter per trial, so that a freed row may start again at 0. Comes back as `next.` + name. */
  readonly state: Types;
  readonly stream: Types;
  readonly fixed: Types;
  /** `learningRate` [K, T]. */
  readonly schedule: Types;
  /** [T], or [T, groups]. */
  readonly hyper: Types;
  /** [K, T] each. */
  readonly metrics: Types;
}

/**
 * Builds the program from the loss of one trial. Throws `trial-count`, `no-batching-rule` where the loss has an operation
 * that cannot be stacked, and all that `trainingProgram` throws.
 */
export function stackedProgram(options: StackedProgramOptions): StackedProgram {
  const { trials, name, chunk, batches = 'shared', ema = false, clip = false } = options;
  if (!Number.isSafeInteger(trials) || trials < 1)
    throw new MongeError({
      code: 'trial-count',
      what: `trials of program ${name}`,
      where: { key: 'trials' },
      got: String(trials),
      expected: 'a whole number from 1',
    });
  const single = trainingProgram({ ...options, form: 'loop' });
  const perTrial = (types: Types, before: number) =>
    mapTypes(types, ({ dtype, shape }) => ({
      dtype,
      shape: [...shape.slice(0, before), trials, ...shape.slice(before)],
    }));
  const state = perTrial(single.state, 0);
  const hyper = perTrial(single.hyper, 0);
  const schedule = perTrial(single.schedule, 1);
  const stream = batches === 'own' ? perTrial(single.stream, 1) : single.stream;
  const fixed = single.fixed;

  const perStep = mapTypes({ ...single.stream, ...single.schedule }, ({ dtype, shape }) => ({
    dtype,
    shape: shape.slice(1),
  }));
  const step = trace(`${name}.step`, { ...single.state, ...perStep, ...fixed, ...single.hyper }, (inputs) => {
    const oneStep = stepFunction({
      ...{ optimiser: options.optimiser, layout: single.layout, ema, clip, accumulate: 1 },
      loss: (parameters, batch) => options.loss(parameters, { ...batch, ...pick(inputs, fixed) }),
      loops: true,
      streamNames: Object.keys(stream),
      hyper: pick(inputs, single.hyper),
    });
    const { carry, outputs } = oneStep(pick(inputs, single.state), inputs);
    const next = Object.entries(carry).map(([key, tensor]) => [`next.${key}`, tensor] as const);
    return { ...Object.fromEntries(next), ...outputs };
  });

  const shared = new Set([...Object.keys(fixed), ...(batches === 'own' ? [] : Object.keys(stream))]);
  const metrics: Types = {};
  const inputTypes = { ...state, ...stream, ...fixed, ...schedule, ...hyper };
  const graph = trace(name, inputTypes, (inputs) => {
    const body = (carry: Tensors, given: Tensors) => {
      const values = { ...inputs, ...carry, ...given };
      const rows = new Map(
        step.inputs.map((input) => [input, { tensor: values[input.name]!, own: !shared.has(input.name) }]),
      );
      const results = Object.fromEntries(
        batched(step, rows, trials).map((output) => [output.name, output.tensor]),
      );
      const next = mapTypes(single.state, (_, key) => results[`next.${key}`]!);
      return { carry: next, outputs: pick(results, single.metrics) };
    };
    const result = scan({
      carry: pick(inputs, state),
      over: pick(inputs, { ...stream, ...schedule }),
      length: chunk,
      body,
    });
    for (const [key, tensor] of Object.entries(result.outputs)) metrics[key] = tensor.type;
    const next = Object.entries(result.carry).map(([key, tensor]) => [`next.${key}`, tensor] as const);
    return { ...Object.fromEntries(next), ...result.outputs };
  });
  const model = toOnnx(graph, { target: 'cpu' });
  return { trials, model, graph, single, state, stream, fixed, schedule, hyper, metrics };
}

function pick(tensors: Tensors, names: Record<string, unknown>): Tensors {
  return Object.fromEntries(Object.keys(names).map((name) => [name, tensors[name]!]));
}

function mapTypes<Value>(
  types: Types,
  map: (type: TensorType, name: string) => Value,
): Record<string, Value> {
  return Object.fromEntries(Object.entries(types).map(([name, type]) => [name, map(type, name)]));
}
