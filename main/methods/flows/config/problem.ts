/** @file Settings: a benchmark whose optimal map is known, instead of data. */
import { fieldsWith } from '../../../contract/schema';
import { PROBLEM } from './groups';

const withProblem = { key: 'problem', values: ['piecewise-affine', 'convex'] };

const benchmark = fieldsWith({ group: PROBLEM, advanced: true, onlyWhen: withProblem });
const advanced = fieldsWith({ group: PROBLEM, advanced: true });

export const problemFields = {
  problem: advanced.choice({
    title: 'Problem',
    help: 'What the flow should generate: your data, or a benchmark made here whose optimal map from noise is known, so that errors can be measured exactly.',
    source: 'LSC, section 4.1',
    default: 'data',
    choices: [
      { value: 'data', title: 'Your data', help: 'The rows of the data set.' },
      {
        value: 'piecewise-affine',
        title: 'Piecewise affine',
        help: 'Noise carried by the gradient of a largest of several quadratics: sharp seams between affine pieces.',
      },
      {
        value: 'convex',
        title: 'Convex network',
        help: 'Noise carried by the gradient of a random convex network: a smooth optimal map.',
      },
    ],
  }),
  dimension: benchmark.integer({
    title: 'Dimension',
    help: 'Coordinates of a point of the benchmark.',
    unit: 'coordinates',
    source: 'd',
    default: 16,
    range: [1, 256, 'log'],
  }),
  pieces: advanced.integer({
    title: 'Pieces',
    help: 'Quadratics of the piecewise affine benchmark: each rules over a region of its own.',
    unit: 'pieces',
    source: 'k',
    default: 4,
    range: [1, 64],
    onlyWhen: { key: 'problem', values: ['piecewise-affine'] },
  }),
  problemRows: benchmark.integer({
    title: 'Points drawn',
    help: 'Points of the benchmark that stand in for a data set.',
    unit: 'points',
    default: 65536,
    range: [64, 4_194_304, 'log'],
  }),
  problemSeed: benchmark.integer({
    title: 'Problem seed',
    help: 'Draws the benchmark itself: the same number is the same map and the same points, whatever the run’s seed.',
    default: 0,
    range: [0, Number.MAX_SAFE_INTEGER],
  }),
};
