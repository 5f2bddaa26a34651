/** @file A whole Sinkhorn coupling of two clouds: the space of the cost, ε, the solution, the draw, and how blurred it is. */
import { MongeError } from '../../../native-models/error';
import type { Compute } from '../../contract/compute';
import { stratifiedRows } from '../../numerics/stretches';
import type { CoupledClouds, WorkOptions } from '../kernel';
import { withKernel } from '../programs';
import { drawPairs, type DrawnPairs } from './draw';
import type { CoupleOptions } from './options';
import { rowStatistics } from './rows';
import { sharpnessOf, softSharpness, SHARPNESS_TOLERANCE } from './sharpness';
import { solveCoupling, type Solved } from './solver';
import { costSpace, deviationOf, type PreviousCoupling } from './space';

export { coupleOptions, type CoupleOptions, type SinkhornSettings } from './options';

export interface SinkhornCoupling extends Pick<
  Solved,
  'epsilon' | 'f' | 'g' | 'iterations' | 'marginalError' | 'converged'
> {
  /** [n] row of `x` and row of `y` of each pair; rows are 0 … n−1 unless the draw was flat. */
  rows: Int32Array;
  columns: Int32Array;
  /** E(P), clamped to [0, 1]. */
  sharpness: number;
  /** Whether the sharpness asked for was met within .01; true where none was asked for. */
  sharpnessReached: boolean;
  /** The deviation of the cost; ε·deviation is the absolute regulariser. */
  deviation: number;
  /** Mean over all rows of e^H_i: how many data points a row is spread over. */
  effectiveTargets: number;
  /**
   * Var(x₁|x₀): mean over rows of the variance of the data point given the row, summed over coordinates, of whole points
   * whatever the cost was reckoned in; NaN where no rows were measured.
   */
  conditionalVariance: number;
  /** For the next coupling's start. */
  previous: PreviousCoupling;
  /** What a person should know of this coupling, in sentences. */
  notices: string[];
}

/** Rows that stand for all in the conditional variance, which is not worth every row. */
const MEASURED_ROWS = 2048;

/**
 * Couples the rows of `x` [n, dimension] with those of `y` [m, dimension]; null when stopped.
 * Throws `sinkhorn-flat-cost` when one cloud is a single point, so that every pairing costs the same.
 */
export async function coupleSinkhorn(
  compute: Compute,
  x: Float32Array,
  y: Float32Array,
  dimension: number,
  options: CoupleOptions,
): Promise<SinkhornCoupling | null> {
  const { device, tileRows, shouldStop, previous } = options;
  const space = await costSpace(compute, x, y, dimension, {
    ...options,
    projection: options.projection ?? previous?.space.projection,
  });
  const solution = await withKernel(
    compute,
    space.x,
    space.y,
    space.dimension,
    { device, tileRows },
    async (kernel) => {
      const deviation = await deviationOf(compute, space, x, y, kernel.deviation, options);
      if (!(deviation > 0)) throw flatCost();
      const solved = await solveCoupling(compute, kernel, space, deviation, options);
      return solved && { solved, deviation };
    },
  );
  if (!solution) return null;
  const { solved, deviation } = solution;
  const { f, g, iterations, marginalError, converged } = solved;
  const epsilon = solved.epsilon * deviation;
  const clouds: CoupledClouds = {
    x: space.x,
    y: space.y,
    dimension: space.dimension,
    epsilon,
    g: solved.productsG,
  };
  const drawn = await drawPairs(compute, clouds, {
    sampling: options.sampling ?? 'stratified',
    rowMasses: solved.masses?.rows,
    seed: options.seed,
    label: options.label,
    device,
    tileRows,
    shouldStop,
  });
  if (!drawn) return null;
  const measured = stratifiedRows(x.length / dimension, options.measuredRows ?? MEASURED_ROWS);
  const points = { y, dimension, meanY: space.meanY };
  const variance = await conditionalVarianceOf(compute, clouds, points, measured, { device, shouldStop });
  if (variance === null) return null;
  const { rowEntropy } = drawn;
  const sharpness = sharpnessOfDraw(drawn, solved, g.length);
  const asked = options.sharpness ?? 0;
  const sharpnessReached = !(asked > 0) || Math.abs(sharpness.raw - asked) <= SHARPNESS_TOLERANCE;
  return {
    rows: drawn.rows,
    columns: drawn.columns,
    sharpness: sharpness.value,
    sharpnessReached,
    iterations,
    marginalError,
    converged,
    epsilon: solved.epsilon,
    deviation,
    f,
    g,
    effectiveTargets: rowEntropy.reduce((sum, entropy) => sum + Math.exp(entropy), 0) / rowEntropy.length,
    conditionalVariance: variance,
    previous: {
      space: { y: space.y, dimension: space.dimension, projection: space.projection },
      epsilon,
      relativeEpsilon: solved.epsilon,
      g: solved.productsG,
    },
    notices: noticesOf(sharpness, sharpnessReached, asked, solved),
  };
}

/** Var(x₁|x₀) from P itself over the `rows` asked for, tile by tile; `meanY` is where y is centred. Null when stopped. */
async function conditionalVarianceOf(
  compute: Compute,
  clouds: CoupledClouds,
  { y, dimension, meanY }: { y: Float32Array; dimension: number; meanY: Float64Array },
  rows: ArrayLike<number>,
  options: WorkOptions,
): Promise<number | null> {
  if (rows.length === 0) return NaN;
  let variance = 0;
  // Near the origin E‖y‖² − ‖E y‖² loses least to rounding.
  const points = y.map((value, at) => value - meanY[at % dimension]!);
  const visit = (_place: number, mean: Float64Array, square: number) => {
    variance += Math.max(0, square - mean.reduce((sum, value) => sum + value * value, 0));
  };
  const values = { points, dimension, visit };
  const entropy = await rowStatistics(compute, clouds, { ...options, rows, values });
  return entropy && variance / rows.length;
}

function sharpnessOfDraw({ rowEntropy }: DrawnPairs, { masses }: Solved, columns: number) {
  if (masses) return softSharpness(rowEntropy, masses.rows, masses.columns);
  const mean = rowEntropy.reduce((sum, value) => sum + value, 0) / rowEntropy.length;
  return sharpnessOf(mean, rowEntropy.length, columns);
}

function noticesOf(
  sharpness: { raw: number },
  reached: boolean,
  asked: number,
  { epsilon, limit }: Solved,
): string[] {
  const notices: string[] = [];
  const [met, wanted] = [sharpness.raw.toFixed(3), asked.toFixed(3)];
  if (!reached && limit === 'smallest')
    notices.push(
      `The sharpness ${wanted} is out of reach: it is still ${met} at the smallest ε, ${epsilon.toPrecision(2)}. Repeated points cannot be told apart: look for duplicates, or ask for a higher one.`,
    );
  else if (!reached && limit === 'largest')
    notices.push(
      `The sharpness ${wanted} is out of reach: it is only ${met} at the largest ε, ${epsilon.toPrecision(2)}.`,
    );
  else if (!reached)
    notices.push(
      `The sharpness is ${met} instead of ${wanted}, at ε = ${epsilon.toPrecision(3)}: a smaller tolerance or more iterations bring it nearer.`,
    );
  if (sharpness.raw < 0)
    notices.push(
      `The sharpness came out below 0 (${met}) and is shown as 0: the coupling has not met its marginals.`,
    );
  return notices;
}

function flatCost(): MongeError {
  return new MongeError({
    code: 'sinkhorn-flat-cost',
    what: 'all points of a cloud coincide, so that no pairing is better than another',
    expected: 'at least two different points on each side',
    help: 'choose coupling=independent, or check that the feature columns vary',
  });
}
