/** @file Convolution layers for images [N, C, H, W] and sequences [N, C, L], and changes of resolution. */
import type { Tensor, Tensors } from '../ir/tensor';
import { float32 } from '../ir/types';
import { add } from '../ops/arithmetic';
import { conv, type ConvOptions } from '../ops/convolution';
import { reshape } from '../ops/movement';
import { upsampleNearest } from '../ops/resampling';
import { scope } from '../ir/scope';
import { parameter, type Initial } from './module';

export interface ConvLayerOptions {
  inputs: number;
  outputs: number;
  /** Size of the kernel, the same along every spatial axis. */
  kernel: number;
  /** Spatial axes: 2 (default) for images, 1 for sequences. */
  axes?: 1 | 2;
  /** Default 1. */
  groups?: number;
  /** Start at 0 instead of at random, so that the layer gives nothing at first. */
  zero?: boolean;
}

/**
 * The parameters `name.weight` [outputs, inputs/groups, kernel, …] and `name.bias` [outputs], uniform on ±1/√fan-in with
 * the fan-in inputs/groups·kernelᵃˣᵉˢ.
 */
export function convParameters(name: string, options: ConvLayerOptions): Record<string, Initial> {
  const { inputs, outputs, kernel, axes = 2, groups = 1, zero = false } = options;
  const spatial = new Array<number>(axes).fill(kernel);
  const limit = 1 / Math.sqrt((inputs / groups) * kernel ** axes);
  const start = zero ? { value: 0 } : { limit };
  return {
    [`${name}.weight`]: { type: float32(outputs, inputs / groups, ...spatial), ...start },
    [`${name}.bias`]: { type: float32(outputs), ...start },
  };
}

/** The convolution of x with `name.weight`, plus `name.bias` per channel. */
export function convLayer(parameters: Tensors, name: string, x: Tensor, options: ConvOptions = {}): Tensor {
  return scope(name, () =>
    add(
      conv(x, parameter(parameters, `${name}.weight`), options),
      perChannel(parameter(parameters, `${name}.bias`), x.rank),
    ),
  );
}

/** Half the resolution (rounded up) by a convolution of stride 2 with a kernel of 3: [N, C, H, W] to [N, O, ⌈H/2⌉, ⌈W/2⌉]. */
export function downsample(parameters: Tensors, name: string, x: Tensor): Tensor {
  return convLayer(parameters, name, x, { stride: 2, padding: 1 });
}

/** Twice the resolution: values repeated, then smoothed by a convolution with a kernel of 3. */
export function upsample(parameters: Tensors, name: string, x: Tensor): Tensor {
  return convLayer(
    parameters,
    name,
    scope(name, () => upsampleNearest(x)),
    { padding: 1 },
  );
}

/** A vector [C] as [1, C, 1, …] with the given number of axes, to broadcast over rows and positions. */
export function perChannel(vector: Tensor, rank: number): Tensor {
  return reshape(vector, [1, vector.shape[0]!, ...new Array<number>(rank - 2).fill(1)]);
}
