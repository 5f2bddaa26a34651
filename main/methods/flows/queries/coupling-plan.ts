/** @file A coupling of two small clouds under a chosen rule, with its table P row by row in double precision. */
import { MongeError } from '../../../../native-models/error';
import { centre, meanPoint, productOf } from '../../../numerics/points';
import { coupleExactly, negativeProducts } from '../../../transport/exact';
import { coupleOptions, coupleSinkhorn } from '../../../transport/sinkhorn/couple';
import { projectClouds, type CostProjection } from '../../../transport/sinkhorn/project';
import type { FlowsConfig } from '../config';
import type { PoolReport } from '../coupling/coupling';
import { semidiscretePools } from '../coupling/semidiscrete';
import type { CouplingChoice } from '../questions/clouds';
import { firstPool } from './clouds';
import type { FlowContext } from './prepared';

/** A figure stays quick where ε is tiny: what has not converged by then is shown as it is, and said. */
const MOST_ITERATIONS = 2000;
/** Noise points per step of a semidiscrete ascent: rows are few, so few noise points see them all. */
const MOST_BATCH = 256;

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

/** How two clouds are coupled. */
interface Solved extends Omit<PoolReport, 'absoluteEpsilon' | 'metrics' | 'notices'> {
  /** [n] the column drawn for each row. */
  columns: Int32Array;
  /** Whether the sharpness asked for was met. */
  reached: boolean;
  /** Absolute ε, [n] column potential and [n, n] costs −x·y, for the rows of P; null where nothing is blurred. */
  potential: { epsilon: number; g: Float64Array; costs: Float64Array } | null;
}

export interface Plan extends Solved {
  choice: CouplingChoice['coupling'];
  /** Wall time of solving; a fact about the machine, not a result. */
  seconds: number;
}

/** Couples the clouds, `x` of the run's source. Throws `coupling-knob-out-of-range`, and what the couplings throw. */
export async function planClouds(
  context: FlowContext,
  clouds: Clouds,
  choice: CouplingChoice,
): Promise<Plan> {
  const started = performance.now();
  const solved = await solvers[choice.coupling](context, clouds, choice);
  return { ...solved, choice: choice.coupling, seconds: (performance.now() - started) / 1000 };
}

type Solver = (...asked: Parameters<typeof planClouds>) => Promise<Solved>;

const exact = {
  epsilon: 0,
  iterations: 0,
  marginalError: 0,
  converged: true,
  reached: true,
  potential: null,
};

const solvers: Record<CouplingChoice['coupling'], Solver> = {
  async independent(_context, { x, dimension }) {
    // Both clouds are drawn at random, so the points as they come are independent pairs.
    return {
      ...exact,
      columns: Int32Array.from({ length: x.length / dimension }, (_, k) => k),
      sharpness: 1,
    };
  },

  async assignment({ compute }, { x, y, dimension }) {
    const { columns } = (await coupleExactly(compute, x, y, dimension))!;
    return { ...exact, columns, sharpness: 0 };
  },

  async sinkhorn({ compute, config, seed }, clouds, { knob, value }) {
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
      ...{ seed, label: 'flows.coupling.draw' },
    });
    const solved = (await coupleSinkhorn(compute, clouds.x, clouds.y, clouds.dimension, options))!;
    const { columns, sharpness, epsilon, iterations, marginalError, converged, sharpnessReached } = solved;
    const { g, epsilon: absolute, space } = solved.previous;
    const costs = await costsOf(compute, clouds, space.projection);
    return {
      ...{ columns, sharpness, epsilon, iterations, marginalError, converged, reached: sharpnessReached },
      potential: { epsilon: absolute, g, costs },
    };
  },

  /** The points as the whole finite data set, their prices learned from fresh noise. */
  async semidiscrete({ compute, config, seed, prepared }, clouds, { knob, value }) {
    const { x, y, dimension } = clouds;
    const epsilon = knob === 'epsilon' ? value : config.semidiscreteEpsilon;
    const settings: FlowsConfig = {
      ...{ ...config, condition: 'none', poolSize: x.length / dimension, semidiscreteEpsilon: epsilon },
      semidiscreteIterations: Math.min(MOST_ITERATIONS, config.semidiscreteIterations),
      semidiscreteBatch: Math.min(MOST_BATCH, config.semidiscreteBatch),
    };
    const training = Int32Array.from({ length: y.length / dimension }, (_, row) => row);
    const source = { ...(await prepared()).source, drawPool: () => x };
    const pools = semidiscretePools({ target: y, training, source, classes: 0 }, settings, seed);
    const { rows, report, state } = await firstPool(compute, pools);
    const { absoluteEpsilon, marginalError } = report;
    const converged = marginalError < config.semidiscreteTolerance;
    const solved = { ...report, columns: rows, epsilon, converged, reached: true };
    if (epsilon === 0) return { ...solved, potential: null };
    // The prices for scores of x moved to its mean m: x·y_j = (x − m)·y_j + m·y_j with centred y_j.
    const ofMean = productOf(centre(y, dimension), meanPoint(x, dimension));
    const prices = state['average.0']!.data as Float64Array;
    const g = prices.map((price, j) => (price + ofMean[j]!) / absoluteEpsilon);
    return { ...solved, potential: { epsilon: absoluteEpsilon, g, costs: await costsOf(compute, clouds) } };
  },
};

/** [n, n] costs −x·y of the centred clouds, in the components of the cost where a run's settings ask for some. */
async function costsOf(
  compute: FlowContext['compute'],
  clouds: Clouds,
  projection: CostProjection | null = null,
): Promise<Float64Array> {
  const { dimension } = clouds;
  const name = projection ? 'componentCosts' : 'costs';
  if (clouds[name]) return clouds[name];
  const [x, y] = [centre(clouds.x, dimension), centre(clouds.y, dimension)];
  const [left, right] = projection ? await projectClouds(compute, x, y, projection) : [x, y];
  return (clouds[name] = negativeProducts(left, right, projection?.components ?? dimension));
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

/** Entropy and spread of a row of P over the data `y`; its mean point is written into `mean` [dimension]. */
export function rowMoments(shares: Float64Array, { y, dimension }: Clouds, mean: Float64Array) {
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
  return {
    /** Entropy of the row in nats. */
    entropy,
    /** Σ_j p_j‖y_j − mean‖². */
    variance: Math.max(0, variance),
  };
}

/** Total variance of a cloud [n, dimension] over its columns. */
export function summedVariance(points: Float32Array, dimension: number): number {
  const count = points.length / dimension;
  const centred = centre(points, dimension);
  return centred.reduce((sum, value) => sum + value ** 2, 0) / count;
}
