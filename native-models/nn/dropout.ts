/** @file Dropout with noise that the host draws, so that a run repeats bit for bit on every device. */
import { MongeError } from '../error';
import type { Tensor } from '../ir/tensor';
import { less, multiply, where } from '../ops/arithmetic';
import { constantLike } from '../ops/constant';
import { scope } from '../ir/scope';

/**
 * Sets values to 0 with probability `rate` and divides the others by 1-rate (Srivastava et al. 2014). `noise` is uniform
 * on [0, 1) and broadcasts to x; at rate 0 nothing is done and no noise is needed. Throws `dropout-rate` and
 * `dropout-noise`.
 */
export function dropout(x: Tensor, rate: number, noise?: Tensor): Tensor {
  if (!(rate >= 0 && rate < 1))
    throw new MongeError({
      code: 'dropout-rate',
      what: 'probability of dropping a value',
      got: String(rate),
      expected: 'a number from 0 to below 1',
    });
  if (rate === 0) return x;
  if (!noise)
    throw new MongeError({
      code: 'dropout-noise',
      what: 'dropout needs uniform noise from the host',
      got: `a rate of ${rate} and no noise`,
      help: 'feed a tensor of uniform numbers, or build the model without dropout for inference',
    });
  return scope('dropout', () =>
    multiply(x, where(less(noise, rate), constantLike(0, x), constantLike(1 / (1 - rate), x))),
  );
}
