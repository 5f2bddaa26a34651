/** @file The blocks of a U-Net: a residual convolution block that is told the time, and self-attention between positions. */
import type { Tensor, Tensors } from '../ir/tensor';
import { staticSize } from '../ir/types';
import { add, multiply } from '../ops/arithmetic';
import { silu } from '../ops/gated';
import { matmul } from '../ops/linear-algebra';
import { reshape, slice, transpose } from '../ops/movement';
import { softmax } from '../ops/softmax';
import { scope } from '../ir/scope';
import { convLayer, convParameters } from './conv-layers';
import { groupNorm, groupNormParameters } from './group-norm';
import { linear, linearParameters } from './linear';
import { parameter, type Initial } from './module';
import type { Tap } from './tap';

export interface ResidualBlockOptions {
  inputs: number;
  outputs: number;
  /** Groups of both norms; must divide inputs and outputs. */
  groups: number;
  /** Width of the embedding that says the time. */
  embedding: number;
  /** How the time enters: `add` shifts the channels, `film` also scales them (Perez et al. 2018). */
  conditioning: 'add' | 'film';
}

/** `norm1`, `conv1`, `embedding`, `norm2`, `conv2` and, where the number of channels changes, `shortcut`. */
export function residualBlockParameters(
  name: string,
  options: ResidualBlockOptions,
): Record<string, Initial> {
  const { inputs, outputs, embedding, conditioning } = options;
  return {
    ...groupNormParameters(`${name}.norm1`, inputs),
    ...convParameters(`${name}.conv1`, { inputs, outputs, kernel: 3 }),
    ...linearParameters(`${name}.embedding`, embedding, conditioning === 'film' ? 2 * outputs : outputs),
    ...groupNormParameters(`${name}.norm2`, outputs),
    ...convParameters(`${name}.conv2`, { inputs: outputs, outputs, kernel: 3 }),
    ...(inputs === outputs ? {} : convParameters(`${name}.shortcut`, { inputs, outputs, kernel: 1 })),
  };
}

/**
 * x + conv(silu(norm(condition(conv(silu(norm(x))))))), for x [N, inputs, H, W] and an embedding [N, embedding]; x goes
 * through a 1×1 convolution where the number of channels changes. `film` scales by 1 + s and shifts after the second
 * norm, `add` shifts before it.
 */
export function residualBlock(
  parameters: Tensors,
  name: string,
  x: Tensor,
  embedding: Tensor,
  { inputs, outputs, groups, conditioning }: ResidualBlockOptions,
  tap?: Tap,
): Tensor {
  const activated = (tensor: Tensor) => scope(name, () => silu(tensor));
  const padding = { padding: 1 };
  const before = groupNorm(parameters, `${name}.norm1`, x, groups);
  tap?.('norm_conv_in', name, before);
  const first = convLayer(parameters, `${name}.conv1`, activated(before), padding);
  const told = linear(parameters, `${name}.embedding`, activated(embedding));
  const part = (start: number) =>
    reshape(slice(told, { axis: 1, start, end: start + outputs }), [x.shape[0]!, outputs, 1, 1]);
  const normal = (tensor: Tensor) => {
    const middle = groupNorm(parameters, `${name}.norm2`, tensor, groups);
    tap?.('norm_conv_mid', name, middle);
    return middle;
  };
  const conditioned =
    conditioning === 'add'
      ? normal(scope(name, () => add(first, part(0))))
      : modulate(normal(first), name, part);
  const second = convLayer(parameters, `${name}.conv2`, activated(conditioned), padding);
  const shortcut = inputs === outputs ? x : convLayer(parameters, `${name}.shortcut`, x);
  const after = scope(name, () => add(shortcut, second));
  tap?.('resid_post', name, after);
  return after;

  function modulate(tensor: Tensor, path: string, at: (start: number) => Tensor): Tensor {
    return scope(path, () => add(multiply(tensor, add(at(0), 1)), at(outputs)));
  }
}

/** `norm` and the square matrices `query`, `key`, `value`, `output` with biases. */
export function imageAttentionParameters(name: string, channels: number): Record<string, Initial> {
  return {
    ...groupNormParameters(`${name}.norm`, channels),
    ...linearParameters(`${name}.query`, channels, channels),
    ...linearParameters(`${name}.key`, channels, channels),
    ...linearParameters(`${name}.value`, channels, channels),
    ...linearParameters(`${name}.output`, channels, channels),
  };
}

/** x [N, C, H, W] plus what every position gathers from all others: one head of scaled dot-product attention. */
export function imageAttention(
  parameters: Tensors,
  name: string,
  x: Tensor,
  groups: number,
  tap?: Tap,
): Tensor {
  const normal = groupNorm(parameters, `${name}.norm`, x, groups);
  tap?.('norm_attn_in', name, normal);
  return scope(name, () => {
    const [rows, channels, ...spatial] = x.shape;
    const positions = spatial.reduce<number>(
      (product, size) => product * staticSize(size, 'attention between positions'),
      1,
    );
    const sequence = transpose(reshape(normal, [rows!, channels!, positions]), [0, 2, 1]);
    const project = (part: string, tensor: Tensor) =>
      add(
        matmul(tensor, parameter(parameters, `${name}.${part}.weight`)),
        parameter(parameters, `${name}.${part}.bias`),
      );
    const scale = 1 / Math.sqrt(staticSize(channels, 'attention between positions'));
    const scores = matmul(project('query', sequence), project('key', sequence), { transposeRight: true });
    const mixed = matmul(softmax(multiply(scores, scale)), project('value', sequence));
    const back = transpose(project('output', mixed), [0, 2, 1]);
    return add(x, reshape(back, x.shape));
  });
}
