/** @file A coupling of two small clouds under a chosen rule, with its table P row by row in double precision. */
import { MongeError } from '../../../../native-models/error';
import { coupleExactly, negativeProducts } from '../../../transport/exact';
import type { Source } from '../points/source';
import { coupleOptions, coupleSinkhorn } from '../../../transport/sinkhorn/couple';
import { projectPoints, type CostProjection } from '../../../transport/sinkhorn/project';
import { centre } from '../../../numerics/points';
import type { CouplingChoice } from '../questions/clouds';
import type { FlowContext } from './prepared';
import { planSemidiscrete } from './coupling-semidiscrete';

/** A figure stays quick where ε is tiny: what has not converged by then is shown as it is, and said. */
const MOST_ITERATIONS = 2000;

/** Two clouds of equal size in model units. */
export interface Clouds {
  /** [n, dimension] each. */
  x: Float32Array;
  y: Float32Array;
  dimension: number;
  /** [n, n] costs −x·y of the centred clouds, of all coordinates and of the components of the cost; made when first needed. */
  costs?: Float64Array;
  componentCosts?: Float64Array;
}

export interface Plan {
  choice: CouplingChoice['coupling'];
  /** [n] the column drawn for each row. */
  columns: Int32Array;
  sharpness: number;
  /** Relative ε; 0 where nothing is blurred. */
  epsilon: number;
  /** Absolute ε, [n] column potential and [n, n] costs −x·y, for the rows of P; null where nothing is blurred. */
  potential: { epsilon: number; g: Float64Array; costs: Float64Array } | null;
  iterations: number;
  marginalError: number;
  converged: boolean;
  /** Whether the sharpness asked for was met. */
  reached: boolean;
  /** Wall time of solving; a fact about the machine, not a result. */
  seconds: number;
}

/** Couples the clouds; a semidiscrete coupling needs the `noise` that `x` came from. Throws `coupling-knob-out-of-range`, and what the couplings throw. */
export async function planClouds(
  context: FlowContext,
  clouds: Clouds,
  { coupling, knob, value }: CouplingChoice,
  noise?: Source,
): Promise<Plan> {
  const { config } = context;
  const { x, y, dimension } = clouds;
  const count = x.length / dimension;
  const started = performance.now();
  const passed = () => (performance.now() - started) / 1000;
  const exact = {
    epsilon: 0,
    potential: null,
    iterations: 0,
    marginalError: 0,
    converged: true,
    reached: true,
  };
  if (coupling === 'independent') {
    // Both clouds are drawn at random, so the points as they come are independent pairs.
    const columns = Int32Array.from({ length: count }, (_, row) => row);
    return { ...exact, choice: coupling, columns, sharpness: 1, seconds: 0 };
  }
  if (coupling === 'assignment') {
    const { columns } = (await coupleExactly(context.compute, x, y, dimension))!;
    return { ...exact, choice: coupling, columns, sharpness: 0, seconds: passed() };
  }
  if (coupling === 'semidiscrete') {
    const blur = knob === 'epsilon' ? value : config.semidiscreteEpsilon;
    const plan = await planSemidiscrete(context, noise!, clouds, blur);
    const potential = plan.potential && { ...plan.potential, costs: centredCosts(clouds) };
    return { ...plan, potential, choice: coupling, seconds: passed() };
  }
  if (knob === 'sharpness' && value >= 1)
    throw new MongeError({
      code: 'coupling-knob-out-of-range',
      what: 'no ε gives this sharpness',
      where: { key: 'value' },
      got: String(value),
      expected: 'a sharpness below 1',
    });
  const options = coupleOptions(config, {
    epsilon: knob === 'epsilon' ? value : config.epsilon,
    sharpness: knob === 'sharpness' ? value : 0,
    maximumIterations: Math.min(MOST_ITERATIONS, config.maximumIterations),
    // One data point for every source point, whatever the run draws: that is what the figures are about.
    sampling: config.sampling === 'flat' ? 'stratified' : config.sampling,
    seed: context.seed,
    label: 'flows.coupling.draw',
  });
  const solved = (await coupleSinkhorn(context.compute, x, y, dimension, options))!;
  const { columns, sharpness, epsilon, iterations, marginalError, converged, sharpnessReached } = solved;
  const { g, epsilon: absolute, space } = solved.previous;
  const costs = space.projection
    ? await componentCosts(context, clouds, space.projection)
    : centredCosts(clouds);
  return {
    choice: coupling,
    columns,
    sharpness,
    epsilon,
    potential: { epsilon: absolute, g, costs },
    iterations,
    marginalError,
    converged,
    reached: sharpnessReached,
    seconds: passed(),
  };
}

/** [n, n] the same in the components of the cost; a run's settings fix how many they are. */
async function componentCosts(
  { compute }: FlowContext,
  clouds: Clouds,
  projection: CostProjection,
): Promise<Float64Array> {
  const { x, y, dimension } = clouds;
  if (clouds.componentCosts) return clouds.componentCosts;
  const left = await projectPoints(compute, centre(x, dimension), projection);
  const right = await projectPoints(compute, centre(y, dimension), projection);
  return (clouds.componentCosts = negativeProducts(left, right, projection.components));
}

/** [n, n] costs −x·y of the centred clouds, computed once per pair of clouds. */
function centredCosts(clouds: Clouds): Float64Array {
  const { x, y, dimension } = clouds;
  return (clouds.costs ??= negativeProducts(centre(x, dimension), centre(y, dimension), dimension));
}

/** Writes P(x₁ = y_j | x₀ = x_row) for all j into `out` [n]; sums to 1. */
export function planRow(clouds: Clouds, plan: Plan, row: number, out: Float64Array): void {
  const count = out.length;
  if (plan.choice === 'independent') out.fill(1 / count);
  else if (!plan.potential) {
    out.fill(0);
    out[plan.columns[row]!] = 1;
  } else {
    const { epsilon, g, costs } = plan.potential;
    let largest = -Infinity;
    for (let j = 0; j < count; j++) {
      out[j] = g[j]! - costs[row * count + j]! / epsilon;
      if (out[j]! > largest) largest = out[j]!;
    }
    let sum = 0;
    for (let j = 0; j < count; j++) sum += out[j] = Math.exp(out[j]! - largest);
    for (let j = 0; j < count; j++) out[j]! /= sum;
  }
}

/** What is too unlikely to be drawn adds nothing to a moment either. */
const NEGLIGIBLE = 1e-12;

export interface RowMoments {
  /** Entropy of the row in nats. */
  entropy: number;
  /** Σ_j p_j‖y_j − mean‖². */
  variance: number;
}

/** Entropy and spread of a row of P over the data `y`; its mean point is written into `mean` [dimension]. */
export function rowMoments(shares: Float64Array, { y, dimension }: Clouds, mean: Float64Array): RowMoments {
  mean.fill(0);
  let [entropy, square] = [0, 0];
  for (let j = 0; j < shares.length; j++) {
    const share = shares[j]!;
    if (share < NEGLIGIBLE) continue;
    entropy -= share * Math.log(share);
    for (let k = 0, at = j * dimension; k < dimension; k++, at++) {
      mean[k]! += share * y[at]!;
      square += share * y[at]! ** 2;
    }
  }
  const variance = square - mean.reduce((sum, value) => sum + value ** 2, 0);
  return { entropy, variance: Math.max(0, variance) };
}

/** Total variance of a cloud [n, dimension] over its columns. */
export function summedVariance(points: Float32Array, dimension: number): number {
  const count = points.length / dimension;
  const centred = centre(points, dimension);
  return centred.reduce((sum, value) => sum + value ** 2, 0) / count;
}
