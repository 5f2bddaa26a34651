/**
 * @file What turns images into features for the Fréchet distance: a classifier trained on the data's own labels, or fixed
 * random convolutions where there are none.
 *
 * Everything random about it is keyed by a hash of the images and labels, not by the run's seed, so that all runs on the
 * same data are judged by the same extractor. Training takes seconds and repeats bit for bit on a machine, so it is done
 * anew where it is not remembered.
 */
import { createHash } from 'node:crypto';
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
} from '../../../../native-models';
import { runRows } from '../../../compute/run-rows';
import type { Compute } from '../../../contract/compute';
import type { ImageShape } from '../../../contract/data';
import type { Arrays } from '../../../contract/define';
import { gatherRows } from '../../../numerics/gather';
import type { TrainingContext } from '../../../training/loop';
import type { Parts } from '../../../training/parts';
import { fitNetwork, shaped } from '../../../training/supervised';
import { learningRateAt } from '../../../training/timetable';
import { padTo, toImages, upTo } from '../network';
import type { PreparedInputs } from '../points/prepare';

/** Numbers that describe an image. */
const FEATURES = 64;
const FIRST = 12;
const SECOND = 24;
/** Larger images are averaged down to about this side first. */
const LARGEST_SIDE = 32;
const STEPS = 400;
const BATCH = 64;
const LEARNING_RATE = 2e-3;
/** Rows kept apart to tell how well the classifier does: a tenth, at most so many. */
const MOST_TEST_ROWS = 2000;
/** Images per run of the network. */
const ROWS_PER_RUN = 256;
/** Extractors kept in memory: some hundred thousand numbers each. */
const REMEMBERED = 2;

/** What the extractor depends on: images in data units, rows in [−1, 1]. */
export type LabelledImages = Pick<PreparedInputs, 'matrix' | 'labels' | 'classes'> & { image: ImageShape };

export interface Extractor {
  /** As the distance is called: `lenet`, `random`, or the name of the user's file. */
  name: string;
  /** Numbers per image. */
  features: number;
  /** Share of test images that the classifier gets right; null where it is none. */
  accuracy: number | null;
  /** Images [n, dimension] in data units to [n, features]. */
  extract(images: Float32Array): Promise<Float32Array>;
  /** The extractor as an ONNX file: `x` [batch, dimension] to `features` [batch, features]; null for a file of the user. */
  model: Uint8Array | null;
  close(): Promise<void>;
}

/** The trained extractors by the hash of their data. */
const remembered = new Map<string, { parameters: Arrays; accuracy: number | null }>();

/** The extractor of this data, trained as a part of `parts`; null when stopped. */
export async function openExtractor(
  compute: Compute,
  data: LabelledImages,
  parts: Parts,
): Promise<Extractor | null> {
  const known = rowsWithLabels(data);
  if (known.length === 0) {
    const network = featureNetwork(data.image, RANDOM_CLASSES);
    return openWith(compute, data, 'random', network, shaped(network, network.initialise(0)), null);
  }
  const network = featureNetwork(data.image, data.classes);
  const key = dataKey(data);
  const before = remembered.get(key);
  if (before) return openWith(compute, data, 'lenet', network, before.parameters, before.accuracy);
  const seed = Number.parseInt(key.slice(0, 12), 16);
  const rows = stream(seed, 'flows.extractor.split')
    .permutation(known.length)
    .map((k) => known[k]!);
  const aside = Math.min(MOST_TEST_ROWS, Math.floor(known.length / 10));
  const parameters = await parts.run('extractor', (inner) =>
    fitFeatureNetwork(inner, data, rows.subarray(aside), seed),
  );
  if (!parameters) return null;
  const opened = await openWith(compute, data, 'lenet', network, parameters, null);
  const accuracy = aside > 0 ? await accuracyOf(opened, data, rows.subarray(0, aside)) : null;
  remembered.set(key, { parameters, accuracy });
  for (const old of [...remembered.keys()].slice(0, -REMEMBERED)) remembered.delete(old);
  return { ...opened, accuracy };
}

/** Of a network without training: they mean nothing. */
const RANDOM_CLASSES = 2;

async function openWith(
  compute: Compute,
  { matrix: { columns } }: LabelledImages,
  name: 'lenet' | 'random',
  network: FeatureNetwork,
  parameters: Arrays,
  accuracy: number | null,
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
  const output = (key: string) => async (images: Float32Array) => {
    const x = { data: images, shape: [images.length / columns, columns] };
    return (await runRows(session, { x }, ROWS_PER_RUN))[key]?.data ?? new Float32Array(0);
  };
  return {
    ...{ name, features: FEATURES, accuracy, model },
    extract: output('features'),
    logits: output('logits'),
    close: () => session.close(),
  };
}

async function accuracyOf(
  opened: Awaited<ReturnType<typeof openWith>>,
  { matrix, labels, classes }: LabelledImages,
  rows: Int32Array,
): Promise<number> {
  const logits = await opened.logits(gatherRows(matrix.data, matrix.columns, rows));
  let right = 0;
  rows.forEach((row, k) => {
    const scores = logits.subarray(k * classes, (k + 1) * classes);
    if (scores.every((score) => score <= scores[labels![row]!]!)) right++;
  });
  return right / rows.length;
}

/** Rows that have a label, where at least two classes have any; else none. */
function rowsWithLabels({ labels, matrix }: LabelledImages): Int32Array {
  if (!labels) return new Int32Array(0);
  const rows = Int32Array.from({ length: matrix.rows }, (_, row) => row).filter((row) => labels[row]! >= 0);
  return new Set(rows.map((row) => labels[row]!)).size > 1 ? rows : new Int32Array(0);
}

/** A hash of images, shape and labels. */
function dataKey({ matrix, image, labels }: LabelledImages): string {
  const hash = createHash('sha256').update(JSON.stringify(image)).update(matrix.data);
  if (labels) hash.update(labels);
  return hash.digest('hex');
}

/** A small convolutional classifier in the manner of LeNet (LeCun et al. 1998), whose last hidden numbers describe an image. */
interface FeatureNetwork extends Module {
  /**
   * Rows [N, height·width·channels] to features [N, 64], taken before the last nonlinearity, where they are closest to a
   * Gaussian.
   */
  features(parameters: Record<string, Tensor>, rows: Tensor): Tensor;
  /** Features [N, 64] to logits [N, classes]. */
  logits(parameters: Record<string, Tensor>, features: Tensor): Tensor;
}

/** Two convolutions, each followed by averaging pairs of pixels, and two linear layers. Images are padded with zeros. */
function featureNetwork(image: ImageShape, classes: number): FeatureNetwork {
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
