/** @file The set-ups that the claims share: R1 in the plane, R2 with a known map, R3 on images. */
import type { Arm } from '../../../experiments/experiment';

export type ArmSettings = Arm['config'];

export const INDEPENDENT = 'independent';
export const KNOWN_MAP = 'known map';

/** How data and noise are paired in an arm. */
export const independent: ArmSettings = { coupling: 'independent' };
/** Every source point with its image under the known map. */
export const knownMap: ArmSettings = { coupling: 'map' };

export function sinkhorn(poolSize: number, epsilon: number, components?: number): ArmSettings {
  return { coupling: 'sinkhorn', poolSize, epsilon, ...(components && { components }) };
}

/** ε is solved for so that the coupling has this E. */
export function sharp(poolSize: number, sharpness: number): ArmSettings {
  return { coupling: 'sinkhorn', poolSize, sharpness };
}

/** Optimiser of every recipe of this file but R3: AdamW without decay is Adam. */
const optimiser: ArmSettings = { batchSize: 512, learningRate: 2e-3, weightDecay: 0, device: 'cpu' };
const perceptron = (hidden: number): ArmSettings => ({ network: 'perceptron', hidden, layers: 3 });

export const EIGHT_GAUSSIANS = 'Eight Gaussians';

/**
 * R1: eight Gaussians of radius 2 and deviation .25, which is the shipped sample. Perceptron 3 × 96, 4,000 steps,
 * 65,536 pairs.
 */
export function eightGaussians(label: string, pairing: ArmSettings): Arm {
  return {
    recipe: EIGHT_GAUSSIANS,
    label,
    config: { ...optimiser, ...pairing, pairs: 65_536, steps: 4000, ...perceptron(96) },
    data: { data: { sample: 'eight-gaussians' } },
  };
}

const PIECES = 4;

export interface AffineScale {
  dimension: number;
  steps: number;
  /** Pairs in use by the end; a multiple of the largest pool. */
  pairs: number;
  /** Whether the likelihood of held-out rows is estimated too. */
  likelihood?: boolean;
}

/**
 * R2: a piecewise affine Brenier map of a Gaussian source (LSC, section 4.1), whose image is the data. Perceptron
 * 3 × 192. The problem is the same for every seed; the seed varies the noise, the pairs, the split and the network.
 */
export function affineProblem(label: string, pairing: ArmSettings, scale: AffineScale): Arm {
  const { dimension, steps, pairs, likelihood } = scale;
  return {
    recipe: affineName(dimension),
    label,
    config: {
      ...optimiser,
      ...pairing,
      ...{ problem: 'piecewise-affine', dimension, pieces: PIECES, pairs, steps },
      ...perceptron(192),
      ...(likelihood ? { likelihood: 'hutchinson' } : {}),
    },
  };
}

export function affineName(dimension: number): string {
  return `Piecewise affine, d = ${dimension}, ${PIECES} pieces`;
}

export const DRAWN_DIGITS = 'Drawn digits, 16 × 16';

/** R3 on the shipped digits of 16 × 16 pixels, in place of scikit-learn's, which are not shipped: perceptron 3 × 256. */
export function drawnDigits(
  label: string,
  pairing: ArmSettings,
  { steps, pairs }: { steps: number; pairs: number },
): Arm {
  const training = { device: 'cpu', batchSize: 256, learningRate: 1e-3, pairs, steps };
  return {
    recipe: DRAWN_DIGITS,
    label,
    config: { ...pairing, ...training, ...perceptron(256) },
    data: { data: { sample: 'drawn-digits' } },
  };
}

export const GIVEN_IMAGES = 'MNIST, 28 × 28';

/** R3 on images that a person gives; the network is the method's own suggestion for images. */
export function givenImages(label: string, pairing: ArmSettings, change: ArmSettings): Arm {
  const data = { data: { given: IMAGES.name } };
  return { recipe: GIVEN_IMAGES, label, config: { ...pairing, ...change }, data };
}

/** What a person must give for the claims on images. */
export const IMAGES = {
  name: 'images',
  title: 'MNIST training images',
  help: 'The IDX file of the 60,000 training images; the labels are found beside it by their name.',
};
