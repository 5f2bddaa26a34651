/** @file A whole Sinkhorn coupling of two clouds: the space of the cost, ε, the solution, the draw, and how blurred it is. */
import { MongeError } from '../../../native-models/error';
import type { Compute } from '../../contract/compute';
import { centre } from '../../numerics/points';
import { stratifiedRows } from '../../numerics/stretches';
import type { CoupledClouds, WorkOptions } from '../kernel';
import { withKernel } from '../programs';
import { drawPairs, type Sampling } from './draw';
import { rowStatistics } from './rows';
import { sharpnessOfRows, SHARPNESS_TOLERANCE } from './sharpness';
import { solveCoupling, type Solved } from './solver';
import { costSpace, deviationOf, type CostOptions, type PreviousCoupling } from './space';

export interface CoupleOptions extends CostOptions, Omit<WorkOptions, 'keepTable'> {
  /** Relative to the standard deviation of the cost; used where no sharpness is asked for. */
  epsilon: number;
  /** E* in (0, 1] that ε is solved for; 0 or absent: ε as given. */
  sharpness?: number;
  /** ρ relative to the deviation of the cost; 0 or absent: exact marginals. */
  marginalPenalty?: number;
  start?: 'ladder' | 'cold' | 'previous';
  /** The coupling before, for start 'previous', for its projection and as a first guess at ε; `Coupling.previous`. */
  previous?: PreviousCoupling | null;
  sampling?: Sampling;
  tolerance: number;
  maximumIterations: number;
  momentum: 'none' | 'adaptive';
  /** Rows that stand for all in the conditional variance, at most; default 2,048, 0 for none. */
  measuredRows?: number;
  seed: number;
  /** Names the draw; the same (seed, label) gives the same pairs. */
  label: string;
  onIteration?: (iteration: number, marginalError: number) => void;
}

/** The settings that a coupling reads, named as a method's form names them. */
export type SinkhornSettings = Required<
  Omit<
    CoupleOptions,
    keyof WorkOptions | 'projection' | 'previous' | 'measuredRows' | 'seed' | 'label' | 'onIteration'
  >
>;

/** The options of one coupling from a run's settings; `rest` says what the settings do not, and may overrule them. */
export function coupleOptions(
  settings: SinkhornSettings,
  rest: Pick<CoupleOptions, 'seed' | 'label'> & Partial<CoupleOptions>,
): CoupleOptions {
  // A run's settings may name a device, which is that of its network.
  return { ...settings, device: undefined, ...rest };
}

export type SinkhornCoupling = NonNullable<Awaited<ReturnType<typeof coupleSinkhorn>>>;

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
) {
  const { sampling = 'stratified', sharpness: asked = 0, measuredRows = MEASURED_ROWS, previous } = options;
  const projection = options.projection ?? previous?.space.projection;
  const space = await costSpace(compute, x, y, dimension, { ...options, projection });
  const solved = await withKernel(compute, space, options, async (kernel) => {
    const deviation = await deviationOf(compute, space, x, y, kernel.deviation, options);
    if (deviation > 0) return solveCoupling(compute, kernel, space, deviation, options);
    throw new MongeError({
      code: 'sinkhorn-flat-cost',
      blame: 'input',
      what: 'all points of a cloud coincide, so that no pairing is better than another',
      expected: 'at least two different points on each side',
      help: 'choose coupling=independent, or check that the feature columns vary',
    });
  });
  if (!solved) return null;
  const { f, g, productsG, masses, epsilon, deviation, iterations, marginalError, converged } = solved;
  const clouds: CoupledClouds = { ...space, epsilon: epsilon * deviation, g: productsG };
  const drawn = await drawPairs(compute, clouds, { ...options, sampling, rowMasses: masses?.rows });
  if (!drawn) return null;
  const measured = stratifiedRows(x.length / dimension, measuredRows);
  const conditionalVariance = await varianceGivenRow(compute, clouds, { y, dimension }, measured, options);
  if (conditionalVariance === null) return null;
  const { rows, columns, rowEntropy } = drawn;
  const { value, raw } = sharpnessOfRows(rowEntropy, masses, rowEntropy.length, g.length);
  const reached = !(asked > 0) || Math.abs(raw - asked) <= SHARPNESS_TOLERANCE;
  return {
    ...{ rows, columns, f, g, epsilon, deviation, iterations, marginalError, converged },
    /** E(P), clamped to [0, 1]. */
    sharpness: value,
    /** Whether the sharpness asked for was met within .01; true where none was asked for. */
    sharpnessReached: reached,
    /** Mean over all rows of e^H_i: how many data points a row is spread over. */
    effectiveTargets: rowEntropy.reduce((sum, entropy) => sum + Math.exp(entropy), 0) / rowEntropy.length,
    /**
     * Var(x₁|x₀): mean over rows of the variance of the data point given the row, summed over coordinates, of whole points
     * whatever the cost was reckoned in; NaN where no rows were measured.
     */
    conditionalVariance,
    /** For the next coupling's start. */
    previous: {
      space: { y: space.y, dimension: space.dimension, projection: space.projection },
      ...{ epsilon: clouds.epsilon, relativeEpsilon: epsilon, g: productsG },
    },
    /** What a person should know of this coupling, in sentences. */
    notices: noticesOf(raw, reached, asked, solved),
  };
}

/** Var(x₁|x₀) from P itself over the `rows` asked for, tile by tile. Null when stopped. */
async function varianceGivenRow(
  compute: Compute,
  clouds: CoupledClouds,
  { y, dimension }: { y: Float32Array; dimension: number },
  rows: ArrayLike<number>,
  { device, shouldStop }: WorkOptions,
): Promise<number | null> {
  if (rows.length === 0) return NaN;
  let variance = 0;
  const visit = (_place: number, mean: Float64Array, square: number) => {
    variance += Math.max(0, square - mean.reduce((sum, value) => sum + value * value, 0));
  };
  // Near the origin E‖y‖² − ‖E y‖² loses least to rounding.
  const values = { points: centre(y, dimension), dimension, visit };
  const entropy = await rowStatistics(compute, clouds, { device, shouldStop, rows, values });
  return entropy && variance / rows.length;
}

function noticesOf(raw: number, reached: boolean, asked: number, { epsilon, limit }: Solved): string[] {
  const [met, wanted] = [raw.toFixed(3), asked.toFixed(3)];
  const missed =
    limit === 'smallest'
      ? `The sharpness ${wanted} is out of reach: it is still ${met} at the smallest ε, ${epsilon.toPrecision(2)}. Repeated points cannot be told apart: look for duplicates, or ask for a higher one.`
      : limit === 'largest'
        ? `The sharpness ${wanted} is out of reach: it is only ${met} at the largest ε, ${epsilon.toPrecision(2)}.`
        : `The sharpness is ${met} instead of ${wanted}, at ε = ${epsilon.toPrecision(3)}: a smaller tolerance or more iterations bring it nearer.`;
  const negative = `The sharpness came out below 0 (${met}) and is shown as 0: the coupling has not met its marginals.`;
  return [...(reached ? [] : [missed]), ...(raw < 0 ? [negative] : [])];
}
