/** @file Settings: how the prices of a semidiscrete coupling are learned. */
import { integer, real } from '../../../contract/schema';
import { PAIRING, withSemidiscrete } from './groups';

export const semidiscreteFields = {
  semidiscreteEpsilon: real({
    title: 'Blur',
    help: 'How blurred the pairing may be, relative to the standard deviation of the cost: 0 gives every noise point its one best row.',
    unit: 'σ of the cost',
    source: 'ε, SD-FM',
    group: PAIRING,
    default: 0,
    minimum: 0,
    maximum: 100,
    onlyWhen: withSemidiscrete,
  }),
  semidiscreteIterations: integer({
    title: 'Ascent steps',
    help: 'Steps in which the prices are learned, at most; each looks at one batch of noise and all training rows.',
    unit: 'steps',
    group: PAIRING,
    advanced: true,
    default: 5000,
    minimum: 1,
    maximum: 10_000_000,
    scale: 'log',
    onlyWhen: withSemidiscrete,
  }),
  semidiscreteBatch: integer({
    title: 'Ascent batch',
    help: 'Noise points per step of the ascent.',
    unit: 'points',
    group: PAIRING,
    advanced: true,
    default: 512,
    minimum: 2,
    maximum: 65536,
    scale: 'log',
    onlyWhen: withSemidiscrete,
  }),
  semidiscreteTolerance: real({
    title: 'Ascent tolerance',
    help: 'The ascent ends when the rows are used this evenly: squared deviation of their shares, relative, averaged (chi-square).',
    source: 'χ², SD-FM',
    group: PAIRING,
    advanced: true,
    default: 0.01,
    minimum: 1e-5,
    maximum: 10,
    scale: 'log',
    onlyWhen: withSemidiscrete,
  }),
};
