/** @file What scores read of a predicted mixture of Gaussians: its log-density, and draws from it with shared noise. */
import {
  add,
  concat,
  constant,
  divide,
  exp,
  gaussianLogDensity,
  less,
  log,
  logSumExp,
  matmul,
  multiply,
  negate,
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
import type { PredictionTensors } from '../types';

function componentsOf(parts: PredictionTensors): Gaussian {
  const lower = parts['mixture.lower'];
  return {
    mean: parts['mixture.mean']!,
    logVariance: negate(log(parts['mixture.precision']!)),
    ...(lower ? { lower } : {}),
  };
}

/** log p̂(y | x) at targets [rows, d]; [rows]. The mixture may have one row for all. */
export function logDensity(parts: PredictionTensors, y: Tensor): Tensor {
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
export function squaredDistances(y: Tensor, draws: Tensor): Tensor {
  const [rows, d] = y.shape;
  const difference = subtract(reshape(y, [rows!, 1, d!]), draws);
  return reduceSum(multiply(difference, difference), 2);
}

/** 1/(1 + e^{−x}) that stays apart from 0 and 1 as long as 32 bits can. */
export function squash(x: Tensor): Tensor {
  return divide(1, add(exp(negate(x)), 1));
}
