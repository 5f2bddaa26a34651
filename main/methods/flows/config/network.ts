/** @file Settings: the velocity network. */
import { choice, integer } from '../../schema';
import { NETWORK } from './groups';

export const networkFields = {
  hidden: integer({
    title: 'Width',
    help: 'Units in each hidden layer of the velocity network.',
    unit: 'units',
    group: NETWORK,
    default: 96,
    minimum: 1,
    maximum: 8192,
    scale: 'log',
  }),
  layers: integer({
    title: 'Hidden layers',
    help: 'Hidden layers of the velocity network.',
    unit: 'layers',
    group: NETWORK,
    default: 3,
    minimum: 1,
    maximum: 32,
  }),
  activation: choice({
    title: 'Activation',
    help: 'Nonlinearity between the layers.',
    group: NETWORK,
    advanced: true,
    default: 'silu',
    choices: [
      { value: 'silu', title: 'SiLU', help: 'x·sigmoid(x), smooth; the usual choice for flows.' },
      { value: 'gelu', title: 'GELU', help: 'x·Φ(x), smooth.' },
      { value: 'tanh', title: 'tanh', help: 'Bounded.' },
      { value: 'relu', title: 'ReLU', help: 'Piecewise linear.' },
    ],
  }),
  frequencies: integer({
    title: 'Time frequencies',
    help: 'Pairs of sine and cosine of the time that the network sees; more let the velocity change faster in time.',
    unit: 'pairs',
    group: NETWORK,
    advanced: true,
    default: 4,
    minimum: 1,
    maximum: 64,
  }),
};
