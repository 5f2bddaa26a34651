/** @file Pools of as many source points as data rows, paired cloud by cloud: the assignment and the Sinkhorn coupling. */
import { MongeError } from '../../../../native-models/error';
import { gatherRows } from '../../../numerics/gather';
import { squaredDistance } from '../../../numerics/points';
import { checkAssignmentSize } from '../../../transport/assignment';
import { coupleExactly } from '../../../transport/exact';
import {
  coupleOptions,
  coupleSinkhorn,
  type SinkhornCoupling,
  type SinkhornSettings,
} from '../../../transport/sinkhorn/couple';
import { sinkhornProgress } from '../../../transport/sinkhorn/progress';
import { shuffledBatches } from '../../../training/supervised';
import type { FlowsConfig } from '../config';
import { pairConditionally } from './condition';
import {
  plainReport,
  type CouplingWork,
  type PairedPool,
  type PoolCoupling,
  type PairData,
} from './coupling';

/** A pool's points are in memory while it is paired: 2²⁸ numbers are 1 GiB. */
const LARGEST_POOL = 2 ** 28;

/** Two clouds of equal size to be paired. */
export interface CloudsToPair {
  work: CouplingWork;
  /** [n, dimension] each. */
  x: Float32Array;
  y: Float32Array;
  dimension: number;
  /** Names the draw. */
  label: string;
  /** Multiplies ε where coordinates were added that should not count towards the deviation of the cost. */
  scale?: number;
  /** A pairing of like clouds to start from. */
  previous?: SinkhornCoupling['previous'] | null;
}

export interface PairedClouds extends Pick<PairedPool, 'indices' | 'report'> {
  /** [n] the point of the second cloud of each pair; `indices` are those of the first. */
  columns: Int32Array;
  /** What a later pairing of like clouds may start from. */
  previous?: SinkhornCoupling['previous'];
}

/** Pairs two clouds; null when stopped. */
export type CloudCoupler = (clouds: CloudsToPair) => Promise<PairedClouds | null>;

/** Throws `assignment-pool-too-large` and `pool-too-large`, before any work. */
export function checkPool(exact: boolean, poolSize: number, dimension: number): void {
  if (exact) checkAssignmentSize(poolSize);
  if (poolSize * dimension <= LARGEST_POOL) return;
  throw new MongeError({
    code: 'pool-too-large',
    blame: 'input',
    what: 'the points of one pool do not fit in memory',
    where: { key: 'poolSize' },
    got: `${poolSize} points of ${dimension} numbers`,
    expected: `at most ${Math.floor(LARGEST_POOL / dimension)} points`,
    help: 'lower poolSize',
  });
}

/** Pools whose rows go evenly through the training rows. Throws what `checkPool` throws. */
export function cloudPools(data: PairData, config: FlowsConfig, seed: number): PoolCoupling {
  const { target, training, source, labels } = data;
  const { poolSize } = config;
  const { dimension } = source;
  const exact = config.coupling === 'assignment';
  checkPool(exact, poolSize, dimension);
  const plain: CloudCoupler = exact ? exactClouds : sinkhornClouds(config, seed);
  const cloudsOf = (work: CouplingWork, pool: number) => {
    const rows = shuffledBatches(training, poolSize, seed, 'flows.pool.target')(pool);
    const x = source.drawPool(seed, pool, poolSize);
    const y = gatherRows(target, dimension, rows);
    return { rows, clouds: { work, x, y, dimension, label: `flows.pool.draw.${pool}` } };
  };
  const warm = !exact && !labels && (config.start === 'previous' || config.sharpness > 0);
  let first: CloudsToPair['previous'] = null;

  /** All pools start from the first one's end, not from their predecessor's: a resumed run must be able to say it again. */
  async function beginning(work: CouplingWork, pool: number): Promise<CloudsToPair['previous']> {
    if (!warm || pool === 0) return null;
    return (first ??= (await plain(cloudsOf(work, 0).clouds))?.previous ?? null);
  }

  return {
    poolSize,
    async pair(work, pool): Promise<PairedPool | null> {
      const { rows, clouds } = cloudsOf(work, pool);
      const previous = await beginning(work, pool);
      if (work.shouldStop()) return null;
      const paired = labels
        ? await pairConditionally(plain, clouds, data, config, { seed, pool, rows })
        : await plain({ ...clouds, previous });
      if (!paired) return null;
      const { columns, indices, report } = paired;
      if (pool === 0 && paired.previous) first = paired.previous;
      const metrics = { ...pairedCost(clouds.x, clouds.y, columns, dimension, indices), ...report.metrics };
      return {
        rows: columns.map((column) => rows[column]!),
        ...(indices && { indices }),
        key: { seed, pool, size: poolSize },
        report: { ...report, metrics },
      };
    },
  };
}

/** The permutation of least total cost. */
const exactClouds: CloudCoupler = async ({ work, x, y, dimension }) => {
  const paired = await coupleExactly(work.compute, x, y, dimension, {
    shouldStop: () => work.shouldStop(),
    onProgress: () => work.onProgress(),
  });
  return paired && { columns: paired.columns, report: plainReport(0) };
};

/** Draws from Sinkhorn's coupling, keyed by (seed, label). */
function sinkhornClouds(settings: SinkhornSettings, seed: number): CloudCoupler {
  return async ({ work, x, y, dimension, label, scale = 1, previous = null }) => {
    const shareAfter = sinkhornProgress(settings.tolerance, settings.maximumIterations);
    // A search for ε solves one coupling after the other: how many is not known.
    const searches = settings.sharpness > 0;
    const options = coupleOptions(settings, {
      ...{ epsilon: settings.epsilon * scale, previous, seed, label },
      shouldStop: () => work.shouldStop(),
      onIteration: (iteration, error) => work.onProgress(searches ? undefined : shareAfter(iteration, error)),
    });
    const coupled = await coupleSinkhorn(work.compute, x, y, dimension, options);
    if (!coupled) return null;
    const { columns, rows: indices, sharpness, iterations, marginalError, converged, notices } = coupled;
    const { conditionalVariance, effectiveTargets } = coupled;
    return {
      columns,
      ...(indices.some((index, k) => index !== k) ? { indices } : {}),
      previous: coupled.previous,
      report: {
        ...{ sharpness, iterations, marginalError, converged, notices },
        epsilon: coupled.epsilon / scale,
        absoluteEpsilon: coupled.epsilon * coupled.deviation,
        metrics: {
          ...(Number.isFinite(conditionalVariance) && {
            'coupling.conditionalVariance': conditionalVariance,
          }),
          'coupling.effectiveTargets': effectiveTargets,
        },
      },
    };
  };
}

/** Mean of ½‖x_i − y_j(i)‖² over the drawn pairs, in model units, and the share of points of `y` that were drawn. */
export function pairedCost(
  x: Float32Array,
  y: Float32Array,
  columns: Int32Array,
  dimension: number,
  indices?: Int32Array,
): Record<string, number> {
  let cost = 0;
  for (let i = 0; i < columns.length; i++)
    cost += squaredDistance(x, indices?.[i] ?? i, y, columns[i]!, dimension) / 2;
  return {
    'coupling.cost': cost / columns.length,
    'coupling.distinctTargets': new Set(columns).size / columns.length,
  };
}
