/** @file The set-ups that the claims share: R1 in the plane, R2 with a known map, R3 on images. */
import type { Arm } from '../../../experiments/experiment';
import type { Json } from '../../../contract/schema';

export type ArmSettings = Readonly<Record<string, Json>>;

/** How data and noise are paired in an arm. */
export type PairingRule =
  | { kind: 'independent' }
  | { kind: 'sinkhorn'; n: number; epsilon: number; components?: number }
  /** ε is solved for so that the coupling has this E. */
  | { kind: 'sharpness'; n: number; sharpness: number }
  /** Every source point with its image under the known map. */
  | { kind: 'map' };

function pairingSettings(pairing: PairingRule): ArmSettings {
  switch (pairing.kind) {
    case 'independent':
    case 'map':
      return { coupling: pairing.kind };
    case 'sinkhorn':
      return {
        coupling: 'sinkhorn',
        poolSize: pairing.n,
        epsilon: pairing.epsilon,
        ...(pairing.components ? { components: pairing.components } : {}),
      };
    case 'sharpness':
      return { coupling: 'sinkhorn', poolSize: pairing.n, sharpness: pairing.sharpness };
  }
}

export const INDEPENDENT = 'independent';
export const KNOWN_MAP = 'known map';

/** Optimiser of every recipe of this file but R3: AdamW without decay is Adam. */
const optimiser: ArmSettings = { batchSize: 512, learningRate: 2e-3, weightDecay: 0, device: 'cpu' };

/**
 * R1: eight Gaussians of radius 2 and deviation .25, which is the shipped sample. Perceptron 3 × 96, 4,000 steps,
 * 65,536 pairs.
 */
export function eightGaussians(label: string, pairing: PairingRule): Arm {
  return {
    recipe: EIGHT_GAUSSIANS,
    label,
    config: {
      ...optimiser,
      ...pairingSettings(pairing),
      pairs: 65_536,
      steps: 4000,
      network: 'perceptron',
      hidden: 96,
      layers: 3,
    },
    data: { data: { sample: 'eight-gaussians' } },
  };
}
export const EIGHT_GAUSSIANS = 'Eight Gaussians';

export interface AffineScale {
  dimension: number;
  pieces: number;
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
export function affineProblem(label: string, pairing: PairingRule, scale: AffineScale): Arm {
  const { dimension, pieces, steps, pairs, likelihood } = scale;
  return {
    recipe: affineName(scale),
    label,
    config: {
      ...optimiser,
      ...pairingSettings(pairing),
      problem: 'piecewise-affine',
      dimension,
      pieces,
      pairs,
      steps,
      network: 'perceptron',
      hidden: 192,
      layers: 3,
      ...(likelihood ? { likelihood: 'hutchinson' } : {}),
    },
  };
}

export function affineName({ dimension, pieces }: Pick<AffineScale, 'dimension' | 'pieces'>): string {
  return `Piecewise affine, d = ${dimension}, ${pieces} pieces`;
}

/** R3 on the shipped digits of 16 × 16 pixels, in place of scikit-learn's, which are not shipped: perceptron 3 × 256. */
export function drawnDigits(
  label: string,
  pairing: PairingRule,
  { steps, pairs }: { steps: number; pairs: number },
): Arm {
  return {
    recipe: DRAWN_DIGITS,
    label,
    config: {
      ...pairingSettings(pairing),
      device: 'cpu',
      batchSize: 256,
      learningRate: 1e-3,
      pairs,
      steps,
      network: 'perceptron',
      hidden: 256,
      layers: 3,
    },
    data: { data: { sample: 'drawn-digits' } },
  };
}
export const DRAWN_DIGITS = 'Drawn digits, 16 × 16';

/** R3 on images that a person gives; the network is the method's own suggestion for images. */
export function givenImages(label: string, pairing: PairingRule, change: ArmSettings): Arm {
  return {
    recipe: GIVEN_IMAGES,
    label,
    config: { ...pairingSettings(pairing), ...change },
    data: { data: { given: IMAGES.name } },
  };
}
export const GIVEN_IMAGES = 'MNIST, 28 × 28';

/** What a person must give for the claims on images. */
export const IMAGES = {
  name: 'images',
  title: 'MNIST training images',
  help: 'The IDX file of the 60,000 training images; the labels are found beside it by their name.',
};
