/** @file Settings: how the prices of a semidiscrete coupling are learned. */
import { fieldsWith } from '../../../contract/schema';
import { PAIRING, withSemidiscrete } from './groups';

const advanced = fieldsWith({ group: PAIRING, advanced: true, onlyWhen: withSemidiscrete });
const shown = fieldsWith({ group: PAIRING, onlyWhen: withSemidiscrete });

export const semidiscreteFields = {
  semidiscreteEpsilon: shown.real({
    title: 'Blur',
    help: 'How blurred the pairing may be, relative to the standard deviation of the cost: 0 gives every noise point its one best row.',
    unit: 'σ of the cost',
    source: 'ε, SD-FM',
    default: 0,
    range: [0, 100],
  }),
  semidiscreteIterations: advanced.integer({
    title: 'Ascent steps',
    help: 'Steps in which the prices are learned, at most; each looks at one batch of noise and all training rows.',
    unit: 'steps',
    default: 5000,
    range: [1, 10_000_000, 'log'],
  }),
  semidiscreteBatch: advanced.integer({
    title: 'Ascent batch',
    help: 'Noise points per step of the ascent.',
    unit: 'points',
    default: 512,
    range: [2, 65536, 'log'],
  }),
  semidiscreteTolerance: advanced.real({
    title: 'Ascent tolerance',
    help: 'The ascent ends when the rows are used this evenly: squared deviation of their shares, relative, averaged (chi-square).',
    source: 'χ², SD-FM',
    default: 0.01,
    range: [1e-5, 10, 'log'],
  }),
};
