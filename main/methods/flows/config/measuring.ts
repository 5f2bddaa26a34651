/** @file Settings: what is measured at the end of a run, and benchmarks whose optimal map is known, instead of data. */
import { section } from '../../../contract/schema';
import { withLabels } from './pairing';

const [measuring, moreMeasuring] = section('Measuring');
const [, problem] = section('Problem');
const [, benchmark] = section('Problem', { key: 'problem', values: ['piecewise-affine', 'convex'] });

export const measuringFields = {
  guidance: measuring(
    'Guidance: How strongly generated points are pulled to their class: 1 is the class as learned, more gives clearer and less varied images.',
    { source: 'w of v∅ + w·(v − v∅), Ho and Salimans 2022', when: withLabels },
  ).real(1, [0, 20]),
  frechetSamples: moreMeasuring(
    'Images for FD: Generated images whose features are compared with those of held-out ones, where the data are images; 0 leaves the distance out.',
  ).integer(2048, [0, 50_000], 'images'),
  heldOut: moreMeasuring(
    'Held-out share: Share of the rows that is never trained on, only compared with.',
  ).real(0.2, [0.01, 0.9]),
  directions: moreMeasuring(
    'Directions: Random directions over which the sliced distance is averaged.',
  ).integer(200, [1, 10_000, 'log'], 'directions'),
  metrics: moreMeasuring(
    'Distances: How generated points are compared with held-out rows at the end of a run.',
  ).choice('energy', {
    sliced: 'Sliced: The sliced 2-Wasserstein distance only.',
    energy: 'Sliced and energy: Also the energy distance, on at most 2,048 points.',
    all: 'All: Also exact W2, nearest-neighbour accuracy, precision and recall, on at most 2,048 points.',
  }),
  likelihood: moreMeasuring(
    'Likelihood: Whether the density of held-out rows under the flow is measured, from noise only.',
  ).choice('none', {
    none: 'Not measured: Saves its time.',
    hutchinson:
      'Estimated: The divergence along one random sign vector per row: unbiased, and cheap in any dimension.',
    exact: 'Exact: The whole trace: as many derivatives as coordinates.',
  }),
  likelihoodRows: moreMeasuring(
    'Rows for the likelihood: Held-out rows whose density is measured; the standard error falls with their root.',
    { when: { key: 'likelihood', values: ['hutchinson', 'exact'] } },
  ).integer(512, [2, 65536, 'log'], 'rows'),

  problem: problem(
    'Problem: What the flow should generate: your data, or a benchmark made here whose optimal map from noise is known, so that errors can be measured exactly.',
    { source: 'LSC, section 4.1' },
  ).choice('data', {
    data: 'Your data: The rows of the data set.',
    'piecewise-affine':
      'Piecewise affine: Noise carried by the gradient of a largest of several quadratics: sharp seams between affine pieces.',
    convex: 'Convex network: Noise carried by the gradient of a random convex network: a smooth optimal map.',
  }),
  dimension: benchmark('Dimension: Coordinates of a point of the benchmark.', { source: 'd' }).integer(
    16,
    [1, 256, 'log'],
    'coordinates',
  ),
  pieces: problem(
    'Pieces: Quadratics of the piecewise affine benchmark: each rules over a region of its own.',
    { source: 'k', when: { key: 'problem', values: ['piecewise-affine'] } },
  ).integer(4, [1, 64], 'pieces'),
  problemRows: benchmark('Points drawn: Points of the benchmark that stand in for a data set.').integer(
    65536,
    [64, 4_194_304, 'log'],
    'points',
  ),
  problemSeed: benchmark(
    'Problem seed: Draws the benchmark itself: the same number is the same map and the same points, whatever the run’s seed.',
  ).integer(0, [0, Number.MAX_SAFE_INTEGER]),
};
