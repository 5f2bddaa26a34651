/** @file Optimisers as graph functions: hyperparameters are inputs of the graph, state is carried from step to step. */
import type { Tensor } from '../ir/tensor';
import { add, divide, multiply, subtract } from '../ops/arithmetic';
import { sqrt, square } from '../ops/functions';
import { scope } from '../trace/scope';

type Tensors = Record<string, Tensor>;

export interface UpdateContext {
  readonly parameters: Tensors;
  readonly gradients: Tensors;
  /** For each slot a record with one tensor per parameter. */
  readonly slots: Record<string, Tensors>;
  readonly scalars: Tensors;
  readonly learningRate: Tensor;
  /** Scalars by the names in `hyper`. */
  readonly hyper: Tensors;
}

export interface Optimiser {
  readonly name: string;
  /** Names of the scalar hyperparameters besides the learning rate. */
  readonly hyper: readonly string[];
  /** State of each parameter's own shape; starts at 0. */
  readonly slots: readonly string[];
  /** Scalar state; starts at 0. */
  readonly scalars: readonly string[];
  /** One step. Works element by element, so it may be given one flat vector or many tensors. */
  update(context: UpdateContext): { parameters: Tensors; slots: Record<string, Tensors>; scalars: Tensors };
}

/** Stochastic gradient descent with weight decay and, if asked for, heavy-ball momentum (Polyak 1964). */
export function sgd(options: { momentum?: boolean } = {}): Optimiser {
  const momentum = options.momentum ?? false;
  return {
    name: 'sgd',
    hyper: momentum ? ['weightDecay', 'momentum'] : ['weightDecay'],
    slots: momentum ? ['velocity'] : [],
    scalars: [],
    update({ parameters, gradients, slots, learningRate, hyper }) {
      const velocity: Tensors = {};
      const next = mapTensors(parameters, (parameter, name) => {
        const direction = add(gradients[name]!, multiply(hyper.weightDecay!, parameter));
        if (!momentum) return subtract(parameter, multiply(learningRate, direction));
        velocity[name] = add(multiply(hyper.momentum!, slots.velocity![name]!), direction);
        return subtract(parameter, multiply(learningRate, velocity[name]));
      });
      const kept: Record<string, Tensors> = momentum ? { velocity } : {};
      return { parameters: next, slots: kept, scalars: {} };
    },
  };
}

/**
 * AdamW (Loshchilov and Hutter 2019): Adam with decoupled weight decay and bias correction.
 * The corrections 1-βᵗ are accumulated as c ← βc + (1-β), the same recursion as the moments, which in single precision
 * is more exact than a power and stays right when β changes during training.
 */
export function adamw(): Optimiser {
  return {
    name: 'adamw',
    hyper: ['weightDecay', 'beta1', 'beta2', 'epsilon'],
    slots: ['moment1', 'moment2'],
    scalars: ['correction1', 'correction2'],
    update({ parameters, gradients, slots, scalars, learningRate, hyper }) {
      const { beta1, beta2, epsilon, weightDecay } = hyper as Record<
        'beta1' | 'beta2' | 'epsilon' | 'weightDecay',
        Tensor
      >;
      const rest1 = subtract(1, beta1);
      const rest2 = subtract(1, beta2);
      const correction1 = add(multiply(beta1, scalars.correction1!), rest1);
      const correction2 = add(multiply(beta2, scalars.correction2!), rest2);
      // lr·(m/c1)/(sqrt(v/c2)+eps) with the scalar work taken out of the vector: √c2 multiplies through.
      const scale2 = sqrt(correction2);
      const rate = divide(multiply(learningRate, scale2), correction1);
      const damping = multiply(epsilon, scale2);
      const keep = subtract(1, multiply(learningRate, weightDecay));
      const moment1: Tensors = {};
      const moment2: Tensors = {};
      const next = mapTensors(parameters, (parameter, name) => {
        const slope = gradients[name]!;
        const first = add(multiply(beta1, slots.moment1![name]!), multiply(rest1, slope));
        const second = add(multiply(beta2, slots.moment2![name]!), multiply(rest2, square(slope)));
        moment1[name] = first;
        moment2[name] = second;
        const direction = divide(first, add(sqrt(second), damping));
        return subtract(multiply(keep, parameter), multiply(rate, direction));
      });
      return {
        parameters: next,
        slots: { moment1, moment2 },
        scalars: { correction1, correction2 },
      };
    },
  };
}

/** Exponential moving average of parameters: decay·average + (1-decay)·parameter. */
export function movingAverage(average: Tensors, parameters: Tensors, decay: Tensor): Tensors {
  return scope('ema', () => {
    const rest = subtract(1, decay);
    return mapTensors(average, (value, name) =>
      add(multiply(decay, value), multiply(rest, parameters[name]!)),
    );
  });
}

function mapTensors(tensors: Tensors, map: (tensor: Tensor, name: string) => Tensor): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, map(tensor, name)]));
}
