/** @file Adaptive layer normalisation: shift, scale and gate of tokens by a condition (adaLN of DiT, Peebles and Xie 2023). */
import type { Tensor, Tensors } from '../ir/tensor';
import { add, multiply } from '../ops/arithmetic';
import { reshape, slice } from '../ops/movement';
import { silu } from '../ops/gated';
import { scope } from '../ir/scope';
import { lastPart, linear, linearParameters } from './linear';
import type { Initial } from './module';

/** A linear map from the condition to `parts` vectors; starts at 0, so that a gated block starts as the identity. */
export function modulationParameters(name: string, width: number, parts: number): Record<string, Initial> {
  return linearParameters(name, width, parts * width, { initial: { value: 0 } });
}

/** The vectors of a silu of the condition [batch, width], each [batch, 1, width], in the order of the linear map. */
export function modulation(parameters: Tensors, name: string, condition: Tensor, parts: number): Tensor[] {
  return scope(lastPart(name), () => {
    const [batch, width] = condition.shape as [Tensor['shape'][number], number];
    const all = linear(parameters, name, silu(condition));
    return Array.from({ length: parts }, (_, part) =>
      reshape(slice(all, { axis: 1, start: part * width, end: (part + 1) * width }), [batch, 1, width]),
    );
  });
}

/** x·(1 + scale) + shift. */
export function modulate(x: Tensor, shift: Tensor, scale: Tensor): Tensor {
  return add(multiply(x, add(scale, 1)), shift);
}
