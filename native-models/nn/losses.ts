/** @file Losses as scalars, means over the batch: squared error, cross entropy, pinball, Gaussian and mixture likelihoods. */
import type { Tensor } from '../ir/tensor';
import { divide, multiply, subtract } from '../ops/arithmetic';
import { square } from '../ops/functions';
import { pick } from '../ops/indexing';
import { reduceMean, reduceSum } from '../ops/reduction';
import { logSumExp } from '../ops/softmax';
import { scope } from '../trace/scope';

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
