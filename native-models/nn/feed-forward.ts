/** @file The token-wise perceptrons of transformer blocks: two linear maps around a GELU, or the gated SwiGLU. */
import type { Tensor, Tensors } from '../ir/tensor';
import { multiply } from '../ops/arithmetic';
import { gelu, geluTanh, silu } from '../ops/gated';
import { scope } from '../ir/scope';
import { lastPart, linear, linearParameters } from './linear';
import type { Initial } from './module';

export interface FeedForwardOptions {
  width: number;
  hidden: number;
  /** `swiglu`: down(silu(gate(x))·up(x)) (Shazeer 2020); otherwise down(gelu(up(x))), exact or with tanh. */
  kind: 'gelu' | 'geluTanh' | 'swiglu';
  bias: boolean;
}

/** Parameters of `name.up_proj`, `name.down_proj` and, for SwiGLU, `name.gate_proj`. */
export function feedForwardParameters(
  name: string,
  options: FeedForwardOptions,
  initial?: (layer: 'up_proj' | 'gate_proj' | 'down_proj') => Omit<Initial, 'type'>,
): Record<string, Initial> {
  const { width, hidden, kind, bias } = options;
  const into = kind === 'swiglu' ? (['gate_proj', 'up_proj'] as const) : (['up_proj'] as const);
  return Object.assign(
    {},
    ...into.map((layer) =>
      linearParameters(`${name}.${layer}`, width, hidden, { bias, initial: initial?.(layer) }),
    ),
    linearParameters(`${name}.down_proj`, hidden, width, { bias, initial: initial?.('down_proj') }),
  ) as Record<string, Initial>;
}

/** Applies the perceptron to x [..., width]; `scale` multiplies its result. */
export function feedForward(
  parameters: Tensors,
  name: string,
  x: Tensor,
  options: Pick<FeedForwardOptions, 'kind' | 'bias'> & { scale?: number | Tensor },
): Tensor {
  const { kind, bias, scale } = options;
  return scope(lastPart(name), () => {
    const up = linear(parameters, `${name}.up_proj`, x, { bias });
    const hidden =
      kind === 'swiglu'
        ? multiply(silu(linear(parameters, `${name}.gate_proj`, x, { bias })), up)
        : kind === 'gelu'
          ? gelu(up)
          : geluTanh(up);
    return linear(parameters, `${name}.down_proj`, hidden, { bias, scale });
  });
}
