/**
 * @file Scores by a predicted mixture (section 2.1): its density, highest-density regions (C-HDR, also known as HPD-split), and
 * distances to draws from it (PCP), to its densest draws only, and made comparable between rows.
 */
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
import { vector } from '../../../disk/named-arrays';
import type { PredictionTensors } from '../types';
import { drawNoise, drawsOf, logDensity, logDensityOfDraws, squaredDistances, squash } from './mixture';
import { programScore } from './program';

/** Farther than any candidate, squared: what is left out of a minimum. */
const FAR = 1e30;

/** −log p̂(y | x). */
export const drcp = programScore('drcp', {
  needs: ['mixture'],
  build: (_, parts, y) => negate(logDensity(parts, y)),
});

/**
 * The share of L draws from p̂(· | x) that are denser than y: 1 − F̂(p̂(y|x)), F̂ the law of the density of draws. Between two
 * steps of F̂ the density itself decides, so that scores do not tie.
 */
export const chdr = programScore('chdr', {
  needs: ['mixture'],
  rowsPerRun: 512,
  fit: async ({ seed, settings, shape }) => ({
    arrays: drawNoise(seed, 'draws', settings.samples, shape.d),
  }),
  build(arrays, parts, y) {
    const density = logDensity(parts, y);
    const ofDraws = logDensityOfDraws(parts, drawsOf(parts, arrays, 'draws'));
    const denser = oneWhere(greater(ofDraws, reshape(density, [y.shape[0]!, 1])));
    const share = 1 / arrays['draws.uniforms']!.data.length;
    return add(reduceMean(denser, 1), multiply(squash(multiply(negate(density), 0.1)), 0.99 * share));
  },
});

/** min_l ‖y − ỹ_l‖ over L draws ỹ_l of the mixture at x: a union of balls. */
export const pcp = programScore('pcp', {
  needs: ['mixture'],
  rowsPerRun: 2048,
  fit: async ({ seed, settings, shape }) => ({
    arrays: drawNoise(seed, 'draws', settings.samples, shape.d),
  }),
  build: (arrays, parts, y) => sqrt(least(squaredDistances(y, drawsOf(parts, arrays, 'draws')))),
});

/** PCP with the ⌊(1−α)L⌋ densest draws of each row only; α is the run's. */
export const hdpcp = programScore('hdpcp', {
  needs: ['mixture'],
  rowsPerRun: 512,
  fit: async ({ seed, settings: { samples }, shape, alpha }) => ({
    arrays: {
      ...drawNoise(seed, 'draws', samples, shape.d),
      kept: vector(Float32Array.of(Math.max(1, Math.floor((1 - alpha) * samples)))),
    },
  }),
  build(arrays, parts, y) {
    const draws = drawsOf(parts, arrays, 'draws');
    const density = logDensityOfDraws(parts, draws);
    const [rows, count] = density.shape;
    // A draw's place by density: how many are denser.
    const denser = greater(reshape(density, [rows!, 1, count!]), reshape(density, [rows!, count!, 1]));
    const place = reduceSum(oneWhere(denser), 2);
    const dropped = where(less(place, arrays.kept!.data[0]!), single(0), single(FAR));
    return sqrt(least(add(squaredDistances(y, draws), dropped)));
  },
});

/**
 * The place of a row's PCP score in the law of PCP scores of fresh draws from the mixture: a share, so that one threshold
 * means the same at every row. Between two steps the distance itself decides.
 */
export const cpcp = programScore('cpcp', {
  needs: ['mixture'],
  rowsPerRun: 128,
  fit: async ({ seed, settings: { samples }, shape }) => ({
    arrays: {
      ...drawNoise(seed, 'draws', samples, shape.d),
      ...drawNoise(seed, 'fresh', samples, shape.d),
    },
  }),
  build(arrays, parts, y) {
    const draws = drawsOf(parts, arrays, 'draws');
    const distance = sqrt(least(squaredDistances(y, draws)));
    const usual = usualDistances(arrays, parts, draws);
    const nearer = oneWhere(less(usual, reshape(distance, [y.shape[0]!, 1])));
    const share = 1 / arrays['fresh.uniforms']!.data.length;
    return add(reduceMean(nearer, 1), multiply(divide(distance, add(distance, 1)), 0.99 * share));
  },
});

/** [prediction rows, M] PCP scores of fresh draws. */
function usualDistances(arrays: Arrays, parts: PredictionTensors, draws: Tensor): Tensor {
  const fresh = drawsOf(parts, arrays, 'fresh');
  const [rows, count, d] = fresh.shape;
  const difference = subtract(
    reshape(fresh, [rows!, count!, 1, d!]),
    reshape(draws, [rows!, 1, draws.shape[1]!, d!]),
  );
  return sqrt(least(reduceSum(multiply(difference, difference), 3)));
}

/** 1 where the condition holds, else 0. */
function oneWhere(condition: Tensor): Tensor {
  return where(condition, single(1), single(0));
}

function single(value: number): Tensor {
  return constant(Float32Array.of(value), [1, 1]);
}

/** The least of the last axis. */
function least(values: Tensor): Tensor {
  return negate(reduceMax(negate(values), values.rank - 1));
}
