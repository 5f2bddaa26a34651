/** @file The semidiscrete plan of a small set: its points as the whole finite data set, their prices learned from fresh noise. */
import type { FlowsConfig } from '../config';
import type { Source } from '../points/source';
import { semidiscretePools } from '../coupling/semidiscrete';
import { centre, meanPoint } from '../../../numerics/points';
import { unwatched } from './clouds';
import type { Clouds, Plan } from './coupling-plan';
import type { FlowContext } from './prepared';

/** A figure must answer while somebody waits: what is not even by then is shown as it is, and said. */
const MOST_STEPS = 2000;
/** Noise points per step; rows are few, so few noise points see them all. */
const MOST_BATCH = 256;

type SemidiscretePlan = Omit<Plan, 'choice' | 'seconds' | 'potential'> & {
  /** Without the costs, which are those of all coordinates. */
  potential: Omit<NonNullable<Plan['potential']>, 'costs'> | null;
};

/** Gives each point of `x` its row of `y` under a relative ε, which may be 0. `noise` is what `x` was drawn from. */
export async function planSemidiscrete(
  { compute, config, seed }: FlowContext,
  noise: Source,
  clouds: Clouds,
  epsilon: number,
): Promise<SemidiscretePlan> {
  const { x, y, dimension } = clouds;
  const count = y.length / dimension;
  const settings: FlowsConfig = {
    ...config,
    condition: 'none',
    poolSize: x.length / dimension,
    semidiscreteEpsilon: epsilon,
    semidiscreteIterations: Math.min(MOST_STEPS, config.semidiscreteIterations),
    semidiscreteBatch: Math.min(MOST_BATCH, config.semidiscreteBatch),
  };
  const training = Int32Array.from({ length: count }, (_, row) => row);
  const source: Source = { ...noise, drawPool: () => x };
  const pools = semidiscretePools({ target: y, training, source, classes: 0 }, settings, seed);
  const work = unwatched(compute);
  try {
    const { state } = await pools.prepare!(work, null, () => false);
    const { rows, report } = (await pools.pair(work, 0, state))!;
    return {
      columns: rows,
      sharpness: report.sharpness,
      epsilon,
      potential:
        epsilon > 0
          ? {
              epsilon: report.absoluteEpsilon,
              g: centredPotential(
                x,
                y,
                dimension,
                state['average.0']!.data as Float64Array,
                report.absoluteEpsilon,
              ),
            }
          : null,
      iterations: report.iterations,
      marginalError: report.marginalError,
      converged: report.marginalError < config.semidiscreteTolerance,
      reached: true,
    };
  } finally {
    await pools.close?.();
  }
}

/** [n] the prices over ε for scores of `x` moved to its mean m: x·y_j = (x − m)·y_j + m·y_j with centred y_j. */
function centredPotential(
  x: Float32Array,
  y: Float32Array,
  dimension: number,
  prices: Float64Array,
  epsilon: number,
): Float64Array {
  const mean = meanPoint(x, dimension);
  const points = centre(y, dimension);
  return prices.map((price, j) => {
    let product = 0;
    for (let k = 0; k < dimension; k++) product += mean[k]! * points[j * dimension + k]!;
    return (price + product) / epsilon;
  });
}
