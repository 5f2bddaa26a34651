/** @file Normalisation layers of the last axis with learned gains: LayerNorm and RMSNorm. */
import type { Tensor, Tensors } from '../ir/tensor';
import { float32 } from '../ir/types';
import { layerNormalise, rmsNormalise } from '../ops/normalisation';
import { scope } from '../ir/scope';
import { lastPart } from './linear';
import { parameter, type Initial } from './module';

/** LayerNorm (Ba et al. 2016) with gain and bias, or RMSNorm (Zhang and Sennrich 2019) with a gain. */
export type NormKind = 'layer' | 'rms';

export interface NormOptions {
  kind: NormKind;
  /** Added to the mean square; default 1e-5. */
  epsilon?: number;
}

/** The gain `name.weight` [width], starting at 1, and for `layer` the bias `name.bias` [width], starting at 0. */
export function normParameters(name: string, width: number, kind: NormKind): Record<string, Initial> {
  const table: Record<string, Initial> = { [`${name}.weight`]: { type: float32(width), value: 1 } };
  if (kind === 'layer') table[`${name}.bias`] = { type: float32(width), value: 0 };
  return table;
}

/**
 * Normalises the last axis of x [..., width]. On heads [batch, heads, tokens, headWidth] the gain [headWidth] is shared
 * by all heads, which is the usual query-key normalisation.
 */
export function norm(parameters: Tensors, name: string, x: Tensor, options: NormOptions): Tensor {
  const { kind, epsilon } = options;
  return scope(lastPart(name), () => {
    const gain = parameter(parameters, `${name}.weight`);
    if (kind === 'rms') return rmsNormalise(x, { gain, epsilon });
    return layerNormalise(x, { gain, bias: parameter(parameters, `${name}.bias`), epsilon });
  });
}
