/** @file The training program of LinEAS: forward with maps on, 1-D Wasserstein losses at every hook, gradients of the maps alone. */
import {
  adamw,
  add,
  constant,
  decodeModel,
  multiply,
  reduceSum,
  reshape,
  sgd,
  slice,
  sort,
  sparseGroupLasso,
  square,
  steeringPartName,
  subtract,
  trainingProgram,
  type ModelProto,
  type Tensor,
  type Tensors,
  type TensorType,
  type TrainingProgram,
} from '../../../../native-models';
import type { CutGraph } from './cut';

/** One hook of a fit, and what its numbers are measured in. */
export interface LineasHook {
  id: string;
  units: number;
  /** Of the clean source, [units]: slopes turn around it, so that neither they nor shifts do the other's work. */
  mean: Float32Array;
  /** Root of the mean over units of the variance between clean texts of both sides: what shifts and losses are measured in. */
  scale: number;
}

export interface LineasProgramOptions {
  hooks: readonly LineasHook[];
  /** Texts of a step. */
  batch: number;
  optimiser: 'sgd' | 'adam';
  /** Types of the values between, as they come out of the graph before the maps. */
  between: Readonly<Record<string, TensorType>>;
  /** The pooled value [batch, units] of every hook, by its id. */
  pooled: Readonly<Record<string, string>>;
}

export const targetInput = (hook: string): string => `target/${hook}`;

/**
 * One step a run. A hook's parameter is [2, units]: slopes γ and shifts δ of T(a) = a + γ(a − mean) + δ·scale, which is
 * w = 1 + γ and β = δ·scale − γ·mean. The loss is Σ over hooks and units of mean (sort(T(a))ᵢ − sort(v)ᵢ)² ÷ scale²: in
 * variances of its own layer, so that layers of large numbers do not outweigh the others. Hooks of one width are a group. `target/<hook>` holds sort(v),
 * [batch, units], and the weights of the model are fixed: nothing in the program is a gradient of theirs.
 * @throws `operator-unlifted`
 */
export function lineasProgram(cut: CutGraph, options: LineasProgramOptions): TrainingProgram {
  const { hooks, batch, between, pooled } = options;
  return trainingProgram({
    name: 'lineas',
    parameters: Object.fromEntries(
      hooks.map(({ id, units }) => [id, { dtype: 'float32' as const, shape: [2, units] }]),
    ),
    groups: Object.fromEntries(hooks.map(({ id, units }) => [id, String(units)])),
    optimiser: sparseGroupLasso(options.optimiser === 'sgd' ? sgd() : adamw()),
    stream: {
      ...between,
      ...Object.fromEntries(
        hooks.map(({ id, units }) => [targetInput(id), { dtype: 'float32' as const, shape: [batch, units] }]),
      ),
    },
    fixed: { ...cut.weightTypes },
    chunk: 1,
    loss(parameters, given) {
      const parts = Object.assign({}, ...hooks.map((hook) => partsOf(hook, parameters[hook.id]!))) as Tensors;
      const values = cut.behind(given, parts);
      return hooks
        .map(({ id, scale }) => {
          const { values: sorted } = sort(values[pooled[id]!]!, 0);
          const squares = reduceSum(square(subtract(sorted, given[targetInput(id)]!)));
          return multiply(squares, 1 / (batch * scale ** 2));
        })
        .reduce((sum, part) => add(sum, part));
    },
  });
}

/** w and β of a hook as the graph reads them. */
function partsOf({ id, units, mean, scale }: LineasHook, parameter: Tensor): Tensors {
  const row = (at: number) => reshape(slice(parameter, { axis: 0, start: at, end: at + 1 }), [units]);
  const [slope, shift] = [row(0), row(1)];
  return {
    [steeringPartName('scale', id)]: add(slope, 1),
    [steeringPartName('shift', id)]: subtract(multiply(shift, scale), multiply(slope, constant(mean))),
  };
}

/** The program as a model whose fixed inputs are weights in the data file. */
export function withWeightsInside(program: TrainingProgram, { weights }: CutGraph): ModelProto {
  const model = decodeModel(program.model);
  const graph = model.graph ?? {};
  return {
    ...model,
    graph: {
      ...graph,
      input: (graph.input ?? []).filter(({ name }) => !Object.hasOwn(program.fixed, name ?? '')),
      initializer: [...(graph.initializer ?? []), ...weights],
    },
  };
}
