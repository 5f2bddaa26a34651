/** @file The velocity networks behind one face: rows of numbers in, velocities out, whatever the network does with images inside. */
import {
  concat,
  dit,
  embedding,
  embeddingParameters,
  mlp,
  fourierTimeFeatures,
  module,
  reshape,
  scope,
  slice,
  transpose,
  uNet,
  velocityMlp,
  type Module,
  type Tap,
  type Tensor,
} from '../../../native-models';
import { MongeError } from '../../../native-models/error';
import { padTo, toImages, upTo } from '../../images/rows';
import type { ImageShape } from '../../contract/data';
import type { FlowsConfig } from './config';
import type { networkFields } from './config/training';
import type { PreparedInputs } from './points/prepare';

/** The parts of the config that shape the network. */
export type NetworkConfig = Pick<FlowsConfig, keyof typeof networkFields | 'condition' | 'device'>;

/** What of the data shapes the network; perceptrons need no image. */
export type FlowShape = Pick<PreparedInputs, 'dimension'> &
  Partial<Pick<PreparedInputs, 'image' | 'classes'>>;

export interface VelocityNetwork extends Module {
  /** Classes that the network was made for; 0: it takes no labels. Label `classes` stands for no label. */
  readonly classes: number;
  /**
   * Velocities [rows, dimension] of x [rows, dimension] at times t [rows, 1], with int32 labels [rows] where there are
   * classes; all in model units. `tap` hears of the places that can be read and steered.
   */
  apply(parameters: Record<string, Tensor>, x: Tensor, t: Tensor, labels?: Tensor, tap?: Tap): Tensor;
}

/** Numbers that stand for a class in a perceptron. */
const CLASS_WIDTH = 16;
/** Groups of the norms of a U-Net, where its widths allow it. */
const GROUPS = 8;

/**
 * The network on standardised rows; holds no values. Throws `network-needs-images`, `labels-missing` and
 * `network-sizes`.
 */
export function velocityNetwork(config: NetworkConfig, shape: FlowShape): VelocityNetwork {
  const classes = classesOf(config, shape);
  switch (config.network) {
    case 'perceptron':
      return perceptron(config, shape.dimension, classes);
    case 'unet':
      return imageUNet(config, imageOf(config, shape), classes);
    case 'transformer':
      return imageTransformer(config, imageOf(config, shape), classes);
  }
}

/** Classes that the network takes: those of the data where the flow is conditional, else 0. Throws `labels-missing`. */
export function classesOf(config: Pick<NetworkConfig, 'condition'>, { classes = 0 }: FlowShape): number {
  if (config.condition === 'none') return 0;
  if (classes > 0) return classes;
  throw labelsMissing();
}

/** The error for a condition on labels that the data does not have. */
export function labelsMissing(): MongeError {
  return new MongeError({
    code: 'labels-missing',
    blame: 'input',
    what: 'a flow conditioned on the label needs labels',
    where: { key: 'condition' },
    got: 'data without a label column',
    expected: 'a column with the role "label"',
    help: 'give the column of classes the role "label", or set condition=none',
  });
}

function perceptron(config: NetworkConfig, dimension: number, classes: number): VelocityNetwork {
  const { hidden, layers, frequencies, activation } = config;
  if (classes === 0) {
    const free = velocityMlp({ dimension, hidden, layers, frequencies, activation });
    return { ...free, classes, apply: (given, x, t, _, tap) => free.apply(given, x, t, tap) };
  }
  const inputs = dimension + 2 * frequencies + CLASS_WIDTH;
  const network = mlp({ inputs, outputs: dimension, hidden, layers, activation });
  const table = module(embeddingParameters('class', classes + 1, CLASS_WIDTH, 1));
  return {
    classes,
    parameters: { ...network.parameters, ...table.parameters },
    initialise: (seed) => ({ ...network.initialise(seed), ...table.initialise(seed) }),
    apply(parameters, x, t, labels, tap) {
      const told = embedding(parameters, 'class', required(labels));
      return network.apply(parameters, concat([x, fourierTimeFeatures(t, frequencies), told], 1), tap);
    },
  };
}

/** A U-Net on the images, padded with zeros to a square that halves evenly down to the last level. */
function imageUNet(config: NetworkConfig, image: ImageShape, classes: number): VelocityNetwork {
  const { channels, levels, blocks } = config;
  const size = upTo(Math.max(image.height, image.width), 2 ** (levels - 1));
  const widths = Array.from({ length: levels }, (_, level) => channels * 2 ** level);
  const network = uNet({
    channels: image.channels,
    size,
    ...{ widths, blocks, groups: greatestDivisor(channels, GROUPS), embedding: 4 * channels },
    ...{ conditioning: 'film', attention: true },
    classes: classes === 0 ? 0 : classes + 1,
  });
  return overRows(image, { height: size, width: size }, classes, network);
}

/** A diffusion transformer on the images, padded with zeros to whole patches. */
function imageTransformer(config: NetworkConfig, image: ImageShape, classes: number): VelocityNetwork {
  const { patch, width, depth, heads } = config;
  if (width % 4 !== 0 || width % heads !== 0)
    throw new MongeError({
      code: 'network-sizes',
      blame: 'input',
      what: 'the width of a transformer must be a multiple of its heads and of 4',
      where: { key: 'width' },
      got: `width ${width} with ${heads} heads`,
      expected: 'a width that heads and 4 divide',
    });
  const padded = { height: upTo(image.height, patch), width: upTo(image.width, patch) };
  const network = dit({
    channels: image.channels,
    height: padded.height,
    columns: padded.width,
    ...{ patch, width, heads, layers: depth },
    ...(classes === 0 ? {} : { classes }),
  });
  return overRows(image, padded, classes, {
    ...network,
    apply: (parameters, images, t, labels, tap) =>
      network.apply(parameters, images, reshape(t, [t.shape[0]!]), labels, tap),
  });
}

/** A network on images [N, channels, height, width] as one on rows, which are images with the channels last. */
function overRows(
  image: ImageShape,
  padded: { height: number; width: number },
  classes: number,
  network: Omit<VelocityNetwork, 'classes'>,
): VelocityNetwork {
  const { height, width, channels } = image;
  return {
    ...network,
    classes,
    apply(given, x, t, labels, tap) {
      const rows = x.shape[0]!;
      const images = scope('images', () => padTo(toImages(x, image), padded));
      const velocity = network.apply(given, images, t, classes === 0 ? undefined : required(labels), tap);
      return scope('rows', () => {
        const rowsCut = slice(velocity, { axis: 2, start: 0, end: height });
        const cut = slice(rowsCut, { axis: 3, start: 0, end: width });
        const last = channels === 1 ? cut : transpose(cut, [0, 2, 3, 1]);
        return reshape(last, [rows, height * width * channels]);
      });
    },
  };
}

function imageOf({ network }: NetworkConfig, { image, dimension }: FlowShape): ImageShape {
  if (image && image.height * image.width * image.channels === dimension) return image;
  throw new MongeError({
    code: 'network-needs-images',
    blame: 'input',
    what: 'this network works on images',
    where: { key: 'network' },
    got: `${network} for rows of ${dimension} numbers without an image shape`,
    help: 'give the image column the role "image", or set network to perceptron',
  });
}

function required(labels: Tensor | undefined): Tensor {
  if (labels) return labels;
  throw new MongeError({
    code: 'missing-labels',
    what: 'a velocity network with classes needs labels',
    help: 'feed the number of classes as the label of rows without one',
  });
}

function greatestDivisor(number: number, most: number): number {
  for (let divisor = Math.min(number, most); ; divisor--) if (number % divisor === 0) return divisor;
}
