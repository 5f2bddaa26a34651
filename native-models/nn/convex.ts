/** @file What makes a network convex in its input: increasing convex activations, and weights that are never negative. */
import type { Tensor } from '../ir/tensor';
import { add, multiply } from '../ops/arithmetic';
import { exp, relu, softplus, square } from '../ops/functions';
import { scope } from '../ir/scope';

/**
 * An increasing convex activation. `soft`: a·x + (1−a)·softplus(βx)/β, smooth, slope in [a, 1]. `sharp`: its limit
 * a·x + (1−a)·max(x, 0), the leaky ReLU, positively homogeneous but with second derivative 0.
 */
export type LeakyActivation =
  | {
      readonly kind: 'soft';
      /** a, the slope far to the left, in [0, 1]. */
      readonly slope: number;
      /** β > 0, how sharp the bend is. */
      readonly sharpness: number;
    }
  | { readonly kind: 'sharp'; readonly slope: number };

/** a = 0.1 and β = 20, as in the released configurations of the support-function paper (arXiv 2603.08001). */
export const softLeaky: LeakyActivation = { kind: 'soft', slope: 0.1, sharpness: 20 };

/** a·x + (1−a)·softplus(βx)/β. */
export function softLeakyRelu(x: Tensor, slope = 0.1, sharpness = 20): Tensor {
  const bend = multiply(softplus(multiply(x, sharpness)), (1 - slope) / sharpness);
  return slope === 0 ? bend : add(multiply(x, slope), bend);
}

/** Applies an activation to a tensor. */
export function leaky(activation: LeakyActivation, x: Tensor): Tensor {
  if (activation.kind === 'soft') return softLeakyRelu(x, activation.slope, activation.sharpness);
  return add(multiply(x, activation.slope), multiply(relu(x), 1 - activation.slope));
}

/** The same activation of one number, for what is computed before training. */
export function leakyValue(activation: LeakyActivation, x: number): number {
  const { slope } = activation;
  if (activation.kind === 'sharp') return slope * x + (1 - slope) * Math.max(x, 0);
  const scaled = activation.sharpness * x;
  const softened = Math.max(scaled, 0) + Math.log1p(Math.exp(-Math.abs(scaled)));
  return slope * x + ((1 - slope) * softened) / activation.sharpness;
}

interface RectifierRule {
  apply: (weight: Tensor) => Tensor;
  /** The free parameter behind an effective weight above 0. */
  inverse: (effective: number) => number;
}

/**
 * How a free parameter becomes a weight. `identity` leaves the sign free: a network with it is not convex, whatever its
 * activations.
 */
export const rectifiers = {
  softplus: {
    apply: softplus,
    // log(exp(w) − 1), for large w without overflow.
    inverse: (effective) => effective + Math.log(-Math.expm1(-effective)),
  },
  relu: { apply: relu, inverse: (effective) => effective },
  exp: { apply: exp, inverse: Math.log },
  square: { apply: square, inverse: Math.sqrt },
  identity: { apply: (weight) => weight, inverse: (effective) => effective },
} satisfies Record<string, RectifierRule>;
export type Rectifier = keyof typeof rectifiers;

/** Effective weights from free parameters: at least 0, except for `identity`. */
export function rectify(rectifier: Rectifier, weight: Tensor): Tensor {
  return scope('rectify', () => rectifiers[rectifier].apply(weight));
}
