/** @file The image transformers of the zoo as cases: ViT, AIMv2 pre-training, DiT and TarFlow on made-up images. */
import type { HostArray } from '../evaluate/evaluate';
import type { Tensor, Tensors } from '../ir/tensor';
import { float32, int32 } from '../ir/types';
import { meanSquaredError, crossEntropy } from '../nn/losses';
import { add, multiply, subtract } from '../ops/arithmetic';
import { reshape } from '../ops/movement';
import { stream } from '../random/stream';
import { scope } from '../ir/scope';
import { aimv2, type Aimv2Options } from './aimv2';
import { aimv2Pretraining, type Aimv2PretrainingOptions } from './aimv2-pretraining';
import type { ZooCase } from './case';
import { dit, type DitOptions } from './dit';
import { tarflow, tarflowLoss, type TarflowOptions } from './tarflow';
import { vit, type VitOptions } from './vit';

type Sizes = { batchSize: number; channels: number; height: number; columns: number };

/** A ViT with a class token, classifying the direction of stripes. */
export function vitCase(options: Partial<VitOptions & { batchSize: number }> = {}): ZooCase {
  const tiny = { batchSize: 4, channels: 1, height: 8, columns: 4, patch: 2, width: 16, layers: 2, heads: 2 };
  const all = { ...tiny, hidden: 32, classes: 3, ...options };
  const model = vit(all);
  const { images } = imageTypes(all, 'images');
  return {
    name: 'vit',
    module: model,
    stream: { images: images!, labels: int32(all.batchSize) },
    loss: (parameters, { images, labels }) => crossEntropy(model.apply(parameters, images!), labels!),
    batch: (seed, step) => stripes(seed, step, all, all.classes),
    inference: {
      inputs: { images: float32('batch', all.channels, all.height, all.columns) },
      build: (parameters, { images }) => ({ logits: model.apply(parameters, images!) }),
    },
  };
}

/** AIMv2 pre-training with a learned position table; the exported model is the encoder without a mask. */
export function aimv2Case(options: Partial<Aimv2PretrainingOptions & { batchSize: number }> = {}): ZooCase {
  const all = {
    batchSize: 4,
    encoder: {
      channels: 2,
      height: 4,
      columns: 6,
      patch: 2,
      width: 16,
      hidden: 24,
      layers: 2,
      heads: 2,
      positions: 'learned' as const,
    },
    decoder: { width: 12, hidden: 20, layers: 1, heads: 2 },
    vocabulary: 7,
    words: 4,
    padding: 0,
    ...options,
  };
  const model = aimv2Pretraining(all);
  const { batchSize, vocabulary, words, encoder } = all;
  const sizes = { batchSize, ...encoder };
  return {
    name: 'aimv2',
    module: model,
    stream: {
      ...imageTypes(sizes, 'images'),
      captions: int32(batchSize, words),
      prefix: int32(batchSize),
    },
    loss: (parameters, { images, captions, prefix }) =>
      model.loss(parameters, images!, captions!, prefix!).loss,
    batch: (seed, step) => {
      const { images, labels } = stripes(seed, step, sizes, vocabulary - 2);
      const lengths = stream(seed, 'images.length', step).integers(new Int32Array(batchSize), words);
      const captions = Int32Array.from({ length: batchSize * words }, (_, at) => {
        const row = Math.floor(at / words);
        return at % words <= lengths[row]! ? 1 + ((labels!.data[row]! + (at % words)) % (vocabulary - 1)) : 0;
      });
      const prefix = stream(seed, 'images.prefix', step).integers(
        new Int32Array(batchSize),
        model.encoder.tokens - 1,
      );
      return {
        images: images!,
        captions: { data: captions, shape: [batchSize, words] },
        prefix: { data: prefix.map((draw) => draw + 1), shape: [batchSize] },
      };
    },
    inference: {
      inputs: { images: float32('batch', encoder.channels, encoder.height, encoder.columns) },
      build: (parameters, { images }) => ({
        last_hidden_state: model.encoder.encode(parameters, images!).last,
      }),
    },
  };
}

/** An AIMv2 encoder with fixed grid positions and its attention pooling head, trained to classify. */
export function aimv2ProbeCase(options: Partial<Aimv2Options & { batchSize: number }> = {}): ZooCase {
  const tiny = { batchSize: 4, channels: 2, height: 4, columns: 6, patch: 2, width: 16, hidden: 24 };
  const all = { ...tiny, layers: 1, heads: 2, positions: 'grid' as const, outputs: 3, ...options };
  const model = aimv2(all);
  const logits = (parameters: Tensors, images: Tensor) =>
    model.pool(parameters, model.encode(parameters, images).last);
  return {
    name: 'aimv2-probe',
    module: model,
    stream: { ...imageTypes(all, 'images'), labels: int32(all.batchSize) },
    loss: (parameters, { images, labels }) => crossEntropy(logits(parameters, images!), labels!),
    batch: (seed, step) => stripes(seed, step, all, all.outputs),
    inference: {
      inputs: { images: float32('batch', all.channels, all.height, all.columns) },
      build: (parameters, { images }) => ({ logits: logits(parameters, images!) }),
    },
  };
}

/** A DiT velocity field trained by flow matching from noise x0 to images x1, with classes. */
export function ditCase(options: Partial<DitOptions & { batchSize: number }> = {}): ZooCase {
  const tiny = { batchSize: 4, channels: 2, height: 4, columns: 6, patch: 2, width: 16, layers: 2, heads: 2 };
  const all = { ...tiny, expansion: 2, timeFeatures: 32, classes: 3, ...options };
  const model = dit(all);
  const { batchSize } = all;
  const { x } = imageTypes(all, 'x');
  return {
    name: 'dit',
    module: model,
    stream: { x0: x!, x1: x!, t: float32(batchSize), labels: int32(batchSize) },
    loss: (parameters, { x0, x1, t, labels }) => {
      const target = subtract(x1!, x0!);
      const between = scope('path', () => add(x0!, multiply(reshape(t!, [batchSize, 1, 1, 1]), target)));
      return meanSquaredError(model.apply(parameters, between, t!, labels), target);
    },
    batch: (seed, step) => {
      const { images, labels } = stripes(seed, step, all, all.classes);
      const { data, shape } = images!;
      return {
        x0: { data: stream(seed, 'images.x0', step).normal(new Float32Array(data.length)), shape },
        x1: images!,
        t: {
          data: stream(seed, 'images.time', step).uniform(new Float32Array(batchSize)),
          shape: [batchSize],
        },
        labels: labels!,
      };
    },
    inference: {
      inputs: {
        x: float32('batch', all.channels, all.height, all.columns),
        t: float32('batch'),
        labels: int32('batch'),
      },
      build: (parameters, { x, t, labels }) => ({ velocity: model.apply(parameters, x!, t!, labels) }),
    },
  };
}

/** A TarFlow with classes, one label in the batch dropped; the exported model maps images to noise. */
export function tarflowCase(options: Partial<TarflowOptions & { batchSize: number }> = {}): ZooCase {
  const tiny = {
    batchSize: 4,
    channels: 1,
    height: 4,
    columns: 4,
    patch: 2,
    width: 16,
    blocks: 2,
    layers: 1,
  };
  const all = { ...tiny, headWidth: 8, expansion: 2, classes: 3, ...options };
  const model = tarflow(all);
  return {
    name: 'tarflow',
    module: model,
    stream: { ...imageTypes(all, 'images'), labels: int32(all.batchSize) },
    loss: (parameters, { images, labels }) => {
      const { z, logDet } = model.forward(parameters, images!, labels);
      return tarflowLoss(z, logDet);
    },
    batch: (seed, step) => {
      const { images, labels } = stripes(seed, step, all, all.classes);
      const dropped = labels!.data.length - 1;
      const data = Int32Array.from(labels!.data, (label, row) => (row === dropped ? -1 : label));
      return { images: images!, labels: { data, shape: labels!.shape } };
    },
    inference: {
      inputs: {
        images: float32('batch', all.channels, all.height, all.columns),
        labels: int32('batch'),
      },
      build: (parameters, { images, labels }) => {
        const { z, logDet } = model.forward(parameters, images!, labels);
        return { z, logDet };
      },
    },
  };
}

/** "TarFlow-tiny": 8×8 digits as 16 tokens of 4 values, width 64, 4 blocks of 2 layers. */
export const TARFLOW_TINY: TarflowOptions = {
  channels: 1,
  height: 8,
  columns: 8,
  patch: 2,
  width: 64,
  blocks: 4,
  layers: 2,
  headWidth: 32,
};

function imageTypes(sizes: Sizes, name: string) {
  return { [name]: float32(sizes.batchSize, sizes.channels, sizes.height, sizes.columns) };
}

/** Waves whose direction and wavelength go with the label, in noise. */
function stripes(seed: number, step: number, sizes: Sizes, classes: number): Record<string, HostArray> {
  const { batchSize, channels, height, columns } = sizes;
  const labels = stream(seed, 'images.label', step).integers(new Int32Array(batchSize), classes);
  const count = batchSize * channels * height * columns;
  const data = stream(seed, 'images.noise', step).normal(new Float32Array(count));
  for (let at = 0; at < count; at++) {
    const column = at % columns;
    const row = Math.floor(at / columns) % height;
    const channel = Math.floor(at / (columns * height)) % channels;
    const label = labels[Math.floor(at / (columns * height * channels))]!;
    const angle = (Math.PI * label) / classes;
    const phase = (1 + label / 2) * (Math.cos(angle) * row + Math.sin(angle) * column) + channel;
    data[at] = Math.sin(phase) + 0.3 * data[at]!;
  }
  return {
    images: { data, shape: [batchSize, channels, height, columns] },
    labels: { data: labels, shape: [batchSize] },
  };
}
