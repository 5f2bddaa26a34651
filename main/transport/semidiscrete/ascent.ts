/**
 * @file The dual potential of a semidiscrete coupling by stochastic ascent (SD-FM, arXiv 2509.25519).
 *
 * Maximises mean_j g_j − E_x ε·log Σ_j e^{(x·y_j + g_j)/ε} over g: the gradient in g_j is 1/N − E_x Q_j(x), with Q_j(x)
 * the share of row j for the noise point x. Each step estimates it from one batch of fresh noise.
 */
import { stream } from '../../../native-models';
import { gatherRows } from '../../numerics/gather';
import type { Compute } from '../../contract/compute';
import { withKernel } from '../programs';
import { ladderAbove, solveSinkhorn } from '../solve';
import type { RowScores } from './programs';

/** Decay of the running average of the potential, which is what is used. */
const AVERAGE = 0.99;
/** Step lengths, falling linearly (SD-FM's) … */
const FIRST_RATE = 10;
const LAST_RATE = 0.05;
/**
 * … in units of this times σ·N: a row that no noise point takes gains 2·10⁻⁴·σ times the step length, whatever N is.
 * Measured on 1,000 to 8,000 rows in 2 to 64 dimensions: ten times more is rough, ten times less does not arrive.
 */
const RATE_UNIT = 2e-4;
/** The error is estimated this often … */
const CHECK_EVERY = 500;
/** … from this many batches of noise of its own. */
const CHECK_BATCHES = 64;
/** Rows and noise points of the Sinkhorn solution that the ascent starts from, and its ε at least. */
const START = { points: 2048, epsilon: 0.01, tolerance: 1e-2, maximumIterations: 500, momentumFrom: 20 };

/** Rows and the noise that is dealt to them. */
export interface AscentProblem {
  /** [rows, width]. */
  y: Float32Array;
  width: number;
  /** Absolute ε, and the standard deviation σ of the cost. */
  epsilon: number;
  deviation: number;
  /** [count, width] noise points by key, in the coordinates of the rows. */
  noise: (label: string, step: number, count: number) => Float32Array;
}

export interface AscentOptions extends Pick<AscentProblem, 'noise' | 'deviation'> {
  iterations: number;
  batch: number;
  /** Stop when the estimated error is below this. */
  tolerance: number;
  /** Asked between steps; true returns the state so far. */
  shouldPause: () => boolean;
  onProgress: (done: number) => void;
}

export interface Ascent {
  /** [rows] the potential, and its running average. */
  g: Float64Array;
  average: Float64Array;
  iteration: number;
  /** The last estimate of χ² = N·Σ_j m_j² − 1 for the shares m_j of the rows; Infinity before the first. */
  error: number;
  finished: boolean;
}

/**
 * A potential to start from: Sinkhorn's on a sample of noise and rows, carried over to all rows `y` by
 * g_j = −ε·log Σ_i e^{(x_i·y_j + f_i)/ε}. Null when stopped.
 */
export async function ascentStart(
  compute: Compute,
  { y, width: dimension, epsilon, noise, deviation }: AscentProblem,
  shouldStop: () => boolean,
): Promise<Ascent | null> {
  const rows = y.length / dimension;
  const size = Math.min(rows, START.points);
  const x = noise('start', 0, START.points);
  // Rows may be sorted by class: a sample must not be a prefix.
  const sample = gatherRows(
    y,
    dimension,
    stream(0, 'flows.semidiscrete.sample').permutation(rows).slice(0, size),
  );
  const rough = Math.max(epsilon, START.epsilon * deviation);
  const solved = await withKernel(compute, { x, y: sample, dimension }, { device: 'cpu' }, (kernel) =>
    solveSinkhorn(kernel, { ...START, epsilon: rough, ladder: ladderAbove(rough, deviation), shouldStop }),
  );
  if (!solved) return null;
  const sums = await withKernel(compute, { x, y, dimension }, { device: 'cpu' }, (kernel) =>
    kernel.reduceColumns(solved.f, rough),
  );
  const mean = sums.reduce((sum, value) => sum + value, 0) / rows;
  const g = sums.map((value) => rough * (mean - value));
  return { g, average: g.slice(), iteration: 0, error: Infinity, finished: false };
}

/** Goes on with the ascent, changing `ascent`, until it is finished or should pause. The same steps whenever it pauses. */
export async function ascend(scores: RowScores, ascent: Ascent, options: AscentOptions): Promise<void> {
  const { iterations, batch, tolerance, noise, deviation } = options;
  const { g, average } = ascent;
  const rows = g.length;
  const unit = RATE_UNIT * deviation;
  while (!ascent.finished && !options.shouldPause()) {
    const progress = iterations > 1 ? ascent.iteration / (iterations - 1) : 1;
    const rate = unit * (FIRST_RATE + (LAST_RATE - FIRST_RATE) * progress);
    const { sums } = await scores.usage(noise('step', ascent.iteration, batch), g);
    for (let j = 0; j < rows; j++) {
      g[j]! += rate * (1 - (rows * sums[j]!) / batch);
      average[j]! += (1 - AVERAGE) * (g[j]! - average[j]!);
    }
    ascent.iteration++;
    const last = ascent.iteration >= iterations;
    if (last || ascent.iteration % CHECK_EVERY === 0) {
      ascent.error = await unevenness(scores, average, ascent.iteration, options);
      ascent.finished = last || ascent.error < tolerance;
    }
    options.onProgress(ascent.iteration / iterations);
  }
}

/**
 * Estimates χ² = N·Σ_j m_j² − 1 without bias: Σ_j [(Σ_i Q_ij)² − Σ_i Q_ij²]·N/(B(B−1)) − 1 over B noise points (SD-FM). May
 * come out a little below 0.
 */
async function unevenness(scores: RowScores, g: Float64Array, step: number, { batch, noise }: AscentOptions) {
  const sums = new Float64Array(g.length);
  const squares = new Float64Array(g.length);
  for (let part = 0; part < CHECK_BATCHES; part++) {
    const usage = await scores.usage(noise('check', step * CHECK_BATCHES + part, batch), g);
    for (let j = 0; j < g.length; j++) {
      sums[j]! += usage.sums[j]!;
      squares[j]! += usage.squares[j]!;
    }
  }
  const count = batch * CHECK_BATCHES;
  let pairs = 0;
  for (let j = 0; j < g.length; j++) pairs += sums[j]! ** 2 - squares[j]!;
  return (pairs * g.length) / (count * (count - 1)) - 1;
}
