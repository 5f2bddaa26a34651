/** @file Losses as scalars, means over the batch: squared error, cross entropy, pinball, Gaussian and mixture likelihoods. */
import type { Tensor } from '../ir/tensor';
import { divide, maximum, multiply, subtract } from '../ops/arithmetic';
import { constant } from '../ops/constant';
import { negate, square } from '../ops/functions';
import { pick } from '../ops/indexing';
import { reshape } from '../ops/movement';
import { reduceMean, reduceSum } from '../ops/reduction';
import { logSumExp } from '../ops/softmax';
import { scope } from '../trace/scope';
import { gaussianLogDensity, mixtureLogDensity, type Gaussian, type Mixture } from './heads';

/** The mean of (prediction − target)² over all elements. */
export function meanSquaredError(prediction: Tensor, target: Tensor): Tensor {
  return scope('loss', () => reduceMean(square(subtract(prediction, target))));
}

/**
 * Mean over positions of −log softmax(logits)[label]: logits [..., classes], int32 labels [...]. With weights [...] the
 * weighted mean, so that padding can be left out with weight 0; the weights must not all be 0.
 * Written as log-sum-exp minus the picked logit, which needs no table of log-probabilities.
 */
export function crossEntropy(logits: Tensor, labels: Tensor, weights?: Tensor): Tensor {
  return scope('loss', () => {
    const surprise = subtract(logSumExp(logits), pick(logits, labels));
    if (!weights) return reduceMean(surprise);
    return divide(reduceSum(multiply(surprise, weights)), reduceSum(weights));
  });
}

/**
 * The pinball loss of quantile regression (Koenker and Bassett 1978), mean over rows, levels and coordinates:
 * max(τ·r, (τ−1)·r) with r = target − quantile; quantiles [rows, levels, d], target [rows, d], levels in (0, 1).
 */
export function pinball(quantiles: Tensor, target: Tensor, levels: readonly number[]): Tensor {
  return scope('loss', () => {
    const [rows, , dimension] = quantiles.shape;
    const residual = subtract(reshape(target, [rows!, 1, dimension!]), quantiles);
    const above = constant(levels, [levels.length, 1], quantiles.dtype);
    return reduceMean(maximum(multiply(residual, above), multiply(residual, subtract(above, 1))));
  });
}

/** Mean over rows of −log density of the target [rows, d]. */
export function gaussianNll(gaussian: Gaussian, target: Tensor): Tensor {
  return scope('loss', () => negate(reduceMean(gaussianLogDensity(gaussian, target))));
}

/** Mean over rows of −log density of the target [rows, d]. */
export function mixtureNll(mixture: Mixture, target: Tensor): Tensor {
  return scope('loss', () => negate(reduceMean(mixtureLogDensity(mixture, target))));
}
