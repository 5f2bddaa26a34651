/** @file Training as one ONNX program: K steps of gradient and optimiser, with all state carried along. */
import { gradient } from '../autodiff/gradient';
import { MongeError } from '../error';
import type { Graph } from '../ir/graph';
import type { Tensor } from '../ir/tensor';
import { float32, type TensorType } from '../ir/types';
import { toOnnx } from '../onnx/lower';
import { add } from '../ops/arithmetic';
import { scan } from '../ops/control';
import { concat, reshape, slice } from '../ops/movement';
import { movingAverage, type Optimiser } from '../optim/optimiser';
import { scope } from '../trace/scope';
import { trace } from '../trace/trace';
import { groupState, groupTensors, groupTypes, layoutOf, pack, unpack, type Layout } from './layout';

type Tensors = Record<string, Tensor>;
type Types = Record<string, TensorType>;

export interface TrainingProgramOptions {
  name: string;
  parameters: Types;
  optimiser: Optimiser;
  /** The tensors of one step's batch. The program takes them for K steps at once, as [K, …]. */
  stream: Types;
  /** The loss of one step, a scalar. May return further scalars to be recorded beside it. */
  loss: (parameters: Tensors, batch: Tensors) => Tensor | { loss: Tensor; metrics: Tensors };
  /** Steps per run, K. */
  chunk: number;
  /** Keep an exponential moving average of the parameters; its decay is the hyperparameter `emaDecay`. */
  ema?: boolean;
  /** `loop` (default) for the CPU; `straight` repeats the step K times without a Loop, for WebGPU with small K. */
  form?: 'loop' | 'straight';
}

/** A compiled training program: the model, and what every input and output is. */
export interface TrainingProgram {
  readonly name: string;
  readonly model: Uint8Array;
  readonly graph: Graph;
  readonly chunk: number;
  readonly form: 'loop' | 'straight';
  /** Fed under these names; comes back as `next.` + name. */
  readonly state: Types;
  /** Fed under these names; shapes with leading K. */
  readonly stream: Types;
  /** One value per step: `learningRate` [K]. */
  readonly schedule: Types;
  /** Scalars. */
  readonly hyper: Types;
  /** Outputs with one value per step: `loss` [K] and what else the loss returned. */
  readonly metrics: Types;
  readonly layout: Layout;
  readonly ema: boolean;
}

/**
 * Builds a training program. One run does K steps; feeding `next.*` back as state continues as if it never stopped.
 * Throws `loop-length`, `name-collision` where two inputs would share a name, and every error of the traced loss.
 */
export function trainingProgram(options: TrainingProgramOptions): TrainingProgram {
  const { optimiser, chunk, ema = false, form = 'loop' } = options;
  const layout = layoutOf(options.parameters, form === 'loop');
  const groups = ['parameters', ...optimiser.slots, ...(ema ? ['ema'] : [])];
  const scalarNames = [...optimiser.scalars, 'step'];
  const state: Types = Object.assign({}, ...groups.map((group) => groupTypes(layout, group))) as Types;
  for (const name of scalarNames) state[name] = float32();
  const stream = Object.fromEntries(
    Object.entries(options.stream).map(([name, { dtype, shape }]) => [
      name,
      { dtype, shape: [chunk, ...shape] },
    ]),
  );
  const schedule = { learningRate: float32(chunk) };
  const hyperNames = [...optimiser.hyper, ...(ema ? ['emaDecay'] : [])];
  const hyper = Object.fromEntries(hyperNames.map((name) => [name, float32()]));
  requireSteps(chunk, options.name);
  requireDistinct(options.name, [state, stream, schedule, hyper]);

  const metrics: Types = {};
  const graph = trace(options.name, { ...state, ...stream, ...schedule, ...hyper }, (inputs) => {
    const oneStep = stepFunction(options, layout, pick(inputs, hyper));
    const over = pick(inputs, { ...stream, ...schedule });
    const result =
      form === 'loop'
        ? scan({
            carry: pick(inputs, state),
            over,
            length: chunk,
            body: (carry, slices) => oneStep(carry, slices),
          })
        : unroll(pick(inputs, state), over, chunk, oneStep);
    for (const [name, tensor] of Object.entries(result.outputs)) metrics[name] = tensor.type;
    const next = Object.fromEntries(
      Object.entries(result.carry).map(([name, tensor]) => [`next.${name}`, tensor]),
    );
    return { ...next, ...result.outputs };
  });
  const model = toOnnx(graph, { target: form === 'loop' ? 'cpu' : 'webgpu' });
  return {
    name: options.name,
    model,
    graph,
    chunk,
    form,
    state,
    stream,
    schedule,
    hyper,
    metrics,
    layout,
    ema,
  };
}

/** One training step as a function of what is carried and what this step is given. */
function stepFunction(options: TrainingProgramOptions, layout: Layout, hyper: Tensors) {
  const { optimiser, ema = false } = options;
  return (carry: Tensors, given: Tensors): { carry: Tensors; outputs: Tensors } => {
    const held = groupTensors(layout, 'parameters', carry);
    const parameters = scope('parameters', () => unpack(layout, held));
    const batch = pick(given, options.stream);
    const result = options.loss(parameters, batch);
    const { loss, metrics } = 'loss' in result ? result : { loss: result, metrics: {} };
    const names = layout.entries.map((entry) => entry.name);
    const slopes = gradient(
      loss,
      names.map((name) => parameters[name]!),
    );
    return scope(optimiser.name, () => {
      const gradients = pack(layout, Object.fromEntries(names.map((name, index) => [name, slopes[index]!])));
      const updated = optimiser.update({
        parameters: held,
        gradients,
        slots: Object.fromEntries(optimiser.slots.map((slot) => [slot, groupTensors(layout, slot, carry)])),
        scalars: carry,
        learningRate: given.learningRate!,
        hyper,
      });
      const next: Tensors = {
        ...groupState(layout, 'parameters', updated.parameters),
        ...updated.scalars,
        step: add(carry.step!, 1),
      };
      for (const slot of optimiser.slots) Object.assign(next, groupState(layout, slot, updated.slots[slot]!));
      if (ema) {
        const average = movingAverage(
          groupTensors(layout, 'ema', carry),
          updated.parameters,
          hyper.emaDecay!,
        );
        Object.assign(next, groupState(layout, 'ema', average));
      }
      return { carry: next, outputs: mapScalars({ loss, ...metrics }) };
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

function mapScalars(tensors: Tensors): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, tensor.rank === 0 ? tensor : reshape(tensor, [])]),
  );
}

function pick(tensors: Tensors, names: Record<string, unknown>): Tensors {
  return Object.fromEntries(Object.keys(names).map((name) => [name, tensors[name]!]));
}

function requireSteps(chunk: number, program: string): void {
  if (Number.isSafeInteger(chunk) && chunk >= 1) return;
  throw new MongeError({
    code: 'loop-length',
    what: `steps per run of program ${program}`,
    where: { key: 'chunk' },
    got: String(chunk),
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
