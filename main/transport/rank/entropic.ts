/**
 * @file The entropic transport map from residuals to the reference, T(z) = Σ_j p_j(z)·u_j, fitted by Sinkhorn's iteration and
 * evaluated as one attention head (arXiv 2502.03609, equations 12 and 13; section 1.6 of the method's notes).
 *
 * Symbols: z standardised residual, u_j reference point, ε of the cost |z − u|². Sinkhorn's shared code has the cost −z·u, the
 * half of it but for terms of z or u alone, so its ε is half of ours: p(z) = softmax_j(2/ε·z·u_j + g_j).
 */
import type { Compute } from '../../contract/compute';
import { normsOf } from '../../numerics/points';
import type { WorkOptions } from '../kernel';
import { withKernel } from '../programs';
import { costDeviation } from '../scale';
import { ladderAbove, MOMENTUM_FROM, solveSinkhorn } from '../solve';
import type { Arrays } from '../../contract/define';
import { matrix, vector } from '../../disk/named-arrays';
import { mergedOrigin, type Reference } from './reference';
import { applied, scalingArrays, scalingOf, type AffineScaling } from './scaling';

export interface EntropicOptions extends Pick<WorkOptions, 'device' | 'shouldStop'> {
  /** In units of the standardised cloud's squared cost. */
  epsilon: number;
  /** L1 violation of both marginals together; default .01: a rougher map is only less efficient, never invalid. */
  tolerance?: number;
  /** Sinkhorn iterations in all; default 300. */
  maximumIterations?: number;
  /** After each iteration: how many there were and the marginals' error. */
  onIteration?: (iteration: number, marginalError: number) => void;
}

export interface EntropicMap {
  d: number;
  epsilon: number;
  scaling: AffineScaling;
  /** [m, d] the reference with the origin kept once. */
  points: Float32Array;
  /** [m] g_j and the logarithm of a point's copies: what is added to 2/ε·z·u_j. */
  bias: Float32Array;
  /** [n, d] standardised fit residuals. */
  cloud: Float32Array;
  /** [n] the same for the inverse map: what is added to 2/ε·z_i·u. */
  cloudBias: Float32Array;
  iterations: number;
  /** Σ_i |Σ_j P_ij − 1/n| + the same over columns. */
  marginalError: number;
  converged: boolean;
}

const TOLERANCE = 1e-2;
const MOST_ITERATIONS = 300;
/**
 * ε goes down in steps from this share of the cost's deviation; above it, steps cost more iterations than they save (n = 1,000,
 * m = 1,024, d = 2 to .01 at ε = .1, .03, .01: 5, 13, 28 iterations instead of 8, 16, 31 from the whole deviation on).
 */
const ANNEAL_FROM = 0.1;

/**
 * Fits the map on `residuals` [n, d] with a fixed scaling, ε going down in steps. Null when stopped. The same bits whatever
 * the number of threads.
 */
export async function fitEntropicMap(
  compute: Compute,
  residuals: ArrayLike<number>,
  scaling: AffineScaling,
  reference: Reference,
  options: EntropicOptions,
): Promise<EntropicMap | null> {
  const { epsilon, tolerance = TOLERANCE, maximumIterations = MOST_ITERATIONS } = options;
  const { device, shouldStop, onIteration } = options;
  const { d } = reference;
  const cloud = Float32Array.from(applied(scaling, residuals));
  const deviation = costDeviation(cloud, reference.points, d);
  // From potentials of zero for the squared distance, which are nearer to the answer than those for the products.
  const offsetOf = (points: Float32Array) => normsOf(points, d).map((norm) => norm ** 2 / 2);
  const [rowOffset, columnOffset] = [offsetOf(cloud), offsetOf(reference.points)];
  const clouds = { x: cloud, y: reference.points, dimension: d };
  const solution = await withKernel(compute, clouds, { device }, (kernel) =>
    solveSinkhorn(kernel, {
      ...{ epsilon: epsilon / 2, rowOffset, columnOffset, tolerance, maximumIterations },
      ladder: ladderAbove(epsilon / 2, ANNEAL_FROM * deviation),
      ...{ momentumFrom: MOMENTUM_FROM, shouldStop, onIteration },
    }),
  );
  if (!solution) return null;
  const { points, logCopies } = mergedOrigin(reference);
  const { iterations, marginalError, converged } = solution;
  const products = (potential: Float64Array, offset: Float64Array) =>
    potential.map((value, k) => value - (2 / epsilon) * offset[k]!);
  const [f, g] = [products(solution.f, rowOffset), products(solution.g, columnOffset)];
  const bias = centred(logCopies.map((log, j) => g[j]! + log));
  const cloudBias = centred(f);
  return { d, epsilon, scaling, points, bias, cloud, cloudBias, iterations, marginalError, converged };
}

/** A softmax is the same for shifted values, and small numbers round least. */
function centred(values: Float64Array): Float32Array {
  const mean = values.reduce((sum, value) => sum + value / values.length, 0);
  return Float32Array.from(values, (value) => value - mean);
}

/** All that is needed to open the map again. */
export function arraysOf(map: EntropicMap): Arrays {
  const { d, points, bias, cloud, cloudBias, scaling, epsilon, iterations, marginalError, converged } = map;
  return {
    ...{
      points: matrix(points, d),
      bias: vector(bias),
      cloud: matrix(cloud, d),
      cloudBias: vector(cloudBias),
    },
    ...scalingArrays(scaling),
    solution: vector(
      Float64Array.of(epsilon, iterations, marginalError, Number(converged), scaling.logDeterminant),
    ),
  };
}

/** The map that `arraysOf` wrote. */
export function mapOf(arrays: Arrays): EntropicMap {
  const { points, bias, cloud, cloudBias, solution } = arrays;
  const [epsilon, iterations, marginalError, converged, logDeterminant] = solution!.data as Float64Array;
  const scaling = scalingOf(arrays, logDeterminant!);
  return {
    ...{ d: scaling.d, scaling, epsilon: epsilon!, iterations: iterations!, marginalError: marginalError! },
    points: points!.data as Float32Array,
    bias: bias!.data as Float32Array,
    cloud: cloud!.data as Float32Array,
    cloudBias: cloudBias!.data as Float32Array,
    converged: converged === 1,
  };
}
