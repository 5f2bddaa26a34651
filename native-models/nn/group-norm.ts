/** @file GroupNorm (Wu and He 2018): channels are normalised in groups, each row of the batch by itself. */
import { MongeError } from '../error';
import type { Tensor, Tensors } from '../ir/tensor';
import { float32, formatType, staticSize } from '../ir/types';
import { add, multiply } from '../ops/arithmetic';
import { reshape } from '../ops/movement';
import { layerNormalise } from '../ops/normalisation';
import { scope } from '../ir/scope';
import { perChannel } from './conv-layers';
import { parameter, type Initial } from './module';

/** The parameters `name.weight` (the gain, 1 at first) and `name.bias` (0 at first), each [channels]. */
export function groupNormParameters(name: string, channels: number): Record<string, Initial> {
  return {
    [`${name}.weight`]: { type: float32(channels), value: 1 },
    [`${name}.bias`]: { type: float32(channels) },
  };
}

/**
 * Every group of channels of a row of x [N, C, …] brought to mean 0 and variance 1 (with ε = 1e-5 added to the
 * variance), then gain and bias per channel. Throws `group-count` where the channels do not split evenly.
 */
export function groupNorm(parameters: Tensors, name: string, x: Tensor, groups: number): Tensor {
  return scope(name, () => {
    const [rows, ...rest] = x.shape;
    const sizes = rest.map((size) => staticSize(size, 'GroupNorm'));
    const channels = sizes[0] ?? 0;
    if (!Number.isSafeInteger(groups) || groups < 1 || channels === 0 || channels % groups !== 0)
      throw new MongeError({
        code: 'group-count',
        what: 'channels do not split evenly into groups',
        where: { tensor: name },
        got: `${groups} groups of ${formatType(x.type)}`,
        expected: 'a divisor of the number of channels',
      });
    const perGroup = sizes.reduce((product, size) => product * size, 1) / groups;
    // One row per group: the last axis holds its channels and positions together.
    const normal = reshape(layerNormalise(reshape(x, [rows!, groups, perGroup])), x.shape);
    const gain = perChannel(parameter(parameters, `${name}.weight`), x.rank);
    return add(multiply(normal, gain), perChannel(parameter(parameters, `${name}.bias`), x.rank));
  });
}
