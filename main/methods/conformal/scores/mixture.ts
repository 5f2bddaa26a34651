/**
 * @file Scores by a predicted mixture of Gaussians (section 2.1): its density, highest-density regions (C-HDR, also known as
 * HPD-split), and distances to draws from it (PCP), to its densest draws only, and made comparable between rows.
 */
import {
  add,
  concat,
  constant,
  divide,
  exp,
  gaussianLogDensity,
  greater,
  less,
  log,
  logSumExp,
  matmul,
  multiply,
  negate,
  reduceMax,
  reduceMean,
  reduceSum,
  reshape,
  slice,
  sqrt,
  stream,
  subtract,
  where,
  type Gaussian,
  type Tensor,
} from '../../../../native-models';
import type { Arrays } from '../../../contract/define';
import { vector } from '../../../disk/named-arrays';
import { columnOf } from '../../../numerics/gather';
import type { LearnedScore, PredictionTensors, ScoreContext } from '../types';
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
  fit: sharedDraws,
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
  fit: sharedDraws,
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

async function sharedDraws({ seed, settings, shape }: ScoreContext): Promise<LearnedScore> {
  return { arrays: drawNoise(seed, 'draws', settings.samples, shape.d) };
}

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

function componentsOf(parts: PredictionTensors): Gaussian {
  const lower = parts['mixture.lower'];
  return {
    mean: parts['mixture.mean']!,
    logVariance: negate(log(parts['mixture.precision']!)),
    ...(lower ? { lower } : {}),
  };
}

/** log p̂(y | x) at targets [rows, d]; [rows]. The mixture may have one row for all. */
function logDensity(parts: PredictionTensors, y: Tensor): Tensor {
  const [rows, d] = y.shape;
  const each = gaussianLogDensity(componentsOf(parts), reshape(y, [rows!, 1, d!]));
  return logSumExp(add(log(parts['mixture.weights']!), each));
}

/** log p̂ of draws [prediction rows, L, d] under the mixture of their own row; [prediction rows, L]. */
export function logDensityOfDraws(parts: PredictionTensors, draws: Tensor): Tensor {
  const [rows, count, d] = draws.shape;
  const components = componentsOf(parts);
  const k = components.mean.shape[1]!;
  const spread = (tensor: Tensor): Tensor => reshape(tensor, [rows!, 1, ...tensor.shape.slice(1)]);
  const apart: Gaussian = {
    mean: spread(components.mean),
    logVariance: spread(components.logVariance),
    ...(components.lower ? { lower: spread(components.lower) } : {}),
  };
  const each = gaussianLogDensity(apart, reshape(draws, [rows!, count!, 1, d!]));
  return logSumExp(add(reshape(log(parts['mixture.weights']!), [rows!, 1, k]), each));
}

/** The noise behind draws: the same for every row, so that a row's set does not depend on which rows were asked before. */
export function drawNoise(seed: number, label: string, count: number, d: number): Arrays {
  const uniforms = stream(seed, `conformal.draws.${label}.component`).uniform(new Float32Array(count));
  const normals = stream(seed, `conformal.draws.${label}.noise`).normal(new Float32Array(count * d));
  return {
    [`${label}.uniforms`]: vector(uniforms),
    [`${label}.normals`]: { data: normals, shape: [count, d] },
  };
}

/** Draws [prediction rows, L, d] from the mixture of each row, by the stored noise of a label. */
export function drawsOf(parts: PredictionTensors, arrays: Arrays, label: string): Tensor {
  const weights = parts['mixture.weights']!;
  const mean = parts['mixture.mean']!;
  const precision = parts['mixture.precision']!;
  const lower = parts['mixture.lower'];
  const [rows, k, d] = [weights.shape[0]!, weights.shape[1] as number, mean.shape[2] as number];
  const noise = arrays[`${label}.normals`]!;
  const count = noise.shape[0]!;
  const chosen = chosenComponents(weights, arrays[`${label}.uniforms`]!.data as Float32Array);
  /** What the chosen component has, by a sum over components: [rows, L, width]. */
  const ofChosen = (tensor: Tensor, width: number) => matmul(chosen, reshape(tensor, [rows, k, width]));
  const centre = ofChosen(mean, d);
  const scale = sqrt(ofChosen(precision, d));
  const below = lower && ofChosen(lower, d * d);
  const normal = (j: number) => constant(columnOf(noise.data as Float32Array, d, j), [1, count, 1]);
  // W·(draw − mean) = noise, solved from the first coordinate on.
  const offsets: Tensor[] = [];
  for (let j = 0; j < d; j++) {
    let right = normal(j);
    if (below)
      for (let i = 0; i < j; i++) right = subtract(right, multiply(column(below, j * d + i), offsets[i]!));
    offsets.push(divide(right, column(scale, j)));
  }
  return add(centre, offsets.length === 1 ? offsets[0]! : concat(offsets, 2));
}

/** [rows, L, K] 1 for the component that each draw comes from: the first whose cumulated weight exceeds its uniform number. */
function chosenComponents(weights: Tensor, uniforms: Float32Array): Tensor {
  const [rows, k] = [weights.shape[0]!, weights.shape[1] as number];
  const count = uniforms.length;
  const sums = Float32Array.from({ length: k * k }, (_, at) => (Math.floor(at / k) <= at % k ? 1 : 0));
  const cumulated = matmul(weights, constant(sums, [k, k]));
  const drawn = constant(uniforms, [1, count, 1]);
  // The last component takes what rounding leaves over.
  const reached = where(
    less(drawn, reshape(cumulated, [rows, 1, k])),
    constant(Float32Array.of(1), [1, 1, 1]),
    constant(Float32Array.of(0), [1, 1, 1]),
  );
  if (k === 1) return add(multiply(reached, 0), 1);
  const upTo = (start: number, end: number) => slice(reached, { axis: 2, start, end });
  const middle = k > 2 ? [subtract(upTo(1, k - 1), upTo(0, k - 2))] : [];
  return concat([upTo(0, 1), ...middle, subtract(1, upTo(k - 2, k - 1))], 2);
}

function column(tensor: Tensor, at: number): Tensor {
  return slice(tensor, { axis: 2, start: at, end: at + 1 });
}

/** Squared distances between candidates y [rows, d] and draws [rows or 1, L, d]; [rows, L]. */
function squaredDistances(y: Tensor, draws: Tensor): Tensor {
  const [rows, d] = y.shape;
  const difference = subtract(reshape(y, [rows!, 1, d!]), draws);
  return reduceSum(multiply(difference, difference), 2);
}

/** 1/(1 + e^{−x}) that stays apart from 0 and 1 as long as 32 bits can. */
function squash(x: Tensor): Tensor {
  return divide(1, add(exp(negate(x)), 1));
}
