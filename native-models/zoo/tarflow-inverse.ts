/** @file The exact inverse of a TarFlow: noise to images token by token, as Loops that keep keys and values. */
import type { Tensor, Tensors } from '../ir/tensor';
import { float32, int32 } from '../ir/types';
import { add, multiply } from '../ops/arithmetic';
import { constant } from '../ops/constant';
import { scan } from '../ops/control';
import { exp } from '../ops/functions';
import { reverse } from '../ops/indexing';
import { concat, expand, reshape, slice, transpose } from '../ops/movement';
import { blockStep, type AttentionCache } from '../nn/attention-step';
import { attentionSizes } from '../nn/attention';
import { linear } from '../nn/linear';
import { causalMask } from '../nn/mask';
import { parameter } from '../nn/module';
import { unpatchify } from '../nn/patches';
import { scope } from '../ir/scope';
import type { ZooCase } from './case';
import { classEmbedding, flowLayerOptions, flowName, type Tarflow } from './tarflow';

/**
 * Images [batch, channels, height, columns] from noise tokens z [batch, T, D]: the blocks in reverse order, each one Loop
 * over T−1 tokens with x_{i+1} = z_{i+1}·exp(α_i) + μ_i. Exact up to rounding. Gradients cannot be taken through it.
 */
export function tarflowInverse(model: Tarflow, parameters: Tensors, z: Tensor, labels?: Tensor): Tensor {
  let x = z;
  for (let index = model.options.blocks - 1; index >= 0; index--)
    x = scope(`${flowName(index)}/inverse`, () => invertBlock(model, parameters, index, x, labels));
  return unpatchify(x, model.grid);
}

/** The generating model for `inferenceModel`: noise tokens `z` and, with classes, `labels` to `images`, any batch size. */
export function tarflowDecoder(model: Tarflow): ZooCase['inference'] {
  const { options, tokens, values } = model;
  return {
    inputs: {
      z: float32('batch', tokens, values),
      ...(options.classes === undefined ? {} : { labels: int32('batch') }),
    },
    build: (parameters, { z, labels }) => ({ images: tarflowInverse(model, parameters, z!, labels) }),
  };
}

function invertBlock(model: Tarflow, parameters: Tensors, index: number, z: Tensor, labels?: Tensor): Tensor {
  const { options, tokens, values } = model;
  const { layers, width } = options;
  const name = flowName(index);
  const sizes = flowLayerOptions(options);
  const { heads, headWidth } = attentionSizes(sizes.attention);
  const batch = z.shape[0]!;
  const { dtype } = z;
  const flip = (sequence: Tensor, axis: number) => (index % 2 === 1 ? reverse(sequence, axis) : sequence);
  const positions = flip(parameter(parameters, `${name}.position_embedding.weight`), 0);
  const condition = classEmbedding(parameters, index, options, labels);
  const ordered = transpose(flip(z, 1), [1, 0, 2]);
  const first = reshape(slice(ordered, { axis: 0, end: 1 }), [batch, values]);
  if (tokens === 1) return flip(reshape(first, [batch, 1, values]), 1);

  const empty = expand(constant(0, [], dtype), [batch, heads, tokens, headWidth]);
  const caches: Tensors = {};
  for (let layer = 0; layer < layers; layer++)
    Object.assign(caches, { [`keys${layer}`]: empty, [`values${layer}`]: empty });
  const identity = Float64Array.from({ length: tokens * tokens }, (_, flat) =>
    Number(flat % tokens === Math.floor(flat / tokens)),
  );
  const steps = (sequence: Tensor) => slice(sequence, { axis: 0, end: tokens - 1 });
  const { outputs } = scan({
    carry: { token: first, ...caches },
    over: {
      next: slice(ordered, { axis: 0, start: 1 }),
      position: steps(positions),
      here: steps(constant(identity, [tokens, tokens], dtype)),
      mask: steps(causalMask(tokens, dtype)),
    },
    length: tokens - 1,
    body: (carry, { next, position, here, mask }) => {
      const kept: Tensors = {};
      const embedded = add(linear(parameters, `${name}.proj_in`, carry.token!), position!);
      let state = reshape(embedded, [batch, 1, width]);
      if (condition) state = add(state, condition);
      for (let layer = 0; layer < layers; layer++) {
        const cache: AttentionCache = { keys: carry[`keys${layer}`]!, values: carry[`values${layer}`]! };
        const place = { here: here!, mask: mask! };
        const step = blockStep(parameters, `${name}.layers.${layer}`, state, sizes, cache, place);
        state = step.result;
        kept[`keys${layer}`] = step.cache.keys;
        kept[`values${layer}`] = step.cache.values;
      }
      const output = linear(parameters, `${name}.proj_out`, reshape(state, [batch, width]));
      const alpha = slice(output, { axis: 1, end: values });
      const mu = slice(output, { axis: 1, start: values });
      const token = add(multiply(next!, exp(alpha)), mu);
      return { carry: { token, ...kept }, outputs: { made: token } };
    },
  });
  const all = concat([reshape(first, [1, batch, values]), outputs.made!], 0);
  return flip(transpose(all, [1, 0, 2]), 1);
}
