/**
 * @file Sinkhorn's algorithm in the log domain with the cost C = −x·y and uniform weights.
 *
 * Symbols: ε absolute regulariser; f, g dimensionless potentials, so that P_ij = exp(f_i + g_j + x_i·y_j/ε);
 * ω over-relaxation. LSC section 1.3 of the method's notes; P_ij sums to 1.
 */
import type { SinkhornKernel } from './kernel';

export interface SinkhornOptions {
  /** Absolute ε, in units of the cost. */
  epsilon: number;
  /** Stop when the L1 violation of the marginals is below this. */
  tolerance: number;
  /** Full iterations over all rungs. */
  maximumIterations: number;
  /** Factors above 1 at which ε·factor is solved roughly first, largest first; empty for a cold start. */
  ladder?: readonly number[];
  /** Over-relaxation from this iteration of a rung on (Lehmann et al. 2022); Infinity for none. */
  momentumFrom?: number;
  /** Dimensionless potentials to start from, at the first ε solved; one alone gives the other by a half-step. */
  initial?: { f?: Float64Array; g?: Float64Array };
  /** ρ in units of the cost: both marginals are held only softly, by ρ·KL; Infinity or absent for exact marginals. */
  penalty?: number;
  /** [n] and [m] a_i and b_j of the cost C_ij = −x_i·y_j + a_i + b_j, in units of the cost. */
  rowOffset?: Float64Array;
  columnOffset?: Float64Array;
  shouldStop?: () => boolean;
  onIteration?: (iteration: number, marginalError: number, epsilon: number) => void;
}

export interface SinkhornSolution {
  epsilon: number;
  /** [n] and [m]; row sums of P are exact, column sums hold to about `marginalError`. */
  f: Float64Array;
  g: Float64Array;
  iterations: number;
  /** Σ_i |Σ_j P_ij − 1/n| + the same over columns, before the last half-step. */
  marginalError: number;
  converged: boolean;
}

/** How well the rungs above the last are solved: a start, not an answer. */
const RUNG_TOLERANCE = 1e-2;
/** ω is renewed this often, from the error's rate of decay since. */
const CHECK_EVERY = 10;

/** The default descent of ε: 1, .3, .1, .03, … of the cost's deviation, down to but without ε itself. */
export function ladderAbove(epsilon: number, costDeviation: number): number[] {
  const rungs: number[] = [];
  for (let k = 0; ; k++) {
    const rung = (k % 2 === 0 ? 1 : 0.3) * 10 ** -Math.floor(k / 2);
    if (rung * costDeviation <= epsilon * 1.0001) return rungs;
    rungs.push((rung * costDeviation) / epsilon);
  }
}

/** Solves for the potentials; null when `shouldStop` said so. Not converging is reported, not thrown. */
export async function solveSinkhorn(
  products: SinkhornKernel,
  options: SinkhornOptions,
): Promise<SinkhornSolution | null> {
  const { epsilon, ladder = [] } = options;
  const kernel = withOffsets(products, options);
  const { f: startF, g: startG } = options.initial ?? {};
  const first = epsilon * (ladder[0] ?? 1);
  const state: State = {
    f: startF?.slice() ?? new Float64Array(kernel.rows),
    g: startG?.slice() ?? new Float64Array(kernel.columns),
    iterations: 0,
    marginalError: Infinity,
  };
  if (startF && !startG)
    relax(state.g, await kernel.reduceColumns(startF, first), Math.log(kernel.columns), 1, 1);
  let previous = options.initial ? first : epsilon;
  for (const factor of [...ladder, 1]) {
    const rung = epsilon * factor;
    const rescale = previous / rung;
    if (rescale !== 1) {
      state.f = state.f.map((value) => value * rescale);
      state.g = state.g.map((value) => value * rescale);
    }
    previous = rung;
    const tolerance = factor === 1 ? options.tolerance : Math.max(RUNG_TOLERANCE, options.tolerance);
    if (!(await solveRung(kernel, state, rung, tolerance, options))) return null;
  }
  const { f, g, iterations, marginalError } = state;
  return { epsilon, f, g, iterations, marginalError, converged: marginalError < options.tolerance };
}

/** The half-steps for a cost with offsets: they only shift the potentials that go in and the sums that come out. */
function withOffsets(kernel: SinkhornKernel, { rowOffset, columnOffset }: SinkhornOptions): SinkhornKernel {
  const minus = (values: Float64Array, offset: Float64Array | undefined, epsilon: number) =>
    offset ? values.map((value, k) => value - offset[k]! / epsilon) : values;
  return {
    ...kernel,
    reduceRows: async (g, epsilon) =>
      minus(await kernel.reduceRows(minus(g, columnOffset, epsilon), epsilon), rowOffset, epsilon),
    reduceColumns: async (f, epsilon) =>
      minus(await kernel.reduceColumns(minus(f, rowOffset, epsilon), epsilon), columnOffset, epsilon),
  };
}

interface State {
  f: Float64Array;
  g: Float64Array;
  iterations: number;
  marginalError: number;
}

/** Iterates at one ε; false when stopped. Always ends on a plain row update. */
async function solveRung(
  kernel: SinkhornKernel,
  state: State,
  epsilon: number,
  tolerance: number,
  {
    maximumIterations,
    momentumFrom = Infinity,
    penalty = Infinity,
    shouldStop,
    onIteration,
  }: SinkhornOptions,
): Promise<boolean> {
  const logRows = Math.log(kernel.rows);
  const logColumns = Math.log(kernel.columns);
  const softness = penalty === Infinity ? 1 : penalty / (penalty + epsilon);
  let omega = 1;
  let checkedError = Infinity;
  let columnError = 0;
  for (let iteration = 0; ; iteration++) {
    if (shouldStop?.()) return false;
    const rowSums = await kernel.reduceRows(state.g, epsilon);
    // The row sums of the P in hand come free with the update; at first its f belongs to no solution yet.
    const rowError = violation(state.f, rowSums, kernel.rows, softness);
    state.marginalError = iteration === 0 ? Infinity : rowError + columnError;
    state.iterations++;
    onIteration?.(state.iterations, state.marginalError, epsilon);
    const spent = state.iterations >= maximumIterations;
    const met = state.marginalError < tolerance;
    if (met || spent) omega = 1;
    relax(state.f, rowSums, logRows, omega, softness);
    if (met || spent) return true;
    if (iteration >= momentumFrom && iteration % CHECK_EVERY === 0) {
      omega = relaxation(state.marginalError, checkedError, omega);
      checkedError = state.marginalError;
    }
    const columnSums = await kernel.reduceColumns(state.f, epsilon);
    columnError = omega === 1 ? 0 : violation(state.g, columnSums, kernel.columns, softness);
    relax(state.g, columnSums, logColumns, omega, softness);
    if (omega !== 1) columnError *= Math.abs(1 - omega);
  }
}

/** potential ← (1−ω)·potential + ω·(−log count − τ·lse), which for ω = τ = 1 makes these marginals exact; τ = ρ/(ρ+ε). */
function relax(
  potential: Float64Array,
  sums: Float64Array,
  logCount: number,
  omega: number,
  softness: number,
): void {
  for (let k = 0; k < potential.length; k++)
    potential[k] = (1 - omega) * potential[k]! + omega * (-logCount - softness * sums[k]!);
}

/** Σ |marginal − 1/count| of the coupling with these potentials; for soft marginals, how far from the fixed point. */
function violation(potential: Float64Array, sums: Float64Array, count: number, softness: number): number {
  let error = 0;
  for (let k = 0; k < count; k++)
    error += Math.abs(Math.exp(potential[k]! + softness * sums[k]!) - 1 / count);
  return error;
}

/** ω = 2 / (1 + √(1 − r)), with r the error's factor per iteration; plain steps again where the error grew. */
function relaxation(error: number, checkedError: number, omega: number): number {
  if (!Number.isFinite(checkedError)) return omega;
  if (error >= checkedError) return 1;
  const rate = Math.min(error / checkedError, 0.99) ** (1 / CHECK_EVERY);
  return 2 / (1 + Math.sqrt(1 - rate));
}
