/** @file SupportNet: a learned support function of a set of keys, whose input gradient is the key (arXiv 2603.08001). */
import { gradient } from '../autodiff/gradient';
import type { Tensor, Tensors } from '../ir/tensor';
import { softLeaky, type LeakyActivation, type Rectifier } from '../nn/convex';
import { normScaled } from '../nn/homogeneous';
import type { Module } from '../nn/module';
import { supportTrunk, type TrunkOptions } from '../nn/support-trunk';
import { concat, reshape, slice } from '../ops/movement';
import { reduceSum } from '../ops/reduction';
import { scope } from '../ir/scope';
import type { ZooCase } from './case';
import { mipsCase, type MipsSizes } from './mips-case';

/** What a model says of queries x [rows, d], for each of c heads: scores [rows, c] and keys [rows, c, d]. */
export interface KeyPrediction {
  score: Tensor;
  key: Tensor;
}

/**
 * `norm`: f(x) = ‖x‖·h(x/‖x‖), exact but without convexity. `structural`: no biases and a leaky ReLU with its corner
 * left sharp, exact and convex but not smooth. `none`: neither.
 */
export type Homogenisation = 'none' | 'norm' | 'structural';

export interface SupportNetOptions extends Pick<TrunkOptions, 'widths' | 'inject'> {
  dimension: number;
  /** c: one potential per cluster of keys; 1 for a searcher. */
  heads: number;
  rectifier: Rectifier;
  homogenisation: Homogenisation;
  /** Default `softLeaky`. With `structural` only its slope counts. */
  activation?: LeakyActivation;
  /** Default `principled`. */
  initialisation?: TrunkOptions['initialisation'];
}

export interface SupportNet extends Module {
  /** f: x [rows, d] gives [rows, c]. */
  score(parameters: Tensors, x: Tensor): Tensor;
  /** h: the network without the wrapper; the same as f unless the homogenisation is `norm`. */
  potential(parameters: Tensors, x: Tensor): Tensor;
  predict(parameters: Tensors, x: Tensor): KeyPrediction;
}

/** Builds a SupportNet. With a rectifier other than `identity` its potential is convex. */
export function supportNet(options: SupportNetOptions): SupportNet {
  const { dimension, heads, homogenisation, activation = softLeaky } = options;
  const structural = homogenisation === 'structural';
  const trunk = supportTrunk({
    inputs: dimension,
    outputs: heads,
    widths: options.widths,
    inject: options.inject,
    rectifier: options.rectifier,
    activation: structural ? { kind: 'sharp', slope: activation.slope } : activation,
    bias: !structural,
    initialisation: options.initialisation ?? 'principled',
    // A direction has coordinates of mean square 1/d.
    inputDeviation: homogenisation === 'norm' ? 1 / Math.sqrt(dimension) : 1,
  });
  const potential = (parameters: Tensors, x: Tensor) => trunk.apply(parameters, x);
  const score = (parameters: Tensors, x: Tensor) =>
    homogenisation === 'norm'
      ? normScaled(x, (direction) => potential(parameters, direction))
      : potential(parameters, x);
  return {
    parameters: trunk.parameters,
    initialise: (seed) => trunk.initialise(seed),
    potential,
    score,
    predict(parameters, x) {
      const scores = score(parameters, x);
      return { score: scores, key: scope('key', () => inputGradients(scores, x)) };
    },
  };
}

/** The gradients of every column of scores [rows, c], each row by its own input: [rows, c, d]. */
function inputGradients(scores: Tensor, x: Tensor): Tensor {
  const heads = scores.shape[1] as number;
  const [rows, dimension] = x.shape;
  const keys = Array.from({ length: heads }, (_, head) => {
    // Rows do not see each other, so the gradient of the sum holds every row's own.
    const [slope] = gradient(reduceSum(slice(scores, { axis: 1, start: head, end: head + 1 })), [x]);
    return reshape(slope!, [rows!, 1, dimension!]);
  });
  return heads === 1 ? keys[0]! : concat(keys, 1);
}

/** The case of one size, trained on scores and keys: its gradient is of second order. */
export function supportCase(name: string, options: SupportNetOptions & MipsSizes): ZooCase {
  return mipsCase(name, supportNet(options), options);
}
