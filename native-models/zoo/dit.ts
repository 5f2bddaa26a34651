/** @file Diffusion transformer (DiT, Peebles and Xie 2023) as a velocity field on images, conditioned by adaLN-zero. */
import { MongeError } from '../error';
import type { Tensor, Tensors } from '../ir/tensor';
import { add, multiply } from '../ops/arithmetic';
import { constant } from '../ops/constant';
import { silu } from '../ops/gated';
import { layerNormalise } from '../ops/normalisation';
import { attention, attentionParameters, type AttentionOptions } from '../nn/attention';
import { embedding, embeddingParameters } from '../nn/embedding';
import { feedForward, feedForwardParameters } from '../nn/feed-forward';
import { linear, linearParameters, xavierUniform } from '../nn/linear';
import { modulate, modulation, modulationParameters } from '../nn/modulation';
import { module, type Initial, type Module } from '../nn/module';
import type { Tap } from '../nn/tap';
import { patchify, unpatchify, patchGrid, type PatchedImages } from '../nn/patches';
import { gridPositions, timestepFeatures } from '../nn/positions';
import { scope } from '../ir/scope';

export interface DitOptions extends PatchedImages {
  /** Width of the tokens; a multiple of 4. */
  width: number;
  /** Number of blocks. */
  layers: number;
  heads: number;
  /** Width inside the perceptrons over the width; default 4. */
  expansion?: number;
  /** Sinusoid features of the time; default 256. */
  timeFeatures?: number;
  /** Number of classes; absent: unconditional. Label `classes` stands for no label. */
  classes?: number;
}

export interface Dit extends Module {
  readonly options: DitOptions;
  /**
   * The velocity of images x [batch, channels, height, columns] at times t [batch] from 0 to 1, with int32 labels [batch]
   * where there are classes.
   */
  apply(parameters: Tensors, x: Tensor, t: Tensor, labels?: Tensor, tap?: Tap): Tensor;
}

/** Of the layer norms, which have no gains of their own. */
const EPSILON = 1e-6;

/** A diffusion transformer. The maps of the conditions and the output start at 0, so the first velocity is 0. */
export function dit(options: DitOptions): Dit {
  const { patch, width, layers, classes, timeFeatures = 256 } = options;
  const grid = patchGrid(options);
  return {
    ...module(ditParameters(options)),
    options,
    apply(parameters, x, t, labels, tap) {
      const tokens = linear(parameters, 'x_embedder', patchify(x, patch));
      const positions = constant(
        gridPositions(grid.rows, grid.columns, width),
        [grid.rows * grid.columns, width],
        x.dtype,
      );
      const condition = scope('condition', () => {
        const time = linear(parameters, 't_embedder.0', timestepFeatures(t, { features: timeFeatures }));
        const embedded = linear(parameters, 't_embedder.2', silu(time));
        if (classes === undefined) return embedded;
        return add(embedded, embedding(parameters, 'y_embedder', requireLabels(labels)));
      });
      let state = add(tokens, positions);
      for (let layer = 0; layer < layers; layer++)
        state = ditBlock(parameters, layer, state, condition, options, tap);
      return scope('final_layer', () => {
        const [shift, scale] = modulation(parameters, 'final_layer.modulation', condition, 2) as [
          Tensor,
          Tensor,
        ];
        const final = modulate(layerNormalise(state, { epsilon: EPSILON }), shift, scale);
        tap?.('norm_final', null, final);
        return unpatchify(linear(parameters, 'final_layer.linear', final), grid);
      });
    },
  };
}

function requireLabels(labels: Tensor | undefined): Tensor {
  if (labels) return labels;
  throw new MongeError({
    code: 'missing-labels',
    what: 'a model with classes needs labels',
    help: 'feed the number of classes as label for images without one',
  });
}

/** x + gate·Branch(modulated norm of x), for attention and for the perceptron. */
function ditBlock(
  parameters: Tensors,
  layer: number,
  x: Tensor,
  condition: Tensor,
  options: DitOptions,
  tap?: Tap,
): Tensor {
  const [name, block] = [`blocks.${layer}`, String(layer)];
  return scope(name, () => {
    const [shift1, scale1, gate1, shift2, scale2, gate2] = modulation(
      parameters,
      `${name}.modulation`,
      condition,
      6,
    ) as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
    const first = modulate(layerNormalise(x, { epsilon: EPSILON }), shift1, scale1);
    tap?.('norm_attn_in', block, first);
    const attended = attention(parameters, `${name}.attn`, first, attentionOptions(options));
    const middle = add(x, multiply(gate1, attended));
    const second = modulate(layerNormalise(middle, { epsilon: EPSILON }), shift2, scale2);
    tap?.('norm_mlp_in', block, second);
    const refined = feedForward(parameters, `${name}.mlp`, second, { kind: 'geluTanh', bias: true });
    const after = add(middle, multiply(gate2, refined));
    tap?.('resid_post', block, after);
    return after;
  });
}

function attentionOptions({ width, heads }: DitOptions): AttentionOptions {
  return { width, heads, bias: true };
}

function ditParameters(options: DitOptions): Record<string, Initial> {
  const { channels, patch, width, layers, classes, expansion = 4, timeFeatures = 256 } = options;
  const entries = channels * patch * patch;
  const hidden = expansion * width;
  const zero = { value: 0 };
  const blocks = Array.from({ length: layers }, (_, layer) => ({
    ...modulationParameters(`blocks.${layer}.modulation`, width, 6),
    ...attentionParameters(`blocks.${layer}.attn`, attentionOptions(options), () =>
      xavierUniform(width, width),
    ),
    ...feedForwardParameters(`blocks.${layer}.mlp`, { width, hidden, kind: 'geluTanh', bias: true }, () =>
      xavierUniform(width, hidden),
    ),
  }));
  return Object.assign(
    {},
    linearParameters('x_embedder', entries, width, { initial: xavierUniform(entries, width) }),
    linearParameters('t_embedder.0', timeFeatures, width, { initial: { deviation: 0.02 } }),
    linearParameters('t_embedder.2', width, width, { initial: { deviation: 0.02 } }),
    classes === undefined ? {} : embeddingParameters('y_embedder', classes + 1, width),
    ...blocks,
    modulationParameters('final_layer.modulation', width, 2),
    linearParameters('final_layer.linear', width, entries, { initial: zero }),
  ) as Record<string, Initial>;
}
