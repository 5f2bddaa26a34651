/** @file Settings: how noise and data are paired: the coupling, its pools, the pairs kept. */
import { fieldsWith } from '../../../contract/schema';
import { PAIRING, withLabels, withPools, withRefill, withWeights } from './groups';

const advanced = fieldsWith({ group: PAIRING, advanced: true, onlyWhen: withPools });
const shown = fieldsWith({ group: PAIRING });

export const pairingFields = {
  coupling: shown.choice({
    title: 'Coupling',
    help: 'How a noise point and a data point are paired before the segment between them is learned; less crossing gives straighter flows.',
    source: 'LSC, section 1',
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
      {
        value: 'semidiscrete',
        title: 'Semidiscrete',
        help: 'One price per training row is learned once; then any noise point finds its row by the largest product plus price.',
      },
      {
        value: 'map',
        title: 'Known map',
        help: 'Every noise point goes where the known map of the problem sends it: the best any coupling can do, for comparison.',
      },
    ],
  }),
  poolSize: shown.integer({
    title: 'Pool size',
    help: 'Noise and data points that are paired with each other at a time; larger pools give straighter flows and take longer.',
    unit: 'points',
    source: 'n',
    default: 4096,
    range: [8, 131072, 'log'],
    onlyWhen: withPools,
  }),
  pairs: advanced.integer({
    title: 'Pairs kept',
    help: 'Pairs in use by the end of training, made pool by pool and drawn from again and again; each is stored as a row number, the noise follows from a key.',
    unit: 'pairs',
    default: 65536,
    range: [8, 16_777_216, 'log'],
  }),
  refill: advanced.choice({
    title: 'Refill',
    help: 'Whether pairs are replaced by new ones while training goes on; new pairs cost time and keep training from learning a few by heart.',
    default: 'kept',
    choices: [
      { value: 'kept', title: 'Kept', help: 'All pairs are kept once they are made.' },
      {
        value: 'online',
        title: 'Online',
        help: 'New pools replace the oldest to the end of training, paired in another thread meanwhile.',
      },
    ],
  }),
  refillSteps: advanced.integer({
    title: 'Steps per pool',
    help: 'Training steps from one new pool to the next; 0 keeps the pace at which the kept pairs are made. Training waits for a pool that is late.',
    unit: 'steps',
    default: 0,
    range: [0, 1_000_000],
    onlyWhen: [withPools, withRefill],
  }),
  condition: shown.choice({
    title: 'Condition',
    help: 'What the flow is told beside the point and the time; with the label it can generate one class at a time.',
    default: 'none',
    choices: [
      { value: 'none', title: 'None', help: 'One flow for all the data.' },
      { value: 'label', title: 'Label', help: 'The class of the data point that is to be reached.' },
    ],
  }),
  conditionCoupling: shown.choice({
    title: 'Pairing of classes',
    help: 'How the classes share the noise. If the noise of a pair tells its class, a class cannot be asked for from any noise.',
    source: 'C2OT',
    default: 'per-class',
    choices: [
      {
        value: 'joint',
        title: 'Joint',
        help: 'One pairing over all rows, labels follow their row: straightest, but each class gets its own corner of the noise.',
      },
      {
        value: 'per-class',
        title: 'Per class',
        help: 'Noise is dealt out to the classes at random, in proportion to their rows, and paired within each class.',
      },
      {
        value: 'weighted',
        title: 'Weighted',
        help: 'Noise gets a class at random, and pairing it with another class costs extra: between joint and per class.',
      },
    ],
    onlyWhen: withLabels,
  }),
  conditionWeight: shown.real({
    title: 'Class penalty',
    help: 'What it costs to pair noise of one class with data of another: 0 is joint, large is per class.',
    unit: 'σ of the cost',
    default: 1,
    range: [0, 1000],
    onlyWhen: [withLabels, withWeights],
  }),
};
