/** @file Functions with f(t·x) = t·f(x) for t > 0, as support functions are: a wrapper, and the maximum of linear maps. */
import type { Tensor, Tensors } from '../ir/tensor';
import { float32 } from '../ir/types';
import { divide, greater, maximum, multiply, where } from '../ops/arithmetic';
import { square, sqrt } from '../ops/functions';
import { matmul } from '../ops/linear-algebra';
import { reduceSum } from '../ops/reduction';
import { logSumExp } from '../ops/softmax';
import { scope } from '../ir/scope';
import { module, parameter, type Module } from './module';

/** Below this length a vector has no direction. */
const SHORTEST = 1e-12;

/**
 * f(x) = r·h(x/r) with r = ‖x‖, for x [rows, d] and h from [rows, d] to [rows, c]. Its gradient is
 * h(u)·u + (I − uuᵀ)∇h(u) with u = x/r, so Euler's identity ⟨x, ∇f⟩ = f holds. f(0) = 0, where the gradient is set to 0.
 * It does not keep convexity: h = −1 gives −‖x‖.
 */
export function normScaled(x: Tensor, h: (direction: Tensor) => Tensor): Tensor {
  return scope('normScaled', () => {
    const squares = reduceSum(square(x), -1, true);
    // Guarded before the root: its slope at 0 is infinite, and times 0 that is not a number.
    const length = sqrt(maximum(squares, SHORTEST * SHORTEST));
    const value = h(divide(x, length));
    return multiply(where(greater(squares, SHORTEST * SHORTEST), length, 0), value);
  });
}

export interface MaxAffineOptions {
  dimension: number;
  /** Number of linear maps; each is a learned key. */
  keys: number;
  /** τ > 0: the softness of the maximum. */
  temperature: number;
}

/**
 * f(x) = τ·log Σⱼ exp(⟨wⱼ, x⟩/τ), convex, and homogeneous as τ → 0, where it is the support function of the rows of
 * `keys` [keys, d]. Its gradient is Σⱼ softmaxⱼ·wⱼ.
 */
export function maxAffine(
  options: MaxAffineOptions,
): Module & { apply(parameters: Tensors, x: Tensor): Tensor } {
  const { dimension, keys, temperature } = options;
  return {
    ...module({ keys: { type: float32(keys, dimension), deviation: 1 / Math.sqrt(dimension) } }),
    /** x [rows, d] gives [rows, 1]. */
    apply: (parameters, x) =>
      scope('maxAffine', () => {
        const scores = matmul(x, parameter(parameters, 'keys'), { transposeRight: true });
        return multiply(logSumExp(multiply(scores, 1 / temperature), -1, true), temperature);
      }),
  };
}
