/** @file Vision transformer as a classifier of images (Dosovitskiy et al. 2021). */
import type { Tensor, Tensors } from '../ir/tensor';
import { float32 } from '../ir/types';
import { add } from '../ops/arithmetic';
import { concat, expand, reshape, slice } from '../ops/movement';
import { reduceMean } from '../ops/reduction';
import { block, blockParameters, type BlockOptions } from '../nn/block';
import { linear, linearParameters, xavierUniform } from '../nn/linear';
import { module, parameter, type Initial, type Module } from '../nn/module';
import { norm, normParameters } from '../nn/normalisation';
import { patchify, type PatchedImages } from '../nn/patches';
import { scope } from '../ir/scope';

export interface VitOptions extends PatchedImages {
  /** Width of the tokens. */
  width: number;
  /** Number of blocks. */
  layers: number;
  heads: number;
  /** Width inside the perceptrons; default 4·width. */
  hidden?: number;
  classes: number;
  /** `token` (default): a learned class token in front; `mean`: the mean of all patches. */
  pooling?: 'token' | 'mean';
  /** Of the layer norms; default 1e-6. */
  epsilon?: number;
}

export interface Vit extends Module {
  readonly options: VitOptions;
  /** Images [batch, channels, height, columns] to logits [batch, classes]. */
  apply(parameters: Tensors, images: Tensor): Tensor;
}

/** A vision transformer: patches, learned positions, pre-norm blocks with GELU, a final norm and a linear head. */
export function vit(options: VitOptions): Vit {
  const { channels, height, columns, patch, width, layers, classes, pooling = 'token' } = options;
  const { epsilon = 1e-6 } = options;
  const entries = channels * patch * patch;
  const tokens = (height / patch) * (columns / patch) + (pooling === 'token' ? 1 : 0);
  const sizes = blockOptions(options);
  const blocks = Array.from({ length: layers }, (_, layer) =>
    blockParameters(`encoder.layers.${layer}`, sizes, (map) =>
      map === 'up_proj' || map === 'down_proj'
        ? xavierUniform(width, sizes.feedForward.hidden)
        : xavierUniform(width, width),
    ),
  );
  const table = Object.assign(
    linearParameters('embeddings.patch_embed', entries, width, { initial: xavierUniform(entries, width) }),
    pooling === 'token' ? { 'embeddings.cls_token': { type: float32(1, width), deviation: 0.02 } } : {},
    { 'embeddings.position_embedding.weight': { type: float32(tokens, width), deviation: 0.02 } },
    ...blocks,
    normParameters('layernorm', width, 'layer'),
    linearParameters('classifier', width, classes, { initial: { deviation: 0.02 } }),
  ) as Record<string, Initial>;
  return {
    ...module(table),
    options,
    apply(parameters, images) {
      let x = linear(parameters, 'embeddings.patch_embed', patchify(images, patch));
      const batch = images.shape[0]!;
      x = scope('embeddings', () => {
        const front =
          pooling === 'token'
            ? [expand(parameter(parameters, 'embeddings.cls_token'), [batch, 1, width])]
            : [];
        const sequence = concat([...front, x], 1);
        return add(sequence, parameter(parameters, 'embeddings.position_embedding.weight'));
      });
      for (let layer = 0; layer < layers; layer++) x = block(parameters, `encoder.layers.${layer}`, x, sizes);
      // The norm works token by token, so with a class token only that one needs it.
      const pooled =
        pooling === 'token' ? reshape(slice(x, { axis: 1, start: 0, end: 1 }), [batch, width]) : x;
      const final = norm(parameters, 'layernorm', pooled, { kind: 'layer', epsilon });
      return linear(parameters, 'classifier', pooling === 'token' ? final : reduceMean(final, 1));
    },
  };
}

function blockOptions(options: VitOptions): BlockOptions {
  const { width, heads, hidden = 4 * width, epsilon = 1e-6 } = options;
  return {
    attention: { width, heads, bias: true },
    feedForward: { width, hidden, kind: 'gelu', bias: true },
    norm: { kind: 'layer', epsilon },
  };
}
