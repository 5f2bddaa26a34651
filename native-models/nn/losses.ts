/** @file Losses as scalars, means over the batch: squared error, cross entropy, pinball, Gaussian and mixture likelihoods. */
import type { Tensor } from '../ir/tensor';
import { add, divide, maximum, multiply, subtract } from '../ops/arithmetic';
import { constant } from '../ops/constant';
import { negate, square } from '../ops/functions';
import { pick } from '../ops/indexing';
import { reshape } from '../ops/movement';
import { reduceMean, reduceSum } from '../ops/reduction';
import { logSumExp } from '../ops/softmax';
import { scope } from '../ir/scope';
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

/**
 * The loss of networks that predict scores [rows, c] and keys [rows, c, d] of queries [rows, d]:
 * scoreWeight·mean (score − ⟨query, target⟩)² + keyWeight·mean (key − target)², both over all elements, for targets
 * [rows, c, d]. The default weights are those of the released configurations of arXiv 2603.08001.
 */
export function supportLoss(
  prediction: { score: Tensor; key: Tensor },
  query: Tensor,
  target: Tensor,
  { scoreWeight = 0.01, keyWeight = 1 }: { scoreWeight?: number; keyWeight?: number } = {},
): Tensor {
  return scope('loss', () => {
    const [rows, dimension] = query.shape;
    const best = reduceSum(multiply(reshape(query, [rows!, 1, dimension!]), target), -1);
    // A term of weight 0 is left out, so that score-only training needs no gradient of second order.
    const terms: Tensor[] = [];
    if (scoreWeight !== 0) terms.push(multiply(meanSquaredError(prediction.score, best), scoreWeight));
    if (keyWeight !== 0) terms.push(multiply(meanSquaredError(prediction.key, target), keyWeight));
    return terms.reduce((sum, term) => add(sum, term));
  });
}
