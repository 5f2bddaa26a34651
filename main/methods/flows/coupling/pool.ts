/** @file Pools of as many source points as data rows, paired cloud by cloud: the assignment and the Sinkhorn coupling. */
import { MongeError } from '../../../../native-models/error';
import type { FlowsConfig } from '../config';
import { gatherRows } from '../../../numerics/gather';
import { poolRows } from '../points/source';
import { checkAssignmentSize } from '../../../transport/assignment';
import { pairedCost, exactClouds, sinkhornClouds, type CloudCoupler, type Previous } from './clouds';
import { pairConditionally } from './condition';
import type { CouplingWork, PairedPool, PoolCoupling, PoolData } from './coupling';

/** A pool's points are in memory while it is paired: 2²⁸ numbers are 1 GiB. */
const LARGEST_POOL = 2 ** 28;

/** Throws `assignment-pool-too-large` and `pool-too-large`, before any work. */
export function checkPool(exact: boolean, poolSize: number, dimension: number): void {
  if (exact) checkAssignmentSize(poolSize);
  if (poolSize * dimension <= LARGEST_POOL) return;
  throw new MongeError({
    code: 'pool-too-large',
    what: 'the points of one pool do not fit in memory',
    where: { key: 'poolSize' },
    got: `${poolSize} points of ${dimension} numbers`,
    expected: `at most ${Math.floor(LARGEST_POOL / dimension)} points`,
    help: 'lower poolSize',
  });
}

/** Pools whose rows go evenly through the training rows. Throws what `checkPool` throws. */
export function cloudPools(data: PoolData, config: FlowsConfig, seed: number): PoolCoupling {
  const { target, training, source, labels } = data;
  const { poolSize } = config;
  const { dimension } = source;
  const exact = config.coupling === 'assignment';
  checkPool(exact, poolSize, dimension);
  const plain: CloudCoupler = exact ? exactClouds : sinkhornClouds(config, seed);
  const cloudsOf = (work: CouplingWork, pool: number) => {
    const rows = poolRows(seed, 'flows.pool.target', pool, poolSize, training.length).map(
      (k) => training[k]!,
    );
    const x = source.drawPool(seed, pool, poolSize);
    const y = gatherRows(target, dimension, rows);
    return { rows, clouds: { work, x, y, dimension, label: `flows.pool.draw.${pool}` } };
  };
  const warm = !exact && !labels && (config.start === 'previous' || config.sharpness > 0);
  let first: Previous | null = null;

  /** All pools start from the first one's end, not from their predecessor's: a resumed run must be able to say it again. */
  async function beginning(work: CouplingWork, pool: number): Promise<Previous | null> {
    if (!warm || pool === 0) return null;
    return (first ??= (await plain(cloudsOf(work, 0).clouds))?.previous ?? null);
  }

  return {
    kind: 'pools',
    poolSize,
    async pair(work, pool): Promise<PairedPool | null> {
      const { rows, clouds } = cloudsOf(work, pool);
      const previous = await beginning(work, pool);
      if (work.shouldStop()) return null;
      const paired = labels
        ? await pairConditionally(plain, clouds, data, config, { seed, pool, rows })
        : await plain(clouds, { previous });
      if (!paired) return null;
      const { columns, indices, report } = paired;
      if (pool === 0 && paired.previous) first = paired.previous;
      return {
        rows: columns.map((column) => rows[column]!),
        ...(indices && { indices }),
        key: { seed, pool, size: poolSize },
        report: {
          ...report,
          metrics: { ...pairedCost(clouds.x, clouds.y, columns, dimension, indices), ...report.metrics },
        },
      };
    },
  };
}
