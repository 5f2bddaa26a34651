/** @file Optimisers as graph functions: hyperparameters are inputs of the graph, state is carried from step to step. */
import type { Tensor, Tensors } from '../ir/tensor';
import type { TensorType } from '../ir/types';
import { add, divide, multiply, subtract } from '../ops/arithmetic';
import { sqrt, square } from '../ops/functions';

/** What one step of an optimiser computes before it looks at any parameter. */
export interface Preparation {
  /** The step's learning rate: a scalar, or one value per group as all of `hyper` and `scalars`. */
  readonly learningRate: Tensor;
  readonly hyper: Tensors;
  readonly scalars: Tensors;
}

/** One part of the state: a flat vector of many parameters, or one whole parameter. */
export interface UpdateContext {
  readonly parameter: Tensor;
  readonly gradient: Tensor;
  /** One tensor of the parameter's shape for each of the rule's slots. */
  readonly slots: Tensors;
  /** The scalars that `prepare` named, of this part's group. */
  readonly rates: Tensors;
}

/** How the parameters of one kind move. */
export interface UpdateRule {
  /** State of the parameter's own shape; starts at 0. */
  readonly slots: readonly string[];
  /** Whether the rule must see each parameter by itself; else it works element by element. */
  readonly whole: boolean;
  update(context: UpdateContext): { parameter: Tensor; slots: Tensors };
}

export interface Optimiser {
  readonly name: string;
  /** Names of the hyperparameters besides the learning rate. */
  readonly hyper: readonly string[];
  /** Scalar state, one value per group; starts at 0. */
  readonly scalars: readonly string[];
  /**
   * The scalar work of a step: the next scalars, and the rates that the rules read. It is done once for all groups, on
   * vectors with one value per group where there are several.
   */
  prepare(context: Preparation): { scalars: Tensors; rates: Tensors };
  /** The rule for a parameter. Equal rules must be the same object. */
  ruleFor(name: string, type: TensorType): UpdateRule;
}

/** Stochastic gradient descent with weight decay and, if asked for, heavy-ball momentum (Polyak 1964). */
export function sgd(options: { momentum?: boolean } = {}): Optimiser {
  const momentum = options.momentum ?? false;
  const rule: UpdateRule = {
    slots: momentum ? ['velocity'] : [],
    whole: false,
    update({ parameter, gradient, slots, rates }): { parameter: Tensor; slots: Tensors } {
      const direction = add(gradient, multiply(rates.weightDecay!, parameter));
      const step = (along: Tensor) => subtract(parameter, multiply(rates.learningRate!, along));
      if (!momentum) return { parameter: step(direction), slots: {} };
      const velocity = add(multiply(rates.momentum!, slots.velocity!), direction);
      return { parameter: step(velocity), slots: { velocity } };
    },
  };
  return {
    name: 'sgd',
    hyper: momentum ? ['weightDecay', 'momentum'] : ['weightDecay'],
    scalars: [],
    prepare: ({ learningRate, hyper }) => ({ scalars: {}, rates: { ...hyper, learningRate } }),
    ruleFor: () => rule,
  };
}

/**
 * AdamW (Loshchilov and Hutter 2019) in its coupled form: θ ← θ - η(m̂/(√v̂+ε) + λθ), with bias correction.
 * The corrections 1-βᵗ are accumulated as c ← βc + (1-β), the same recursion as the moments, which in single precision
 * is more exact than a power and stays right when β changes during training.
 */
export function adamw(): Optimiser {
  return {
    name: 'adamw',
    hyper: ['weightDecay', 'beta1', 'beta2', 'epsilon'],
    scalars: ['correction1', 'correction2'],
    prepare({ learningRate, hyper, scalars }) {
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
      return {
        scalars: { correction1, correction2 },
        rates: {
          beta1,
          beta2,
          rest1,
          rest2,
          rate: divide(multiply(learningRate, scale2), correction1),
          damping: multiply(epsilon, scale2),
          keep: subtract(1, multiply(learningRate, weightDecay)),
        },
      };
    },
    ruleFor: () => ADAMW_RULE,
  };
}

const ADAMW_RULE: UpdateRule = {
  slots: ['moment1', 'moment2'],
  whole: false,
  update({ parameter, gradient, slots, rates }) {
    const moment1 = add(multiply(rates.beta1!, slots.moment1!), multiply(rates.rest1!, gradient));
    const moment2 = add(multiply(rates.beta2!, slots.moment2!), multiply(rates.rest2!, square(gradient)));
    const direction = divide(moment1, add(sqrt(moment2), rates.damping!));
    return {
      parameter: subtract(multiply(rates.keep!, parameter), multiply(rates.rate!, direction)),
      slots: { moment1, moment2 },
    };
  },
};

/** Exponential moving average of a parameter: decay·average + (1-decay)·parameter. */
export function movingAverage(average: Tensor, parameter: Tensor, decay: Tensor): Tensor {
  return add(multiply(decay, average), multiply(subtract(1, decay), parameter));
}
