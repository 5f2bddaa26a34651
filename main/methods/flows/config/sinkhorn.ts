/** @file Settings: how Sinkhorn's coupling is solved. */
import { choice, integer, real } from '../../schema';
import { PAIRING, withSinkhorn } from './groups';

export const sinkhornFields = {
  epsilon: real({
    title: 'Regularisation',
    help: 'How blurred the pairing may be, relative to the standard deviation of the cost: small is sharp and slow, 1 is nearly independent.',
    unit: 'σ of the cost',
    source: 'ε',
    group: PAIRING,
    default: 0.05,
    minimum: 1e-3,
    maximum: 100,
    scale: 'log',
    onlyWhen: withSinkhorn,
  }),
  tolerance: real({
    title: 'Marginal tolerance',
    help: 'Sinkhorn stops when the marginals of the coupling are this close to uniform, in L1.',
    source: 'τ',
    group: PAIRING,
    advanced: true,
    default: 1e-3,
    minimum: 1e-6,
    maximum: 0.5,
    scale: 'log',
    onlyWhen: withSinkhorn,
  }),
  maximumIterations: integer({
    title: 'Iteration limit',
    help: 'Sinkhorn gives up improving a pool after this many iterations and says so.',
    unit: 'iterations',
    group: PAIRING,
    advanced: true,
    default: 5000,
    minimum: 1,
    maximum: 1_000_000,
    scale: 'log',
    onlyWhen: withSinkhorn,
  }),
  momentum: choice({
    title: 'Over-relaxation',
    help: 'Longer Sinkhorn steps, adapted to how fast the error falls; the coupling stays the same within the tolerance.',
    source: 'ω, Lehmann et al. 2022',
    group: PAIRING,
    advanced: true,
    default: 'adaptive',
    choices: [
      { value: 'none', title: 'None', help: 'Plain iterations.' },
      {
        value: 'adaptive',
        title: 'Adaptive',
        help: 'From the 20th iteration of each rung of the ε ladder on.',
      },
    ],
    onlyWhen: withSinkhorn,
  }),
};
