/** @file Settings: whether the flow learns from a data set, or a problem whose transport map is known. */
import { choice, integer } from '../../schema';
import { PROBLEM, withProblem } from './groups';

export const problemFields = {
  problem: choice({
    title: 'Problem',
    help: 'What the flow should generate: your data, or a made problem whose optimal map is known and can be compared with.',
    source: 'LSC, section 4',
    group: PROBLEM,
    advanced: true,
    default: 'data',
    choices: [
      { value: 'data', title: 'Data', help: 'The rows of your data set.' },
      {
        value: 'piecewise-affine',
        title: 'Piecewise affine',
        help: 'Noise carried by the gradient of the largest of several quadratics.',
      },
      {
        value: 'convex',
        title: 'Convex network',
        help: 'Noise carried by the gradient of a random input-convex network plus half the squared norm.',
      },
    ],
  }),
  dimension: integer({
    title: 'Dimension',
    help: 'Coordinates of the points of the problem.',
    unit: 'coordinates',
    source: 'd',
    group: PROBLEM,
    default: 16,
    minimum: 2,
    maximum: 1024,
    scale: 'log',
    onlyWhen: withProblem,
  }),
  pieces: integer({
    title: 'Pieces',
    help: 'Quadratics of which the potential is the largest; the map is affine on each piece.',
    unit: 'pieces',
    source: 'k',
    group: PROBLEM,
    default: 4,
    minimum: 1,
    maximum: 256,
    onlyWhen: { key: 'problem', values: ['piecewise-affine'] },
  }),
  problemRows: integer({
    title: 'Rows',
    help: 'Data points that are made; their source points are fresh and never shown to the flow.',
    unit: 'rows',
    group: PROBLEM,
    advanced: true,
    default: 65536,
    minimum: 8,
    maximum: 4_194_304,
    scale: 'log',
    onlyWhen: withProblem,
  }),
  problemSeed: integer({
    title: 'Problem seed',
    help: 'Names the problem and its data; runs of other seeds work on the same problem.',
    group: PROBLEM,
    advanced: true,
    default: 0,
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    onlyWhen: withProblem,
  }),
};
