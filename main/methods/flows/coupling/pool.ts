/** @file One pool: as many source points as data rows, and for each source point the row it is paired with. */
import { MongeError } from '../../../../native-models/error';
import type { Compute } from '../../../compute/types';
import type { Source } from '../points/source';
import { gatherRows, poolRows } from '../points/source';
import { coupleSinkhorn } from '../sinkhorn/couple';
import { checkAssignmentSize } from './assignment';
import { coupleExactly } from './exact';

/** Pools whose points are kept in memory together: 2²⁸ numbers are 1 GiB. */
const LARGEST_BANK = 2 ** 28;

export interface PoolSettings {
  coupling: 'assignment' | 'sinkhorn';
  poolSize: number;
  epsilon: number;
  tolerance: number;
  maximumIterations: number;
  momentum: 'none' | 'adaptive';
  seed: number;
}

export interface PoolData {
  /** [rows, dimension] data in model units. */
  target: Float32Array;
  /** Rows of `target` that may be paired. */
  training: Int32Array;
  source: Source;
  /** The optimal map in model units, where it is known. */
  knownMap?: ((points: Float32Array) => Float32Array) | undefined;
}

export interface PairedPool {
  /** [poolSize] row of `target` for each source point of the pool. */
  targetRows: Int32Array;
  /** E(P): 0 for an assignment. */
  sharpness: number;
  iterations: number;
  marginalError: number;
  converged: boolean;
}

/** Throws `assignment-pool-too-large` and `pairs-too-many`, before any work. */
export function checkPools(settings: PoolSettings, pairs: number, dimension: number): void {
  if (settings.coupling === 'assignment') checkAssignmentSize(settings.poolSize);
  if (pairs * dimension <= LARGEST_BANK) return;
  throw new MongeError({
    code: 'pairs-too-many',
    what: 'the source points of all pairs do not fit in memory',
    where: { key: 'pairs' },
    got: `${pairs} pairs of ${dimension} numbers`,
    expected: `at most ${Math.floor(LARGEST_BANK / dimension)} pairs`,
    help: 'lower pairs, or poolSize where one pool alone is too large',
  });
}

/** Pairs pool number `pool`; null when stopped. */
export async function pairPool(
  compute: Compute,
  { target, training, source }: PoolData,
  settings: PoolSettings,
  pool: number,
  shouldStop: () => boolean,
  onProgress: () => void,
): Promise<PairedPool | null> {
  const { poolSize, seed } = settings;
  const { dimension } = source;
  const rows = poolRows(seed, 'flows.pool.target', pool, poolSize, training.length).map((k) => training[k]!);
  const x = source.drawPool(seed, pool, poolSize);
  const y = gatherRows(target, dimension, rows);
  if (settings.coupling === 'assignment') {
    const columns = await coupleExactly(compute, x, y, dimension, {
      shouldStop,
      onProgress,
    });
    return (
      columns && {
        targetRows: columns.map((column) => rows[column]!),
        sharpness: 0,
        iterations: 0,
        marginalError: 0,
        converged: true,
      }
    );
  }
  const coupled = await coupleSinkhorn(compute, x, y, dimension, {
    epsilon: settings.epsilon,
    tolerance: settings.tolerance,
    maximumIterations: settings.maximumIterations,
    momentum: settings.momentum,
    seed,
    label: `flows.pool.draw.${pool}`,
    shouldStop,
    onIteration: onProgress,
  });
  return coupled && { ...coupled, targetRows: coupled.columns.map((column) => rows[column]!) };
}
