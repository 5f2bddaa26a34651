/** @file The loss of predicting the next patch of an image, on patches standardised one by one (MAE, AIM, AIMv2). */
import type { Tensor } from '../ir/tensor';
import { staticSize } from '../ir/types';
import { add, divide, less, maximum, multiply, subtract, where } from '../ops/arithmetic';
import { constantLike, iota } from '../ops/constant';
import { sqrt, square } from '../ops/functions';
import { reshape, slice } from '../ops/movement';
import { reduceMean, reduceSum } from '../ops/reduction';
import { scope } from '../ir/scope';

/**
 * Every patch minus its mean over its deviation: (x−mean)/√(variance+1e-6) over the last axis, where the variance is the
 * unbiased one, divided by n−1.
 */
export function standardisePatches(patches: Tensor): Tensor {
  return scope('standardise', () => {
    const count = staticSize(patches.shape.at(-1), 'standardisePatches');
    const centred = subtract(patches, reduceMean(patches, -1, true));
    const variance = multiply(reduceSum(square(centred), -1, true), 1 / (count - 1));
    return divide(centred, sqrt(add(variance, 1e-6)));
  });
}

/**
 * Predictions and patches [batch, count, values], prefix int32 [batch]. The prediction at position i is compared with the
 * standardised patch i+1, by the mean squared error over its values, where i+1 ≥ prefix; the result is the mean over all
 * such pairs of the batch, so a sample with a short prefix counts for more (AIMv2, Fini et al. 2024). 0 where the
 * prefixes leave no pair.
 */
export function nextPatchLoss(predictions: Tensor, patches: Tensor, prefix: Tensor): Tensor {
  return scope('pixelLoss', () => {
    const count = staticSize(patches.shape[1], 'nextPatchLoss');
    const ahead = slice(standardisePatches(patches), { axis: 1, start: 1 });
    const error = square(subtract(slice(predictions, { axis: 1, end: count - 1 }), ahead));
    const perPatch = reduceMean(error, -1);
    const target = reshape(add(iota(count - 1, prefix.dtype), constantLike(1, prefix)), [1, count - 1]);
    const hidden = less(target, reshape(prefix, [prefix.shape[0]!, 1]));
    const weights = where(hidden, constantLike(0, perPatch), constantLike(1, perPatch));
    return divide(reduceSum(multiply(perPatch, weights)), maximum(reduceSum(weights), 1));
  });
}
