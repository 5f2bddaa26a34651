/** @file What the steps draw from: the bank of the pools' pairs, as row numbers and noise keys, independent pairs, and the known map of a problem. */
import { stream } from '../../../../native-models';
import { MongeError } from '../../../../native-models/error';
import { stretchOf } from '../../../numerics/stretches';
import type { PoolPoints } from '../points/source';
import type { PairBatch, PairedPool, PairData, PairSupply } from './coupling';

/** Source points kept as numbers, for the quick common case: 64 MiB. All others are made again when they are drawn. */
const LARGEST_CACHE = 2 ** 24;

/** A pool in use. */
interface Kept extends Pick<PairedPool, 'rows' | 'indices'> {
  source: PoolPoints;
  /** [pairs, dimension] points that are kept as numbers. */
  x0?: Float32Array;
  x1?: Float32Array;
  /** Numbers of `x0` that count towards the cache. */
  cached: number;
}

export type PairBank = ReturnType<typeof pairBank>;

/**
 * At most `capacity` pools: once all are there, each further one takes the place of the oldest. A step draws evenly from
 * all their pairs. Needs four bytes per pair (eight for a source data set) and the cache.
 */
export function pairBank(
  { target, labels, source }: PairData,
  capacity: number,
  seed: number,
  largestCache = LARGEST_CACHE,
) {
  const { dimension } = source;
  const pools: Kept[] = [];
  /** Pairs up to the end of each pool; made again after a change. */
  let ends: Float64Array | null = null;
  let cached = 0;
  return {
    /** Takes pool number `pool`, which comes right after the one before. `points` stand in for noise or rows. */
    add(pool: number, { rows, indices, key }: PairedPool, points: Pick<Kept, 'x0' | 'x1'> = {}): void {
      const at = pool % capacity;
      cached -= pools[at]?.cached ?? 0;
      const pointOf = source.openPool(key.seed, key.pool, key.size);
      const kept: Kept = { rows, indices, source: pointOf, x0: points.x0, x1: points.x1, cached: 0 };
      const numbers = rows.length * dimension;
      if (!kept.x0 && cached + numbers <= largestCache) {
        kept.x0 = new Float32Array(numbers);
        for (let pair = 0; pair < rows.length; pair++)
          pointOf(indices?.[pair] ?? pair, kept.x0, pair * dimension);
        cached += kept.cached = numbers;
      }
      pools[at] = kept;
      ends = null;
    },

    fill(step: number, { x0, x1, label }: PairBatch): void {
      const batch = x0.length / dimension;
      ends ??= endsOf(pools);
      const pairs = ends.at(-1)!;
      const chosen = stream(seed, 'flows.batch.pairs', step).integers(new Int32Array(batch), pairs);
      for (let k = 0; k < batch; k++) {
        const at = stretchOf(ends, chosen[k]!);
        const pool = pools[at]!;
        const pair = chosen[k]! - (at === 0 ? 0 : ends[at - 1]!);
        const row = pool.rows[pair]!;
        if (pool.x0) copyRow(pool.x0, pair, x0, k, dimension);
        else pool.source(pool.indices?.[pair] ?? pair, x0, k * dimension);
        if (pool.x1) copyRow(pool.x1, pair, x1, k, dimension);
        else copyRow(target, row, x1, k, dimension);
        if (label) label[k] = labels![row]!;
      }
    },
  };
}

function endsOf(pools: readonly Kept[]): Float64Array {
  let end = 0;
  return Float64Array.from(pools, ({ rows }) => (end += rows.length));
}

/** Copies one row of a row-major matrix to row `at` of another. */
export function copyRow(
  from: Float32Array,
  row: number,
  to: Float32Array,
  at: number,
  dimension: number,
): void {
  for (let k = 0; k < dimension; k++) to[at * dimension + k] = from[row * dimension + k]!;
}

/** Every step draws its own source points and rows at random: plain flow matching. */
export function independentPairs({ target, training, source, labels }: PairData, seed: number): PairSupply {
  const { dimension } = source;
  return {
    fill(step, { x0, x1, label }) {
      const batch = x0.length / dimension;
      x0.set(source.draw(seed, 'flows.batch.source', step, batch));
      const random = stream(seed, 'flows.batch.target', step);
      const chosen = random.integers(new Int32Array(batch), training.length);
      for (let k = 0; k < batch; k++) {
        const row = training[chosen[k]!]!;
        copyRow(target, row, x1, k, dimension);
        if (label) label[k] = labels![row]!;
      }
    },
  };
}

/** Every step draws its own source points, each paired with its image: perfect supervision. Throws `known-map-missing`. */
export function mapPairs({ source, knownMap, labels }: PairData, seed: number): PairSupply {
  if (!knownMap || labels) throw knownMapMissing(knownMap !== undefined);
  return {
    fill(step, { x0, x1 }) {
      x0.set(source.draw(seed, 'flows.batch.source', step, x0.length / source.dimension));
      x1.set(knownMap(x0));
    },
  };
}

/** The error for a known map that is not there, or that has nothing to say of classes. */
export function knownMapMissing(withClasses = false): MongeError {
  return new MongeError({
    code: 'known-map-missing',
    blame: 'input',
    what: withClasses
      ? 'the known map of a problem does not tell classes'
      : 'nothing tells where each noise point should go',
    where: { key: 'coupling' },
    got: 'coupling=map',
    help: withClasses
      ? 'set condition=none'
      : 'choose a problem with a known map, such as problem=piecewise-affine, or another coupling',
  });
}
