/** @file The AIMv2 vision encoder (Fini et al. 2024) with prefix attention, and its pooling head. */
import type { Tensor, Tensors } from '../ir/tensor';
import { float32 } from '../ir/types';
import { add } from '../ops/arithmetic';
import { constant } from '../ops/constant';
import { attentionPool, attentionPoolParameters } from '../nn/attention-pool';
import { block, blockParameters, type BlockMap, type BlockNames, type BlockOptions } from '../nn/block';
import { linear, linearParameters, xavierUniform } from '../nn/linear';
import { prefixMask } from '../nn/mask';
import { module, parameter, type Initial, type Module } from '../nn/module';
import { norm, normParameters } from '../nn/normalisation';
import { patchify, type PatchedImages } from '../nn/patches';
import { gridPositions } from '../nn/positions';
import { scope } from '../ir/scope';

export interface Aimv2Options extends PatchedImages {
  /** Width of the tokens. */
  width: number;
  /** Width inside the perceptrons. */
  hidden: number;
  /** Number of blocks. */
  layers: number;
  heads: number;
  /**
   * `learned`: a table, normal at the start; `learnedFromGrid`: a table that starts as the sinusoids of the grid; `grid`:
   * those sinusoids, fixed, as in the model for native resolutions.
   */
  positions: 'learned' | 'learnedFromGrid' | 'grid';
  /** Of the RMS norms; default 1e-5. */
  epsilon?: number;
  /** Outputs of an attention pooling head with as many heads; absent: no head. */
  outputs?: number;
}

export interface Aimv2 extends Module {
  readonly options: Aimv2Options;
  /** Patches of an image. */
  readonly tokens: number;
  /**
   * Images [batch, channels, height, columns], and for training int32 prefix lengths [batch]: without them every patch
   * sees every patch.
   */
  encode(parameters: Tensors, images: Tensor, prefix?: Tensor): Aimv2Features;
  /** The pooling head on normalised features: [batch, outputs]. */
  pool(parameters: Tensors, features: Tensor): Tensor;
}

export interface Aimv2Features {
  /** [batch, tokens, width] each: the embedded patches, then the state after every block. */
  readonly hidden: readonly Tensor[];
  /** After the final norm. */
  readonly last: Tensor;
}

/** The names inside a block, those of the `transformers` library. */
const AIMV2_NAMES: BlockNames = {
  attentionNorm: 'rms_norm1',
  attention: 'attention',
  output: 'out_proj',
  feedForwardNorm: 'rms_norm2',
  feedForward: 'ffn',
};

/**
 * An AIMv2 encoder: no class token, patch norm before the positions, RMS norms, SwiGLU, no biases but that of the patch
 * map. Parameters have the names of the `transformers` library; linear weights are [inputs, outputs].
 */
export function aimv2(options: Aimv2Options): Aimv2 {
  const { patch, width, layers, heads, positions, epsilon, outputs } = options;
  const [rows, columns] = [options.height / patch, options.columns / patch];
  const tokens = rows * columns;
  const sizes = aimv2BlockOptions(options);
  return {
    ...module(aimv2Parameters(options)),
    options,
    tokens,
    encode(parameters, images, prefix) {
      const embedded = linear(parameters, 'embeddings.patch_embed', patchify(images, patch));
      const normed = norm(parameters, 'embeddings.rms_norm', embedded, { kind: 'rms', epsilon });
      const table =
        positions === 'grid'
          ? constant(gridPositions(rows, columns, width), [tokens, width], images.dtype)
          : parameter(parameters, 'embeddings.position_embedding.weight');
      const hidden = [scope('positions', () => add(normed, table))];
      const mask = prefix && prefixMask(prefix, tokens, images.dtype);
      for (let layer = 0; layer < layers; layer++)
        hidden.push(block(parameters, `encoder.layers.${layer}`, hidden.at(-1)!, sizes, { mask }));
      return { hidden, last: norm(parameters, 'rms_norm', hidden.at(-1)!, { kind: 'rms', epsilon }) };
    },
    pool: (parameters, features) =>
      attentionPool(parameters, 'head', features, { width, heads, outputs: outputs ?? width }),
  };
}

/** The blocks of encoder and decoder alike. */
export function aimv2BlockOptions(
  options: Pick<Aimv2Options, 'width' | 'hidden' | 'heads' | 'epsilon'>,
): BlockOptions {
  const { width, hidden, heads, epsilon } = options;
  return {
    attention: { width, heads, bias: false },
    feedForward: { width, hidden, kind: 'swiglu', bias: false },
    norm: { kind: 'rms', epsilon },
    names: AIMV2_NAMES,
  };
}

/** How the maps of a block start: Xavier uniform. */
export function aimv2Initial(options: Pick<Aimv2Options, 'width' | 'hidden'>): (map: BlockMap) => {
  limit: number;
} {
  const { width, hidden } = options;
  const perceptron: readonly BlockMap[] = ['up_proj', 'gate_proj', 'down_proj'];
  return (map) => xavierUniform(width, perceptron.includes(map) ? hidden : width);
}

export function aimv2Parameters(options: Aimv2Options): Record<string, Initial> {
  const { channels, patch, width, layers, heads, positions, outputs } = options;
  const [rows, columns] = [options.height / patch, options.columns / patch];
  const entries = channels * patch * patch;
  const table = { type: float32(rows * columns, width) };
  const start =
    positions === 'learned' ? { deviation: 0.02 } : { values: gridPositions(rows, columns, width) };
  const blocks = Array.from({ length: layers }, (_, layer) =>
    blockParameters(`encoder.layers.${layer}`, aimv2BlockOptions(options), aimv2Initial(options)),
  );
  return Object.assign(
    linearParameters('embeddings.patch_embed', entries, width, { initial: xavierUniform(entries, width) }),
    normParameters('embeddings.rms_norm', width, 'rms'),
    positions === 'grid' ? {} : { 'embeddings.position_embedding.weight': { ...table, ...start } },
    ...blocks,
    normParameters('rms_norm', width, 'rms'),
    outputs === undefined ? {} : attentionPoolParameters('head', { width, heads, outputs }),
  ) as Record<string, Initial>;
}
