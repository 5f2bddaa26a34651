/** @file The solution of one coupling: at a given ε, or at the ε that a wanted sharpness needs; cold, down the ladder, or from before. */
import { stratifiedRows } from '../../numerics/stretches';
import type { Compute } from '../../contract/compute';
import type { SinkhornKernel } from '../kernel';
import type { CoupleOptions } from './couple';
import { rowStatistics } from './rows';
import { epsilonFromSharpness, sharpnessOfRows, SHARPNESS_TOLERANCE, type EpsilonFound } from './sharpness';
import { ladderAbove, MOMENTUM_FROM, solveSinkhorn, type SinkhornSolution } from '../solve';
import { extrapolated, fitsSpace, type CostSpace } from './space';

/** While ε is searched for, couplings are solved no better than this: E moves by less than .002 from there on. */
const SEARCH_TOLERANCE = 3e-3;
/** Rows whose entropy stands for all during a search: E is then right to about .002. */
const SEARCH_ROWS = 4096;
/** Searches at the full tolerance after the rough one, should E have moved. */
const CORRECTIONS = 2;

/** A solution with ε relative to the `deviation` of the cost, and the iterations of all that led to it. */
export interface Solved extends SinkhornSolution {
  deviation: number;
  /** Column potential of the products alone: P_ij = exp(f_i + g_j + x_i·y_j/ε). */
  productsG: Float64Array;
  /** Masses of rows and columns, where marginals are soft. */
  masses: { rows: Float64Array; columns: Float64Array } | null;
  /** Why a wanted sharpness was not met. */
  limit: EpsilonFound['limit'];
}

/**
 * Solves one pair of clouds at the tolerance asked for, at one ε after the other where a sharpness is wanted; every solution
 * starts from the last. `deviation` is that of the cost. Null when stopped.
 */
export async function solveCoupling(
  compute: Compute,
  kernel: SinkhornKernel,
  space: CostSpace,
  deviation: number,
  options: CoupleOptions,
): Promise<Solved | null> {
  const { sharpness = 0, marginalPenalty = 0, tolerance, maximumIterations, momentum, previous } = options;
  const { device, shouldStop, onIteration, start = 'ladder' } = options;
  const { rowOffset, columnOffset } = space;
  const soft = marginalPenalty > 0;
  /** ρ in units of the cost. */
  const penalty = soft ? marginalPenalty * deviation : undefined;
  let last: SinkhornSolution | null = null;
  let spent = 0;

  if (!(sharpness > 0)) return finished(await solveAt(options.epsilon, tolerance), null);
  let guess = previous?.relativeEpsilon;
  for (let search = 0; ; search++) {
    const roughly = search === 0 ? Math.max(SEARCH_TOLERANCE, tolerance) : tolerance;
    const found = await epsilonFromSharpness((epsilon) => sharpnessAt(epsilon, roughly), sharpness, guess);
    if (!found) return null;
    const reached = await sharpnessAt(found.epsilon, tolerance);
    if (reached === null) return null;
    const near = Math.abs(reached - sharpness) <= 0.75 * SHARPNESS_TOLERANCE;
    if (near || found.limit !== null || search === CORRECTIONS) return finished(last, found.limit);
    guess = found.epsilon;
  }

  /** E at a relative ε, from rows that stand for all. */
  async function sharpnessAt(epsilon: number, within: number): Promise<number | null> {
    const solution = await solveAt(epsilon, within);
    if (!solution) return null;
    const { rows, columns } = kernel;
    const masses = await massesOf(solution);
    const measured = stratifiedRows(rows, masses ? rows : SEARCH_ROWS);
    const clouds = { ...space, epsilon: solution.epsilon, g: productsOf(solution).g };
    const entropy = await rowStatistics(compute, clouds, { rows: measured, device, shouldStop });
    return entropy && sharpnessOfRows(entropy, masses, rows, columns).raw;
  }

  /** Solves at a relative ε: from the last solution where there is one, else as the options say. */
  async function solveAt(relative: number, within: number): Promise<SinkhornSolution | null> {
    const epsilon = relative * deviation;
    const before = spent;
    last = await solveSinkhorn(kernel, {
      ...(await startFor(epsilon)),
      ...{ epsilon, tolerance: within, maximumIterations, penalty, rowOffset, columnOffset, shouldStop },
      momentumFrom: momentum === 'adaptive' ? MOMENTUM_FROM : Infinity,
      onIteration: onIteration && ((iteration, error) => onIteration(before + iteration, error)),
    });
    spent += last?.iterations ?? 0;
    return last;
  }

  async function startFor(epsilon: number) {
    if (last) {
      const factor = last.epsilon / epsilon;
      return { initial: { f: rescaled(last.f, factor), g: rescaled(last.g, factor) } };
    }
    if (start === 'previous' && previous && fitsSpace(previous, space)) {
      const softness = penalty === undefined ? 1 : penalty / (penalty + epsilon);
      return { initial: { f: await extrapolated(compute, previous, space, epsilon, { softness, device }) } };
    }
    return { ladder: start === 'cold' ? [] : ladderAbove(epsilon, deviation) };
  }

  async function finished(solution: SinkhornSolution | null, limit: Solved['limit']): Promise<Solved | null> {
    if (!solution) return null;
    return {
      ...{ ...solution, epsilon: solution.epsilon / deviation, iterations: spent },
      productsG: productsOf(solution).g,
      masses: await massesOf(solution),
      ...{ deviation, limit },
    };
  }

  /** Row and column sums of P, by one more pass; null where the marginals are exact. */
  async function massesOf(solution: SinkhornSolution): Promise<Solved['masses']> {
    if (!soft) return null;
    const { f, g } = productsOf(solution);
    const rowSums = await kernel.reduceRows(g, solution.epsilon);
    const columnSums = await kernel.reduceColumns(f, solution.epsilon);
    return {
      rows: rowSums.map((sum, i) => Math.exp(f[i]! + sum)),
      columns: columnSums.map((sum, j) => Math.exp(g[j]! + sum)),
    };
  }

  /** The potentials without the cost's offsets. */
  function productsOf({ f, g, epsilon }: SinkhornSolution): { f: Float64Array; g: Float64Array } {
    const without = (potential: Float64Array, offset?: Float64Array) =>
      offset ? potential.map((value, k) => value - offset[k]! / epsilon) : potential;
    return { f: without(f, rowOffset), g: without(g, columnOffset) };
  }
}

/** A dimensionless potential for another ε: what belongs to the cost scales, the logarithm of the weights stays. */
function rescaled(potential: Float64Array, factor: number): Float64Array {
  const log = Math.log(potential.length);
  return potential.map((value) => (value + log) * factor - log);
}
