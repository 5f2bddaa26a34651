/** @file Scores by draws from a predicted mixture: PCP, its densest draws only, and PCP made comparable between rows. */
import {
  add,
  constant,
  divide,
  greater,
  less,
  multiply,
  negate,
  reduceMax,
  reduceMean,
  reduceSum,
  reshape,
  sqrt,
  subtract,
  where,
  type Tensor,
} from '../../../../native-models';
import type { Arrays } from '../../../contract/define';
import type { ScoreDefinition } from '../types';
import { drawNoise, drawsOf, logDensityOfDraws, squaredDistances, type MixtureParts } from './mixture';
import { scoreWords } from './catalogue';
import { openProgramScore } from './program';

type ProgramDefinition = ScoreDefinition & Required<Pick<ScoreDefinition, 'build'>>;

/** Farther than any candidate, squared: what is left out of a minimum. */
const FAR = 1e30;

const one = () => constant(Float32Array.of(1), [1, 1]);
const zero = () => constant(Float32Array.of(0), [1, 1]);

/** The least of the last axis. */
function least(values: Tensor): Tensor {
  return negate(reduceMax(negate(values), values.rank - 1));
}

/** min_l ‖y − ỹ_l‖ over L draws ỹ_l of the mixture at x (section 2.1): a union of balls. */
export const pcp: ProgramDefinition = {
  ...scoreWords('pcp'),
  source: 'section 2.1',
  guarantee: 'exact',
  needs: ['mixture'],
  rowsPerRun: 2048,
  fit: async ({ seed, settings, shape }) => ({
    arrays: drawNoise(seed, 'draws', settings.samples, shape.d),
    facts: {},
  }),
  build: (arrays, parts, y) => sqrt(least(squaredDistances(y, drawsOf(parts, arrays, 'draws')))),
  open: async (compute, shape, arrays) => openProgramScore(compute, pcp, shape, arrays),
};

/** PCP with the ⌊(1−α)L⌋ densest draws of each row only (section 2.1); α is the run's. */
export const hdpcp: ProgramDefinition = {
  ...scoreWords('hdpcp'),
  source: 'section 2.1',
  guarantee: 'exact',
  needs: ['mixture'],
  rowsPerRun: 512,
  fit: async ({ seed, settings, shape, alpha }) => ({
    arrays: {
      ...drawNoise(seed, 'draws', settings.samples, shape.d),
      kept: { data: Float32Array.of(Math.max(1, Math.floor((1 - alpha) * settings.samples))), shape: [1] },
    },
    facts: {},
  }),
  build(arrays, parts, y) {
    const draws = drawsOf(parts, arrays, 'draws');
    const density = logDensityOfDraws(parts, draws);
    const [rows, count] = density.shape;
    // A draw's place by density: how many are denser.
    const denser = greater(reshape(density, [rows!, 1, count!]), reshape(density, [rows!, count!, 1]));
    const place = reduceSum(where(denser, one(), zero()), 2);
    const dropped = where(less(place, arrays.kept!.data[0]!), zero(), constant(Float32Array.of(FAR), [1, 1]));
    return sqrt(least(add(squaredDistances(y, draws), dropped)));
  },
  open: async (compute, shape, arrays) => openProgramScore(compute, hdpcp, shape, arrays),
};

/**
 * The place of a row's PCP score in the law of PCP scores of fresh draws from the mixture (section 2.1): a share, so
 * that one threshold means the same at every row. Between two steps the distance itself decides.
 */
export const cpcp: ProgramDefinition = {
  ...scoreWords('cpcp'),
  source: 'section 2.1',
  guarantee: 'exact',
  needs: ['mixture'],
  rowsPerRun: 128,
  fit: async ({ seed, settings, shape }) => ({
    arrays: {
      ...drawNoise(seed, 'draws', settings.samples, shape.d),
      ...drawNoise(seed, 'fresh', settings.samples, shape.d),
    },
    facts: {},
  }),
  build(arrays, parts, y) {
    const draws = drawsOf(parts, arrays, 'draws');
    const distance = sqrt(least(squaredDistances(y, draws)));
    const usual = usualDistances(arrays, parts, draws);
    const nearer = where(less(usual, reshape(distance, [y.shape[0]!, 1])), one(), zero());
    const share = 1 / arrays['fresh.uniforms']!.data.length;
    return add(reduceMean(nearer, 1), multiply(divide(distance, add(distance, 1)), 0.99 * share));
  },
  open: async (compute, shape, arrays) => openProgramScore(compute, cpcp, shape, arrays),
};

/** [prediction rows, M] PCP scores of fresh draws. */
function usualDistances(arrays: Arrays, parts: MixtureParts, draws: Tensor): Tensor {
  const fresh = drawsOf(parts, arrays, 'fresh');
  const [rows, count, d] = fresh.shape;
  const difference = subtract(
    reshape(fresh, [rows!, count!, 1, d!]),
    reshape(draws, [rows!, 1, draws.shape[1]!, d!]),
  );
  return sqrt(least(reduceSum(multiply(difference, difference), 3)));
}
