/** @file Settings: how noise and data are paired: the coupling, its pools, the pairs kept. */
import { choice, integer } from '../../schema';
import { PAIRING, withPools } from './groups';

export const pairingFields = {
  coupling: choice({
    title: 'Coupling',
    help: 'How a noise point and a data point are paired before the segment between them is learned; less crossing gives straighter flows.',
    source: 'LSC, section 1',
    group: PAIRING,
    default: 'sinkhorn',
    choices: [
      {
        value: 'independent',
        title: 'Independent',
        help: 'Every pair drawn at random: plain flow matching.',
      },
      {
        value: 'assignment',
        title: 'Assignment',
        help: 'The exact one-to-one pairing of least total cost, for pools of at most 4,096 points.',
      },
      {
        value: 'sinkhorn',
        title: 'Sinkhorn',
        help: 'Entropic optimal transport between the two halves of a pool: nearly optimal, and quick on large pools.',
      },
    ],
  }),
  poolSize: integer({
    title: 'Pool size',
    help: 'Noise and data points that are paired with each other at a time; larger pools give straighter flows and take longer.',
    unit: 'points',
    source: 'n',
    group: PAIRING,
    default: 4096,
    minimum: 8,
    maximum: 131072,
    scale: 'log',
    onlyWhen: withPools,
  }),
  condition: choice({
    title: 'Condition',
    help: 'What the flow is told beside the point and the time; with the label it can generate one class at a time.',
    group: PAIRING,
    default: 'none',
    choices: [
      { value: 'none', title: 'None', help: 'One flow for all the data.' },
      { value: 'label', title: 'Label', help: 'The class of the data point that is to be reached.' },
    ],
  }),
  pairs: integer({
    title: 'Pairs kept',
    help: 'Pairs in use by the end of training, made pool by pool over its first half and drawn from again and again.',
    unit: 'pairs',
    group: PAIRING,
    advanced: true,
    default: 65536,
    minimum: 8,
    maximum: 16_777_216,
    scale: 'log',
    onlyWhen: withPools,
  }),
};
