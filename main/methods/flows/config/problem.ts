/** @file Settings: a benchmark whose optimal map is known, instead of data. */
import { choice, integer } from '../../../contract/schema';
import { PROBLEM } from './groups';

const withProblem = { key: 'problem', values: ['piecewise-affine', 'convex'] };

export const problemFields = {
  problem: choice({
    title: 'Problem',
    help: 'What the flow should generate: your data, or a benchmark made here whose optimal map from noise is known, so that errors can be measured exactly.',
    source: 'LSC, section 4.1',
    group: PROBLEM,
    advanced: true,
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
  dimension: integer({
    title: 'Dimension',
    help: 'Coordinates of a point of the benchmark.',
    unit: 'coordinates',
    source: 'd',
    group: PROBLEM,
    advanced: true,
    default: 16,
    minimum: 1,
    maximum: 256,
    scale: 'log',
    onlyWhen: withProblem,
  }),
  pieces: integer({
    title: 'Pieces',
    help: 'Quadratics of the piecewise affine benchmark: each rules over a region of its own.',
    unit: 'pieces',
    source: 'k',
    group: PROBLEM,
    advanced: true,
    default: 4,
    minimum: 1,
    maximum: 64,
    onlyWhen: { key: 'problem', values: ['piecewise-affine'] },
  }),
  problemRows: integer({
    title: 'Points drawn',
    help: 'Points of the benchmark that stand in for a data set.',
    unit: 'points',
    group: PROBLEM,
    advanced: true,
    default: 65536,
    minimum: 64,
    maximum: 4_194_304,
    scale: 'log',
    onlyWhen: withProblem,
  }),
  problemSeed: integer({
    title: 'Problem seed',
    help: 'Draws the benchmark itself: the same number is the same map and the same points, whatever the run’s seed.',
    group: PROBLEM,
    advanced: true,
    default: 0,
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    onlyWhen: withProblem,
  }),
};
