/** @file The final numbers and curves of a Flows run in a researcher's words, in reading order. */
import type { MetricDeclaration, MetricDeclarations, MetricTraits } from '../../contract/presentation';
import { metric } from '../../contract/presentation';
import { titled, type Words } from '../../contract/schema';
import { loopMetrics } from '../../training/loop';

const MADE = 'samples made with * NFE (function evaluations)';
const HALVES = 'The floor is the distance between two halves of the data.';

/** A number of a cloud of samples, by budget; further traits are those of `metric`. */
function byBudget(words: Words, traits?: MetricTraits): MetricDeclaration {
  const { title, help } = titled(words);
  return { title: `${title}, * NFE`, help, ...traits };
}

/** A distance between generated and held-out points; its floor is that between two halves of the real ones. */
function distance(family: string, words: Words, traits: MetricTraits): MetricDeclarations {
  const reference = { word: 'floor', metric: `${family}.floor` };
  return {
    [`${family}.nfe*`]: byBudget(words, { better: 'lower', reference, ...traits }),
    [`${family}.floor`]: metric(`${titled(words).title}, floor: ${HALVES}`, { listed: false }),
  };
}

export const metrics: MetricDeclarations = {
  curvature: metric(
    'curvature: Mean over paths of ∫‖v − (x₁ − x₀)‖² dt in squared data units, 50 Euler steps. Straight paths need one step.',
    { reference: '0 = straight', better: 'lower', headline: true },
  ),
  'curvature.mean': metric(
    'curvature per coordinate: The curvature divided by the number of coordinates, so that data of different dimension can be compared.',
    { reference: '0 = straight', better: 'lower' },
  ),
  'curvature.kineticGap': metric(
    'kinetic gap: ∫E‖v‖² dt − E‖x₁ − x₀‖², kinetic energy minus squared displacement: by an identity the curvature once more.',
    { reference: { word: 'curvature', metric: 'curvature' }, listed: false },
  ),
  ...distance('slicedW2', `sliced W₂: Sliced 2-Wasserstein distance of ${MADE} to held-out data. ${HALVES}`, {
    headline: true,
  }),
  ...distance(
    'frechet',
    'FD: Fréchet distance between features of images generated with * NFE (function evaluations) and of held-out ones. The extractor that made the features is named in the run’s notices; numbers of different extractors cannot be compared. The floor is the distance between two halves of real images.',
    { headline: true },
  ),
  ...distance(
    'frechet.infinite',
    'FD∞: The Fréchet distance extrapolated to infinitely many images, which takes away its bias.',
    { listed: false },
  ),
  'uvp.nfe*': byBudget(
    'L²-UVP: Unexplained variance of the learned map against the known optimal one with * NFE (function evaluations): 100 · E‖T(x) − T*(x)‖² / Var(T*(x)).',
    { column: 'UVP (%), * NFE', unit: '%', reference: '0 = optimal map', better: 'lower' },
  ),
  ...distance(
    'energy',
    `energy distance: Energy distance of ${MADE} to held-out data; unbiased, so it can fall below 0.`,
    { listed: false },
  ),
  'nearestNeighbour.nfe*': byBudget(
    'nearest of own kind: Share of points whose nearest neighbour is of their own cloud, generated or real.',
    { reference: { word: 'chance', value: 0.5 }, listed: false },
  ),
  'precision.nfe*': byBudget('precision: Share of generated points within the real cloud.', {
    better: 'higher',
    listed: false,
  }),
  'recall.nfe*': byBudget('recall: Share of real points within the generated cloud.', {
    better: 'higher',
    listed: false,
  }),
  'exactW2.nfe*': byBudget(
    `exact W₂: 2-Wasserstein distance of ${MADE} to as many held-out points, by exact assignment.`,
    { better: 'lower', listed: false },
  ),
  negativeLogLikelihood: metric(
    'negative log-likelihood: Mean over held-out rows of −log p(x), from the change of density along the flow.',
    { unit: 'nats', better: 'lower' },
  ),
  bitsPerDimension: metric(
    'bits per dimension: The negative log-likelihood in bits, divided by the number of coordinates.',
    { unit: 'bits', better: 'lower' },
  ),
  'bitsPerDimension.error': metric(
    'bits per dimension, standard error: Standard error of the bits per dimension over the held-out rows.',
    { unit: 'bits', listed: false },
  ),
  sharpness: metric(
    'sharpness E(P): Renormalised entropy of the coupling P, 2H(P)/(H(a)+H(b)) − 1: 0 pairs one to one, 1 pairs independently.',
    { column: 'E(P)', reference: '0 = one-to-one' },
  ),
  epsilon: metric(
    'regularisation ε: The regularisation that was used, relative to the standard deviation of the cost; solved for where the sharpness was given.',
    { unit: 'σ' },
  ),
  'coupling.cost': metric('cost of the coupling: Mean of ½‖x₀ − x₁‖² over the coupled pairs.', {
    better: 'lower',
  }),
  'coupling.effectiveTargets': metric(
    'targets per noise point: Effective number of data points that a noise point is paired with: the exponential of the mean row entropy.',
    { reference: '1 = one-to-one' },
  ),
  'coupling.distinctTargets': metric(
    'distinct targets: Share of the data points of a pool that are paired at all; independent draws reach 0.63.',
    { reference: '1 = no repeats' },
  ),
  'coupling.conditionalVariance': metric(
    'Var(x₁ | x₀): Variance of the data points that one noise point is paired with: what the velocity at the start can only average.',
    { reference: '0 = a map', better: 'lower' },
  ),
  'sinkhorn.iterations': metric(
    'Sinkhorn iterations: Mean iterations per pool until the L1 error of the marginals is below the tolerance, and that error.',
    {
      column: 'iterations',
      reference: { word: 'error', metric: 'sinkhorn.marginalError' },
      better: 'lower',
      // Other couplings need none, and say so with a zero.
      listed: 'above zero',
    },
  ),
  'sinkhorn.marginalError': metric(
    'marginal error: L1 error of the marginals of the coupling: the worst of all pools as a number, that of each pool as a curve.',
    { reference: '0 = met', better: 'lower', listed: false },
  ),
  loss: metric('loss: Mean squared error of the velocity on the last steps.', { better: 'lower' }),
  pairSeconds: metric(
    'pairing: Seconds spent coupling noise and data, beside training where it went on meanwhile.',
    { unit: 's' },
  ),
  trainSeconds: metric('training: Seconds spent on optimiser steps.', { unit: 's' }),
  stepsPerSecond: metric('steps per second: Optimiser steps per second of training.'),
  ...loopMetrics,
};
