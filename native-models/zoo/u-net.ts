/** @file A small U-Net as velocity field of images: v(t, x) or v(t, x, class) (Ronneberger et al. 2015, Ho et al. 2020). */
import { MongeError } from '../error';
import type { HostArray } from '../evaluate/evaluate';
import type { Tensor, Tensors } from '../ir/tensor';
import { float32, int32, type TensorType } from '../ir/types';
import { convLayer, convParameters, downsample, upsample } from '../nn/conv-layers';
import { groupNorm, groupNormParameters } from '../nn/group-norm';
import { meanSquaredError } from '../nn/losses';
import { module, parameter, type Initial, type Module } from '../nn/module';
import {
  imageAttention,
  imageAttentionParameters,
  residualBlock,
  residualBlockParameters,
  type ResidualBlockOptions,
} from '../nn/residual-block';
import type { Tap } from '../nn/tap';
import { timeEmbedding, timeEmbeddingParameters } from '../nn/time-embedding';
import { add, multiply, subtract } from '../ops/arithmetic';
import { silu } from '../ops/gated';
import { gather } from '../ops/indexing';
import { concat, reshape } from '../ops/movement';
import { stream } from '../random/stream';
import { scope } from '../ir/scope';
import type { ZooCase } from './case';

export interface UNetOptions {
  /** Channels of an image. */
  channels: number;
  /** Height and width of an image; must halve evenly once per level but the last. */
  size: number;
  /** Channels of each level, the finest first. */
  widths: readonly number[];
  /** Residual blocks per level on the way down, and again on the way up. */
  blocks: number;
  /** Groups of the norms; must divide all widths and the sums of a width and what a skip brings. */
  groups: number;
  /** Width of the embedding of time and class. */
  embedding: number;
  conditioning: ResidualBlockOptions['conditioning'];
  /** Self-attention between the residual blocks in the middle. */
  attention: boolean;
  /** Number of classes; 0 for none. */
  classes: number;
}

export interface UNet extends Module {
  /** x [N, channels, size, size], t [N, 1] and, with classes, int32 labels [N] give a velocity of x's shape. */
  apply(parameters: Tensors, x: Tensor, t: Tensor, labels?: Tensor, tap?: Tap): Tensor;
}

/** One residual block of the plan: its name and channels. */
interface Block {
  name: string;
  inputs: number;
  outputs: number;
}

/**
 * Builds a U-Net. Down: `input`, then per level `downL.blockB` and `downL.sample`; `middle.block1`, `middle.attention`,
 * `middle.block2`; up: `upL.blockB`, which also take the outputs of the way down, and `upL.sample`; then `output.norm`
 * and `output.conv`, which starts at 0 so that the first velocity is 0. Throws `image-size`.
 */
export function uNet(options: UNetOptions): UNet {
  const { channels, widths, groups, embedding, conditioning, attention, classes } = options;
  checkSizes(options);
  const plan = planOf(options);
  const settings = (block: Block): ResidualBlockOptions => ({ ...block, groups, embedding, conditioning });
  const deepest = widths.at(-1)!;
  const sinusoids = widths[0]! + (widths[0]! % 2);

  const table: Record<string, Initial> = {
    ...timeEmbeddingParameters('time', { sinusoids, width: embedding }),
    ...(classes === 0 ? {} : { 'class.weight': { type: float32(classes, embedding), deviation: 1 } }),
    ...convParameters('input', { inputs: channels, outputs: widths[0]!, kernel: 3 }),
  };
  for (const block of [...plan.down.flat(), ...plan.middle, ...plan.up.flat()])
    Object.assign(table, residualBlockParameters(block.name, settings(block)));
  for (let level = 1; level < widths.length; level++) {
    const [finer, coarser] = [widths[level - 1]!, widths[level]!];
    const same = (width: number) => ({ inputs: width, outputs: width, kernel: 3 });
    Object.assign(table, convParameters(`down${level}.sample`, same(finer)));
    Object.assign(table, convParameters(`up${level + 1}.sample`, same(coarser)));
  }
  if (attention) Object.assign(table, imageAttentionParameters('middle.attention', deepest));
  Object.assign(table, groupNormParameters('output.norm', widths[0]!));
  Object.assign(
    table,
    convParameters('output.conv', { inputs: widths[0]!, outputs: channels, kernel: 3, zero: true }),
  );

  return {
    ...module(table),
    apply(parameters, x, t, labels, tap) {
      const told = condition(parameters, t, labels);
      const run = (block: Block, input: Tensor) =>
        residualBlock(parameters, block.name, input, told, settings(block), tap);
      let state = convLayer(parameters, 'input', x, { padding: 1 });
      const skips = [state];
      plan.down.forEach((level, index) => {
        for (const block of level) skips.push((state = run(block, state)));
        if (index + 1 < plan.down.length)
          skips.push((state = downsample(parameters, `down${index + 1}.sample`, state)));
      });
      state = run(plan.middle[0], state);
      if (attention) state = imageAttention(parameters, 'middle.attention', state, groups, tap);
      state = run(plan.middle[1], state);
      for (let index = plan.up.length - 1; index >= 0; index--) {
        for (const block of plan.up[index]!) state = run(block, concat([state, skips.pop()!], 1));
        if (index > 0) state = upsample(parameters, `up${index + 1}.sample`, state);
      }
      const normal = groupNorm(parameters, 'output.norm', state, groups);
      tap?.('norm_final', null, normal);
      return convLayer(
        parameters,
        'output.conv',
        scope('output', () => silu(normal)),
        { padding: 1 },
      );
    },
  };

  function condition(parameters: Tensors, t: Tensor, labels: Tensor | undefined): Tensor {
    const time = timeEmbedding(parameters, 'time', t, sinusoids);
    if (classes === 0) return time;
    if (!labels)
      throw new MongeError({
        code: 'missing-input',
        what: 'a U-Net with classes needs the labels of its images',
        expected: 'int32 labels [N]',
      });
    return scope('class', () => add(time, gather(parameter(parameters, 'class.weight'), labels, 0)));
  }
}

/** All residual blocks with their channels. On the way up each level has one block more: it also takes what came into it. */
function planOf({ widths, blocks }: UNetOptions): {
  down: Block[][];
  middle: [Block, Block];
  up: Block[][];
} {
  const skips = [widths[0]!];
  let current = widths[0]!;
  const down = widths.map((width, index) => {
    const level = Array.from({ length: blocks }, (_, position) => {
      const block = { name: `down${index + 1}.block${position + 1}`, inputs: current, outputs: width };
      skips.push((current = width));
      return block;
    });
    if (index + 1 < widths.length) skips.push(current);
    return level;
  });
  const middle = [1, 2].map((position) => ({
    name: `middle.block${position}`,
    inputs: current,
    outputs: current,
  })) as [Block, Block];
  const up: Block[][] = widths.map(() => []);
  for (let index = widths.length - 1; index >= 0; index--)
    for (let position = 0; position <= blocks; position++) {
      const inputs = current + skips.pop()!;
      up[index]!.push({ name: `up${index + 1}.block${position + 1}`, inputs, outputs: widths[index]! });
      current = widths[index]!;
    }
  return { down, middle, up };
}

function checkSizes({ size, widths }: UNetOptions): void {
  const halvings = widths.length - 1;
  if (widths.length > 0 && Number.isSafeInteger(size) && size >= 1 && size % 2 ** halvings === 0) return;
  throw new MongeError({
    code: 'image-size',
    what: `images of a U-Net with ${widths.length} levels`,
    got: String(size),
    expected: `a multiple of ${2 ** Math.max(0, halvings)}, and at least one level`,
    help: 'pad the images, or use fewer levels',
  });
}

/** The case of one size: flow matching from noise to blobs. */
export function uNetCase(name: string, options: UNetOptions & { batchSize: number }): ZooCase {
  const { batchSize, channels, size, classes } = options;
  const network = uNet(options);
  const image = [batchSize, channels, size, size];
  const labelled: Record<string, TensorType> = classes === 0 ? {} : { label: int32(batchSize) };
  return {
    name,
    module: network,
    stream: { x0: float32(...image), x1: float32(...image), t: float32(batchSize, 1), ...labelled },
    loss(parameters, { x0, x1, t, label }) {
      const target = subtract(x1!, x0!);
      const between = scope('path', () => add(x0!, multiply(reshape(t!, [batchSize, 1, 1, 1]), target)));
      return meanSquaredError(network.apply(parameters, between, t!, label), target);
    },
    batch(seed, step): Record<string, HostArray> {
      const count = batchSize * channels * size * size;
      const noise = stream(seed, 'unet.noise', step).normal(new Float32Array(count));
      const centres = stream(seed, 'unet.centre', step).uniform(new Float32Array(2 * batchSize));
      const blobs = noise.map((_, flat) => {
        const [row, y, x] = [
          Math.floor(flat / (channels * size * size)),
          Math.floor(flat / size) % size,
          flat % size,
        ];
        const squared = (y / size - centres[2 * row]!) ** 2 + (x / size - centres[2 * row + 1]!) ** 2;
        return 2 * Math.exp(-squared / 0.05) - 1;
      });
      const times = stream(seed, 'unet.time', step).uniform(new Float32Array(batchSize));
      const labels = centres.filter((_, index) => index % 2 === 0).map((y) => Math.floor(y * classes));
      return {
        x0: { data: noise, shape: image },
        x1: { data: blobs, shape: image },
        t: { data: times, shape: [batchSize, 1] },
        ...(classes === 0 ? {} : { label: { data: labels, shape: [batchSize] } }),
      };
    },
    inference: {
      inputs: {
        x: float32('batch', channels, size, size),
        t: float32('batch', 1),
        ...(classes === 0 ? {} : { label: int32('batch') }),
      },
      build: (parameters, { x, t, label }) => ({ velocity: network.apply(parameters, x!, t!, label) }),
    },
  };
}
