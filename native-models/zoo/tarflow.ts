/** @file Transformer autoregressive flow (TarFlow, Zhai et al. 2024): an invertible map from images to Gaussian noise. */
import type { Tensor, Tensors } from '../ir/tensor';
import { float32 } from '../ir/types';
import { add, less, maximum, multiply, subtract, where } from '../ops/arithmetic';
import { exp, negate, square } from '../ops/functions';
import { gather, reverse } from '../ops/indexing';
import { pad, reshape, slice } from '../ops/movement';
import { reduceMean } from '../ops/reduction';
import { block, blockParameters, type BlockOptions } from '../nn/block';
import { linear, linearParameters } from '../nn/linear';
import { causalMask } from '../nn/mask';
import { module, parameter, type Initial, type Module } from '../nn/module';
import { patchify, unpatchify, type PatchGrid, patchGrid, type PatchedImages } from '../nn/patches';
import { scope } from '../ir/scope';

export interface TarflowOptions extends PatchedImages {
  /** Width of the tokens; a multiple of the head width. */
  width: number;
  /** Number of flow blocks K; every second one works from the last token to the first. */
  blocks: number;
  /** Attention layers inside every flow block. */
  layers: number;
  /** Default 64. */
  headWidth?: number;
  /** Width inside the perceptrons over the width; default 4. */
  expansion?: number;
  /** Number of classes; absent: unconditional. A negative label stands for no label: the mean class embedding. */
  classes?: number;
}

export interface Tarflow extends Module {
  readonly options: TarflowOptions;
  /** Number of tokens T of an image, and values D of a token. */
  readonly tokens: number;
  readonly values: number;
  readonly grid: PatchGrid;
  /**
   * Images x [batch, channels, height, columns] and int32 labels [batch] to noise tokens z [batch, T, D] and the
   * log-determinants [batch], per value: the mean over tokens and values, not the sum.
   */
  forward(parameters: Tensors, x: Tensor, labels?: Tensor): { z: Tensor; logDet: Tensor };
}

/** A stack of autoregressive blocks. The output maps start at 0, so the whole flow starts as the identity. */
export function tarflow(options: TarflowOptions): Tarflow {
  const { channels, patch, blocks } = options;
  const grid = patchGrid(options);
  const tokens = grid.rows * grid.columns;
  const values = channels * patch * patch;
  return {
    ...module(tarflowParameters(options, tokens, values)),
    options,
    tokens,
    values,
    grid,
    forward(parameters, x, labels) {
      let z = patchify(x, patch);
      let logDet: Tensor | undefined;
      for (let index = 0; index < blocks; index++) {
        const result = flowBlock(parameters, index, z, options, labels);
        z = result.z;
        logDet = logDet ? add(logDet, result.logDet) : result.logDet;
      }
      return { z, logDet: logDet! };
    },
  };
}

/** ½·mean(z²) − mean(logDet): the negative log-likelihood per value, up to the constant ½·log 2π. */
export function tarflowLoss(z: Tensor, logDet: Tensor): Tensor {
  return scope('loss', () => subtract(multiply(reduceMean(square(z)), 0.5), reduceMean(logDet)));
}

/** Noise tokens as images, for showing them. */
export function tarflowImages(tokens: Tensor, model: Tarflow): Tensor {
  return unpatchify(tokens, model.grid);
}

/** The name of a flow block's parameters. */
export function flowName(index: number): string {
  return `blocks.${index}`;
}

/** z_i = (x_i − μ_i)·exp(−α_i), where α_i and μ_i are made from the tokens before i. */
function flowBlock(
  parameters: Tensors,
  index: number,
  x: Tensor,
  options: TarflowOptions,
  labels?: Tensor,
): { z: Tensor; logDet: Tensor } {
  const name = flowName(index);
  const [, tokens, values] = x.shape as [Tensor['shape'][number], number, number];
  const flip = (sequence: Tensor, axis: number) => (index % 2 === 1 ? reverse(sequence, axis) : sequence);
  return scope(name, () => {
    const inputs = flip(x, 1);
    // The position embedding belongs to the place in the image, so it turns with the tokens.
    const positions = flip(parameter(parameters, `${name}.position_embedding.weight`), 0);
    let state = add(linear(parameters, `${name}.proj_in`, inputs), positions);
    const condition = classEmbedding(parameters, index, options, labels);
    if (condition) state = add(state, condition);
    const mask = causalMask(tokens, x.dtype);
    for (let layer = 0; layer < options.layers; layer++)
      state = block(parameters, `${name}.layers.${layer}`, state, flowLayerOptions(options), { mask });
    const output = linear(parameters, `${name}.proj_out`, state);
    // What token i says is for token i+1; the first token is left as it is.
    const shifted = pad(slice(output, { axis: 1, end: tokens - 1 }), { axis: 1, before: 1, after: 0 });
    const alpha = slice(shifted, { axis: 2, end: values });
    const mu = slice(shifted, { axis: 2, start: values });
    const z = multiply(subtract(inputs, mu), exp(negate(alpha)));
    return { z: flip(z, 1), logDet: negate(reduceMean(alpha, [1, 2])) };
  });
}

/** [batch, 1, width], or nothing for an unconditional flow; the mean embedding [1, width] where no labels are given. */
export function classEmbedding(
  parameters: Tensors,
  index: number,
  options: TarflowOptions,
  labels?: Tensor,
): Tensor | undefined {
  const { classes, width } = options;
  if (classes === undefined) return undefined;
  return scope('class_embedding', () => {
    const table = parameter(parameters, `${flowName(index)}.class_embedding.weight`);
    const average = reduceMean(table, 0, true);
    if (!labels) return average;
    const column = reshape(labels, [labels.shape[0]!, 1]);
    const chosen = gather(table, maximum(labels, 0), 0);
    const rows = where(less(column, 0), average, chosen);
    return reshape(rows, [labels.shape[0]!, 1, width]);
  });
}

/** The attention layers inside a flow block. */
export function flowLayerOptions(options: TarflowOptions): BlockOptions {
  const { width, headWidth = 64, expansion = 4 } = options;
  return {
    attention: { width, heads: width / headWidth, bias: true },
    feedForward: { width, hidden: expansion * width, kind: 'gelu', bias: true },
    norm: { kind: 'layer' },
  };
}

function tarflowParameters(options: TarflowOptions, tokens: number, values: number): Record<string, Initial> {
  const { width, blocks, layers, classes } = options;
  const table: Record<string, Initial> = {};
  for (let index = 0; index < blocks; index++) {
    const name = flowName(index);
    Object.assign(table, linearParameters(`${name}.proj_in`, values, width));
    table[`${name}.position_embedding.weight`] = { type: float32(tokens, width), deviation: 0.01 };
    if (classes !== undefined)
      table[`${name}.class_embedding.weight`] = { type: float32(classes, width), deviation: 0.01 };
    for (let layer = 0; layer < layers; layer++)
      Object.assign(table, blockParameters(`${name}.layers.${layer}`, flowLayerOptions(options)));
    Object.assign(table, linearParameters(`${name}.proj_out`, width, 2 * values, { initial: { value: 0 } }));
  }
  return table;
}
