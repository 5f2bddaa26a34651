/** @file The solution of one coupling: at a given ε, or at the ε that a wanted sharpness needs; cold, down the ladder, or from before. */
import { stratifiedRows } from '../../numerics/stratified-rows';
import type { Compute } from '../../contract/compute';
import type { SinkhornKernel } from '../kernel';
import type { CoupleOptions } from './options';
import { rowStatistics } from './rows';
import {
  epsilonFromSharpness,
  sharpnessOf,
  softSharpness,
  SHARPNESS_TOLERANCE,
  type EpsilonFound,
} from './sharpness';
import { ladderAbove, MOMENTUM_FROM, solveSinkhorn, type SinkhornSolution } from '../solve';
import { fitsSpace, type CostSpace } from './space';
import { extrapolated } from './warm';

/** While ε is searched for, couplings are solved no better than this: E moves by less than .002 from there on. */
const SEARCH_TOLERANCE = 3e-3;
/** Rows whose entropy stands for all during a search: E is then right to about .002. */
const SEARCH_ROWS = 4096;
/** Searches at the full tolerance after the rough one, should E have moved. */
const CORRECTIONS = 2;

export interface Solved {
  /** Relative. */
  epsilon: number;
  f: Float64Array;
  g: Float64Array;
  /** Potentials of the products alone: P_ij = exp(f_i + g_j + x_i·y_j/ε). */
  productsF: Float64Array;
  productsG: Float64Array;
  iterations: number;
  marginalError: number;
  converged: boolean;
  rowError: number;
  columnError: number;
  /** Masses of rows and columns, where marginals are soft. */
  masses: Masses | null;
  /** Why a wanted sharpness was not met. */
  limit: EpsilonFound['limit'];
}

interface Masses {
  rows: Float64Array;
  columns: Float64Array;
}

/** Solves one pair of clouds, at one ε after the other where a sharpness is wanted; every solution starts from the last. */
export class Solver {
  readonly #compute: Compute;
  readonly #kernel: SinkhornKernel;
  readonly #space: CostSpace;
  readonly #deviation: number;
  readonly #options: CoupleOptions;
  #last: SinkhornSolution | null = null;
  #spent = 0;

  constructor(
    compute: Compute,
    kernel: SinkhornKernel,
    space: CostSpace,
    deviation: number,
    options: CoupleOptions,
  ) {
    this.#compute = compute;
    this.#kernel = kernel;
    this.#space = space;
    this.#deviation = deviation;
    this.#options = options;
  }

  /** The solution at the tolerance asked for; null when stopped. */
  async solve(): Promise<Solved | null> {
    const { sharpness = 0, tolerance } = this.#options;
    if (!(sharpness > 0)) return this.#finished(await this.#at(this.#options.epsilon, tolerance), null);
    let guess = this.#options.previous?.relativeEpsilon;
    for (let search = 0; ; search++) {
      const roughly = search === 0 ? Math.max(SEARCH_TOLERANCE, tolerance) : tolerance;
      const found = await epsilonFromSharpness((epsilon) => this.#sharpnessAt(epsilon, roughly), sharpness, {
        guess,
      });
      if (!found) return null;
      const reached = await this.#sharpnessAt(found.epsilon, tolerance);
      if (reached === null) return null;
      const near = Math.abs(reached - sharpness) <= 0.75 * SHARPNESS_TOLERANCE;
      if (near || found.limit !== null || search === CORRECTIONS)
        return this.#finished(this.#last, found.limit);
      guess = found.epsilon;
    }
  }

  /** E at a relative ε, from rows that stand for all. */
  async #sharpnessAt(epsilon: number, tolerance: number): Promise<number | null> {
    const solution = await this.#at(epsilon, tolerance);
    if (!solution) return null;
    const { rows, columns } = this.#kernel;
    const masses = this.#soft ? (await this.#marginals(solution)).masses : null;
    const measured = stratifiedRows(rows, masses ? rows : SEARCH_ROWS);
    const clouds = { ...this.#space, epsilon: solution.epsilon, g: this.#products(solution).g };
    const { device, shouldStop } = this.#options;
    const statistics = await rowStatistics(this.#compute, clouds, { rows: measured, device, shouldStop });
    if (!statistics) return null;
    if (masses) return softSharpness(statistics.entropy, masses.rows, masses.columns).raw;
    const mean = statistics.entropy.reduce((sum, value) => sum + value, 0) / measured.length;
    return sharpnessOf(mean, rows, columns).raw;
  }

  /** Solves at a relative ε: from the last solution where there is one, else as the options say. */
  async #at(relative: number, tolerance: number): Promise<SinkhornSolution | null> {
    const { maximumIterations, momentum, shouldStop, onIteration } = this.#options;
    const epsilon = relative * this.#deviation;
    const spent = this.#spent;
    const solution = await solveSinkhorn(this.#kernel, {
      ...(await this.#startFor(epsilon)),
      epsilon,
      tolerance,
      maximumIterations,
      momentumFrom: momentum === 'adaptive' ? MOMENTUM_FROM : Infinity,
      penalty: this.#penalty,
      rowOffset: this.#space.rowOffset,
      columnOffset: this.#space.columnOffset,
      shouldStop,
      onIteration: onIteration && ((iteration, error) => onIteration(spent + iteration, error)),
    });
    this.#last = solution;
    this.#spent += solution?.iterations ?? 0;
    return solution;
  }

  async #startFor(epsilon: number) {
    const { start = 'ladder', previous, device } = this.#options;
    if (this.#last) {
      const { f, g } = this.#last;
      const factor = this.#last.epsilon / epsilon;
      return { initial: { f: rescaled(f, factor), g: rescaled(g, factor) } };
    }
    if (start === 'previous' && previous && fitsSpace(previous, this.#space)) {
      const softness = this.#penalty === undefined ? 1 : this.#penalty / (this.#penalty + epsilon);
      const f = await extrapolated(this.#compute, previous, this.#space, epsilon, { softness, device });
      return { initial: { f } };
    }
    return { ladder: start === 'cold' ? [] : ladderAbove(epsilon, this.#deviation) };
  }

  async #finished(solution: SinkhornSolution | null, limit: Solved['limit']): Promise<Solved | null> {
    if (!solution) return null;
    const { f, g, marginalError, converged } = solution;
    const products = this.#products(solution);
    const wanted = this.#soft || this.#options.diagnose !== 'none';
    const marginals = wanted ? await this.#marginals(solution) : null;
    return {
      epsilon: solution.epsilon / this.#deviation,
      f,
      g,
      productsF: products.f,
      productsG: products.g,
      iterations: this.#spent,
      marginalError,
      converged,
      rowError: marginals?.rowError ?? NaN,
      columnError: marginals?.columnError ?? NaN,
      masses: marginals && this.#soft ? marginals.masses : null,
      limit,
    };
  }

  /** Row and column sums of P, by one more pass. */
  async #marginals(solution: SinkhornSolution) {
    const { f, g } = this.#products(solution);
    const { epsilon } = solution;
    const rowSums = await this.#kernel.reduceRows(g, epsilon);
    const columnSums = await this.#kernel.reduceColumns(f, epsilon);
    const rows = rowSums.map((sum, i) => Math.exp(f[i]! + sum));
    const columns = columnSums.map((sum, j) => Math.exp(g[j]! + sum));
    const error = (masses: Float64Array) =>
      masses.reduce((sum, mass) => sum + Math.abs(mass - 1 / masses.length), 0);
    return { masses: { rows, columns }, rowError: error(rows), columnError: error(columns) };
  }

  /** The potentials without the cost's offsets. */
  #products({ f, g, epsilon }: SinkhornSolution): { f: Float64Array; g: Float64Array } {
    const { rowOffset, columnOffset } = this.#space;
    const without = (potential: Float64Array, offset?: Float64Array) =>
      offset ? potential.map((value, k) => value - offset[k]! / epsilon) : potential;
    return { f: without(f, rowOffset), g: without(g, columnOffset) };
  }

  get #soft(): boolean {
    return (this.#options.marginalPenalty ?? 0) > 0;
  }

  /** ρ in units of the cost. */
  get #penalty(): number | undefined {
    return this.#soft ? this.#options.marginalPenalty! * this.#deviation : undefined;
  }
}

/** A dimensionless potential for another ε: what belongs to the cost scales, the logarithm of the weights stays. */
function rescaled(potential: Float64Array, factor: number): Float64Array {
  const log = Math.log(potential.length);
  return potential.map((value) => (value + log) * factor - log);
}
