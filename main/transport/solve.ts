/**
 * @file Sinkhorn's algorithm in the log domain with the cost C_ij = −x_i·y_j + a_i + b_j and uniform weights, exact or
 * softly held.
 *
 * Symbols: ε absolute regulariser; f, g dimensionless potentials, so that P_ij = exp(f_i + g_j − C_ij/ε); ω
 * over-relaxation; κ = ρ/(ρ+ε) for marginals held by ρ·KL (Chizat et al. 2018; Séjourné et al. 2019), 1 for exact ones.
 * LSC section 1.3 of the method's notes; P_ij sums to 1 where the marginals are exact. Inside, potentials carry the logarithm
 * of the number of points, so that they do not depend on it.
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
  /** [n] and [m] a_i and b_j of the cost; for the squared distance ½‖x_i‖² and ½‖y_j‖². Absent: zeros. */
  rowOffset?: Float64Array;
  columnOffset?: Float64Array;
  shouldStop?: () => boolean;
  onIteration?: (iteration: number, marginalError: number, epsilon: number) => void;
}

export interface SinkhornSolution {
  epsilon: number;
  /** [n] and [m]; for exact marginals the row sums of P are exact, column sums hold to `marginalError`. */
  f: Float64Array;
  g: Float64Array;
  iterations: number;
  /** Σ_i |Σ_j P_ij − 1/n| + the same over columns; with soft marginals how far the potentials are from their fixed point. */
  marginalError: number;
  converged: boolean;
}

/** Over-relaxation begins once the first transient of a rung is over. */
export const MOMENTUM_FROM = 20;
/** How well the rungs above the last are solved: a start, not an answer. */
const RUNG_TOLERANCE = 1e-2;
/** ω is renewed this often, from the error's rate of decay since. */
const CHECK_EVERY = 10;
/** An observed rate is never trusted beyond this: a single slow check would set ω near 2. */
const SLOWEST_RATE = 0.99;
/** Sums of a fused step beyond these bounds may have lost terms to underflow. Where the potentials fit they are 1. */
const [LEAST_SUM, LARGEST_SUM] = [1e-6, 1e6];

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
  kernel: SinkhornKernel,
  options: SinkhornOptions,
): Promise<SinkhornSolution | null> {
  const { epsilon, ladder = [], initial = {} } = options;
  const { rows, columns } = kernel;
  const carrying = (potential: Float64Array | undefined, count: number) =>
    potential?.map((value) => value + Math.log(count)) ?? new Float64Array(count);
  const state: State = {
    f: carrying(initial.f, rows),
    g: carrying(initial.g, columns),
    fits: initial.f !== undefined && initial.g !== undefined,
    iterations: 0,
    marginalError: Infinity,
  };
  let previous = epsilon * (ladder[0] ?? 1);
  if (initial.f && !initial.g) state.g = await columnsFor(kernel, state.f, previous, options);
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
  const { iterations, marginalError } = state;
  return {
    epsilon,
    f: state.f.map((value) => value - Math.log(rows)),
    g: state.g.map((value) => value - Math.log(columns)),
    iterations,
    marginalError,
    converged: marginalError < options.tolerance,
  };
}

interface State {
  f: Float64Array;
  g: Float64Array;
  /** Both potentials come from an iteration, so that a fused step has a chance. */
  fits: boolean;
  iterations: number;
  marginalError: number;
}

/** Iterates at one ε; false when stopped. Ends on a plain row update. */
async function solveRung(
  kernel: SinkhornKernel,
  state: State,
  epsilon: number,
  tolerance: number,
  options: SinkhornOptions,
): Promise<boolean> {
  const { maximumIterations, momentumFrom = Infinity, penalty = Infinity, shouldStop, onIteration } = options;
  const kappa = penalty === Infinity ? 1 : penalty / (penalty + epsilon);
  let omega = 1;
  let checkedError = Infinity;
  for (let iteration = 0; ; iteration++) {
    if (shouldStop?.()) return false;
    const update: Update = { epsilon, omega, kappa };
    const fused = state.fits ? await fusedPass(kernel, state, update, options) : null;
    const { f, g, before, logRows, logColumns } =
      fused ?? (await protectedPass(kernel, state, update, options));
    state.marginalError =
      violation(f, logRows, kappa, (k) => f[k]! - before[k]!) + violation(g, logColumns, kappa);
    state.fits = true;
    state.iterations++;
    onIteration?.(state.iterations, state.marginalError, epsilon);
    const spent = state.iterations >= maximumIterations;
    const met = state.marginalError < tolerance;
    if (spent || (met && omega === 1)) {
      state.f = omega === 1 ? f : updated(before, logRows, { ...update, omega: 1 });
      state.g = g;
      return true;
    }
    // A relaxed answer is not handed out: one more, plain, iteration makes its rows exact.
    if (met) omega = 1;
    else if (iteration >= momentumFrom && iteration % CHECK_EVERY === 0) {
      omega = relaxation(state.marginalError, checkedError, omega, CHECK_EVERY);
      checkedError = state.marginalError;
    }
    state.f = f;
    state.g = updated(g, logColumns, { ...update, omega });
    if (!fused && kappa === 1) balance(state);
  }
}

/** Moves a constant between the potentials, which changes no P, to keep both near 0: in 32 bits large ones are coarse. */
function balance(state: State): void {
  const mean = state.g.reduce((sum, value) => sum + value, 0) / state.g.length;
  state.f = state.f.map((value) => value + mean);
  state.g = state.g.map((value) => value - mean);
}

interface Update {
  epsilon: number;
  omega: number;
  kappa: number;
}

/** One pass over all pairs, with the potentials as they entered the sums. */
interface Pass {
  /** Row potentials before and after their update. */
  before: Float64Array;
  f: Float64Array;
  g: Float64Array;
  /** Logarithms of the marginals times the number of points: 0 where exact. Rows before their update, columns after it. */
  logRows: Float64Array;
  logColumns: Float64Array;
}

/** The pass by the kernel's fused step; null where there is none or its sums left the safe range. */
async function fusedPass(
  kernel: SinkhornKernel,
  state: State,
  update: Update,
  { rowOffset, columnOffset }: SinkhornOptions,
): Promise<Pass | null> {
  if (!kernel.step) return null;
  const { epsilon, omega, kappa } = update;
  const { rows, columns } = kernel;
  const entering = (potential: Float64Array, offset: Float64Array | undefined, log: number) =>
    Float32Array.from(potential, (value, k) => value - (offset ? offset[k]! / epsilon : 0) - log);
  const leaving = (rounded: Float32Array, offset: Float64Array | undefined, log: number) =>
    Float64Array.from(rounded, (value, k) => value + (offset ? offset[k]! / epsilon : 0) + log);
  const roundedF = entering(state.f, rowOffset, 0);
  const roundedG = entering(state.g, columnOffset, Math.log(columns));
  const before = leaving(roundedF, rowOffset, 0);
  const sums = await kernel.step({
    f: roundedF,
    g: roundedG,
    epsilon,
    exponent: -omega * kappa,
    shift: kappa === 1 ? undefined : Float32Array.from(before, (value) => omega * (kappa - 1) * value),
  });
  const logRows = logarithms(sums.rows, 1);
  const logColumns = logRows && logarithms(sums.columns, columns / rows);
  return (
    logColumns && {
      before,
      f: updated(before, logRows, update),
      g: leaving(roundedG, columnOffset, Math.log(columns)),
      logRows,
      logColumns,
    }
  );
}

/** The same pass by two half-steps, for any potentials. */
async function protectedPass(
  kernel: SinkhornKernel,
  state: State,
  update: Update,
  options: SinkhornOptions,
): Promise<Pass> {
  const { f: before, g } = state;
  const { epsilon } = update;
  const { rowOffset: a, columnOffset: b } = options;
  const ofRows = await kernel.reduceRows(shifted(g, b, epsilon, kernel.columns), epsilon);
  const logRows = ofRows.map((value, i) => value + before[i]! - (a ? a[i]! / epsilon : 0));
  const f = updated(before, logRows, update);
  const ofColumns = await kernel.reduceColumns(shifted(f, a, epsilon, kernel.rows), epsilon);
  const logColumns = ofColumns.map((value, j) => value + g[j]! - (b ? b[j]! / epsilon : 0));
  return { before, f, g, logRows, logColumns };
}

/** The column potential that a row potential alone asks for. */
async function columnsFor(
  kernel: SinkhornKernel,
  f: Float64Array,
  epsilon: number,
  { rowOffset, columnOffset, penalty = Infinity }: SinkhornOptions,
): Promise<Float64Array> {
  const kappa = penalty === Infinity ? 1 : penalty / (penalty + epsilon);
  const sums = await kernel.reduceColumns(shifted(f, rowOffset, epsilon, kernel.rows), epsilon);
  return sums.map((value, j) => -kappa * (value - (columnOffset ? columnOffset[j]! / epsilon : 0)));
}

/** The potential as the products' log-sum-exp wants it: without the logarithm of its number and with the offset of the cost. */
function shifted(potential: Float64Array, offset: Float64Array | undefined, epsilon: number, count: number) {
  const log = Math.log(count);
  return potential.map((value, k) => value - log - (offset ? offset[k]! / epsilon : 0));
}

/** potential ← (1−ω)·potential + ω·κ·(potential − log marginal), which for ω = κ = 1 makes these marginals exact. */
function updated(
  potential: Float64Array,
  logMarginal: Float64Array,
  { omega, kappa }: Omit<Update, 'epsilon'>,
) {
  return potential.map((value, k) => value + omega * ((kappa - 1) * value - kappa * logMarginal[k]!));
}

/**
 * How far a plain update would still take these marginals: Σ |marginal − 1/count| where they are to be exact.
 * `moved` is what the potential has changed since the marginal was taken.
 */
function violation(
  potential: Float64Array,
  logMarginal: Float64Array,
  kappa: number,
  moved: (k: number) => number = () => 0,
): number {
  const count = potential.length;
  let error = 0;
  for (let k = 0; k < count; k++)
    error += Math.abs(Math.expm1((1 - kappa) * potential[k]! + kappa * (logMarginal[k]! + moved(k))));
  return error / count;
}

/** Logarithms of the scaled sums, or null where one is not safe to use. */
function logarithms(sums: Float64Array, scale: number): Float64Array | null {
  const out = new Float64Array(sums.length);
  for (let k = 0; k < sums.length; k++) {
    const sum = sums[k]! * scale;
    if (!(sum > LEAST_SUM && sum < LARGEST_SUM)) return null;
    out[k] = Math.log(sum);
  }
  return out;
}

/**
 * The next ω of over-relaxation from the error now and `every` iterations ago, both under `omega` (Lehmann et al. 2022). The best ω for a plain rate r is
 * 2/(1 + √(1 − r)). Under ω > 1 the plain rate follows from the observed one λ by Young's relation (1954)
 * (λ + ω − 1)² = λ·ω²·r as long as λ exceeds ω − 1; below that ω is at or beyond its best and stays. Plain steps again where
 * the error grew.
 */
export function relaxation(error: number, errorBefore: number, omega: number, every: number): number {
  if (!Number.isFinite(errorBefore)) return omega;
  if (error >= errorBefore) return 1;
  const observed = (error / errorBefore) ** (1 / every);
  if (omega > 1 && observed <= omega - 1) return omega;
  const plain = Math.min((observed + omega - 1) ** 2 / (observed * omega ** 2), SLOWEST_RATE);
  return 2 / (1 + Math.sqrt(1 - plain));
}
