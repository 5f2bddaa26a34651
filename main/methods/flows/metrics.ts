/** @file The final numbers and curves of a Flows run in a researcher's words, in reading order. */
import type { MetricDeclaration, MetricDeclarations } from '../../contract/presentation';
import { loopMetrics } from '../../training/loop';

const MADE = 'samples made with * NFE (function evaluations)';
const HALVES = 'The floor is the distance between two halves of the data.';

/** A distance between generated and held-out points; its floor is that between two halves of the real ones. */
function distance(family: string, title: string, words: Partial<MetricDeclaration>): MetricDeclarations {
  const shared = { better: 'lower', ...words } as const;
  return {
    [`${family}.nfe*`]: {
      ...shared,
      title: `${title}, * NFE`,
      reference: { word: 'floor', metric: `${family}.floor` },
    },
    [`${family}.floor`]: { title: `${title}, floor`, help: HALVES, listed: false },
  };
}

/** A share or a further distance of two clouds, one by budget, for tables that ask for it. */
function compared(title: string, help: string, better?: 'lower' | 'higher'): MetricDeclaration {
  return { title: `${title}, * NFE`, help, ...(better && { better }), listed: false };
}

export const metrics: MetricDeclarations = {
  curvature: {
    title: 'curvature',
    reference: '0 = straight',
    help: 'Mean over paths of ∫‖v − (x₁ − x₀)‖² dt in squared data units, 50 Euler steps. Straight paths need one step.',
    better: 'lower',
    headline: true,
  },
  'curvature.mean': {
    title: 'curvature per coordinate',
    reference: '0 = straight',
    help: 'The curvature divided by the number of coordinates, so that data of different dimension can be compared.',
    better: 'lower',
  },
  'curvature.kineticGap': {
    title: 'kinetic gap',
    reference: { word: 'curvature', metric: 'curvature' },
    help: '∫E‖v‖² dt − E‖x₁ − x₀‖², kinetic energy minus squared displacement: by an identity the curvature once more.',
    listed: false,
  },
  ...distance('slicedW2', 'sliced W₂', {
    help: `Sliced 2-Wasserstein distance of ${MADE} to held-out data. ${HALVES}`,
    headline: true,
  }),
  ...distance('frechet', 'FD', {
    help: 'Fréchet distance between features of images generated with * NFE (function evaluations) and of held-out ones. The extractor that made the features is named in the run’s notices; numbers of different extractors cannot be compared. The floor is the distance between two halves of real images.',
    headline: true,
  }),
  ...distance('frechet.infinite', 'FD∞', {
    help: 'The Fréchet distance extrapolated to infinitely many images, which takes away its bias.',
    listed: false,
  }),
  'uvp.nfe*': {
    title: 'L²-UVP, * NFE',
    column: 'UVP (%), * NFE',
    unit: '%',
    reference: '0 = optimal map',
    help: 'Unexplained variance of the learned map against the known optimal one with * NFE (function evaluations): 100 · E‖T(x) − T*(x)‖² / Var(T*(x)).',
    better: 'lower',
  },
  ...distance('energy', 'energy distance', {
    help: `Energy distance of ${MADE} to held-out data; unbiased, so it can fall below 0.`,
    listed: false,
  }),
  'nearestNeighbour.nfe*': {
    ...compared(
      'nearest of own kind',
      'Share of points whose nearest neighbour is of their own cloud, generated or real.',
    ),
    reference: { word: 'chance', value: 0.5 },
  },
  'precision.nfe*': compared('precision', 'Share of generated points within the real cloud.', 'higher'),
  'recall.nfe*': compared('recall', 'Share of real points within the generated cloud.', 'higher'),
  'exactW2.nfe*': compared(
    'exact W₂',
    `2-Wasserstein distance of ${MADE} to as many held-out points, by exact assignment.`,
    'lower',
  ),
  negativeLogLikelihood: {
    title: 'negative log-likelihood',
    unit: 'nats',
    help: 'Mean over held-out rows of −log p(x), from the change of density along the flow.',
    better: 'lower',
  },
  bitsPerDimension: {
    title: 'bits per dimension',
    unit: 'bits',
    help: 'The negative log-likelihood in bits, divided by the number of coordinates.',
    better: 'lower',
  },
  'bitsPerDimension.error': {
    title: 'bits per dimension, standard error',
    unit: 'bits',
    help: 'Standard error of the bits per dimension over the held-out rows.',
    listed: false,
  },
  sharpness: {
    title: 'sharpness E(P)',
    column: 'E(P)',
    reference: '0 = one-to-one',
    help: 'Renormalised entropy of the coupling P, 2H(P)/(H(a)+H(b)) − 1: 0 pairs one to one, 1 pairs independently.',
  },
  epsilon: {
    title: 'regularisation ε',
    unit: 'σ',
    help: 'The regularisation that was used, relative to the standard deviation of the cost; solved for where the sharpness was given.',
  },
  'coupling.cost': {
    title: 'cost of the coupling',
    help: 'Mean of ½‖x₀ − x₁‖² over the coupled pairs.',
    better: 'lower',
  },
  'coupling.effectiveTargets': {
    title: 'targets per noise point',
    reference: '1 = one-to-one',
    help: 'Effective number of data points that a noise point is paired with: the exponential of the mean row entropy.',
  },
  'coupling.distinctTargets': {
    title: 'distinct targets',
    reference: '1 = no repeats',
    help: 'Share of the data points of a pool that are paired at all; independent draws reach 0.63.',
  },
  'coupling.conditionalVariance': {
    title: 'Var(x₁ | x₀)',
    reference: '0 = a map',
    help: 'Variance of the data points that one noise point is paired with: what the velocity at the start can only average.',
    better: 'lower',
  },
  'sinkhorn.iterations': {
    title: 'Sinkhorn iterations',
    column: 'iterations',
    reference: { word: 'error', metric: 'sinkhorn.marginalError' },
    help: 'Mean iterations per pool until the L1 error of the marginals is below the tolerance, and that error.',
    better: 'lower',
    // Other couplings need none, and say so with a zero.
    listed: 'above zero',
  },
  'sinkhorn.marginalError': {
    title: 'marginal error',
    reference: '0 = met',
    help: 'L1 error of the marginals of the coupling: the worst of all pools as a number, that of each pool as a curve.',
    better: 'lower',
    listed: false,
  },
  loss: { title: 'loss', help: 'Mean squared error of the velocity on the last steps.', better: 'lower' },
  pairSeconds: {
    title: 'pairing',
    unit: 's',
    help: 'Seconds spent coupling noise and data, beside training where it went on meanwhile.',
  },
  trainSeconds: { title: 'training', unit: 's', help: 'Seconds spent on optimiser steps.' },
  stepsPerSecond: { title: 'steps per second', help: 'Optimiser steps per second of training.' },
  ...loopMetrics,
};
