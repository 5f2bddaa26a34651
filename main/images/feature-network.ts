/** @file A small convolutional classifier of images, whose last hidden numbers describe an image: what generated images are compared by. */
import {
  averagePool,
  convLayer,
  convParameters,
  crossEntropy,
  float32,
  inferenceModel,
  int32,
  linear,
  linearParameters,
  module,
  relu,
  reshape,
  scope,
  stream,
  type Module,
  type Tensor,
} from '../../native-models';
import { runRows } from '../compute/run-rows';
import type { Compute } from '../contract/compute';
import type { ImageShape, Matrix } from '../contract/data';
import type { Arrays } from '../contract/define';
import type { TrainingContext } from '../training/loop';
import { fitNetwork } from '../training/supervised';
import { learningRateAt } from '../training/timetable';
import { padTo, toImages, upTo } from './rows';

/** Numbers that describe an image. */
export const FEATURES = 64;
const FIRST = 12;
const SECOND = 24;
/** Larger images are averaged down to about this side first. */
const LARGEST_SIDE = 32;
const STEPS = 400;
const BATCH = 64;
const LEARNING_RATE = 2e-3;
/** Images per run of the network. */
const ROWS_PER_RUN = 256;

/** Images in data units, rows in [−1, 1], with a class code each, −1 where it is missing. */
export interface LabelledImages {
  matrix: Matrix;
  labels: Int32Array | null;
  classes: number;
  image: ImageShape;
}

/** A small convolutional classifier in the manner of LeNet (LeCun et al. 1998), whose last hidden numbers describe an image. */
export interface FeatureNetwork extends Module {
  /**
   * Rows [N, height·width·channels] to features [N, 64], taken before the last nonlinearity, where they are closest to a
   * Gaussian.
   */
  features(parameters: Record<string, Tensor>, rows: Tensor): Tensor;
  /** Features [N, 64] to logits [N, classes]. */
  logits(parameters: Record<string, Tensor>, features: Tensor): Tensor;
}

/** Two convolutions, each followed by averaging pairs of pixels, and two linear layers. Images are padded with zeros. */
export function featureNetwork(image: ImageShape, classes: number): FeatureNetwork {
  const shrink = Math.ceil(Math.max(image.height, image.width) / LARGEST_SIDE);
  const multiple = 4 * shrink;
  const padded = { height: upTo(image.height, multiple), width: upTo(image.width, multiple) };
  const flat = (SECOND * (padded.height / multiple) * padded.width) / multiple;
  const table = module({
    ...convParameters('conv1', { inputs: image.channels, outputs: FIRST, kernel: 5 }),
    ...convParameters('conv2', { inputs: FIRST, outputs: SECOND, kernel: 3 }),
    ...linearParameters('features', flat, FEATURES),
    ...linearParameters('classes', FEATURES, classes),
  });
  return {
    ...table,
    features(parameters, rows) {
      const images = scope('images', () => {
        const whole = padTo(toImages(rows, image), padded);
        return shrink === 1 ? whole : averagePool(whole, shrink);
      });
      const first = convLayer(parameters, 'conv1', images, { padding: 2 });
      const middle = scope('pool1', () => averagePool(relu(first)));
      const second = convLayer(parameters, 'conv2', middle, { padding: 1 });
      const last = scope('pool2', () => averagePool(relu(second)));
      return linear(parameters, 'features', reshape(last, [rows.shape[0]!, flat]));
    },
    logits: (parameters, features) =>
      linear(
        parameters,
        'classes',
        scope('classes', () => relu(features)),
      ),
  };
}

/** What the network says of images [n, dimension] in data units; to be closed. */
export async function openFeatureNetwork(
  compute: Compute,
  columns: number,
  network: FeatureNetwork,
  parameters: Arrays,
) {
  const model = inferenceModel({
    name: 'featureExtractor',
    parameters: parameters as Record<string, { data: Float32Array; shape: readonly number[] }>,
    inputs: { x: float32('batch', columns) },
    build: (given, { x }) => {
      const features = network.features(given, x!);
      return { features, logits: network.logits(given, features) };
    },
  });
  const session = await compute.open(model, { label: 'feature extractor', device: 'cpu' });
  const run = async (images: Float32Array) => {
    const x = { data: images, shape: [images.length / columns, columns] };
    const { features, logits } = await runRows(session, { x }, ROWS_PER_RUN);
    const none = new Float32Array(0);
    return { features: features?.data ?? none, logits: logits?.data ?? none };
  };
  return {
    /** `x` [batch, dimension] to `features` [batch, 64] and `logits` [batch, classes]. */
    model,
    run,
    extract: async (images: Float32Array) => (await run(images)).features,
    close: () => session.close(),
  };
}

/** Share of rows whose label has the largest logit; `logits` [n, classes]. */
export function shareRight(logits: Float32Array, labels: ArrayLike<number>, classes: number): number {
  let right = 0;
  for (let row = 0; row < labels.length; row++) {
    const scores = logits.subarray(row * classes, (row + 1) * classes);
    if (scores.every((score) => score <= scores[labels[row]!]!)) right++;
  }
  return right / labels.length;
}

/** The parameters after some hundred steps on the cross entropy of random batches of `rows`; null when stopped. */
export function fitFeatureNetwork(
  context: TrainingContext,
  { image, matrix, labels, classes }: LabelledImages,
  rows: Int32Array,
  seed: number,
): Promise<Arrays | null> {
  const network = featureNetwork(image, classes);
  return fitNetwork(context, {
    ...{ label: 'feature extractor training', device: 'cpu', steps: STEPS, batch: BATCH },
    network: {
      ...network,
      loss: (parameters, x, label) =>
        crossEntropy(network.logits(parameters, network.features(parameters, x)), label),
    },
    start: () => network.initialise(seed),
    rows: { count: matrix.rows, x: matrix.data, y: Float32Array.from(labels!) },
    answer: (count) => int32(count),
    rowsOf: (step) =>
      stream(seed, 'flows.extractor.batch', step)
        .integers(new Int32Array(BATCH), rows.length)
        .map((k) => rows[k]!),
    learningRate: (step) => learningRateAt(step, STEPS, LEARNING_RATE),
  });
}
