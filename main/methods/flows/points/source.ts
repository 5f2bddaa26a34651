/** @file Where the flow starts: Gaussian noise, or the rows of a second data set. Points are in the model's units. */
import { fillNormals, stream } from '../../../../native-models';
import { gatherRows } from '../../../numerics/gather';
import { shuffledBatches } from '../../../training/supervised';
import { standardise, type Standardisation } from './standardise';

/** A normal law by coordinate. */
export interface NormalLaw {
  mean: Float64Array;
  deviation: Float64Array;
}

/** Draws points by key: the same key gives the same points, and fewer points are a prefix of more. */
export interface Source {
  readonly kind: 'noise' | 'data';
  readonly dimension: number;
  /** The law of noise in data units, where it is not the data's own mean and spread. */
  readonly density?: NormalLaw;
  /** [count, dimension] points, drawn with replacement from a data set. */
  draw(seed: number, label: string, step: number, count: number): Float32Array;
  /** [count, dimension] points of one pool; a data set is gone through evenly, pool after pool. */
  drawPool(seed: number, pool: number, count: number): Float32Array;
  /** The same points one by one, from their keys: holds at most four bytes per point. */
  openPool(seed: number, pool: number, count: number): PoolPoints;
  /** [rows, dimension] all points there are, where they are the rows of a data set. */
  readonly points?: Float32Array;
}

/** Writes point number `index` of a pool to `out`, from `at` on. */
export type PoolPoints = (index: number, out: Float32Array, at: number) => void;

/** Names the noise of pools; part of what a stored pair refers to. */
export const POOL_NOISE = 'flows.pool.source';

/**
 * Standard normal in the model's units: in data units it has the data's own mean and spread per column. With `unit` it is
 * N(0, I) in data units, for problems whose map is known for just that noise.
 */
export function noiseSource(dimension: number, unit: Standardisation | null = null): Source {
  const placed = (points: Float32Array) => (unit ? standardise(points, unit) : points);
  const draw: Source['draw'] = (seed, label, step, count) =>
    placed(stream(seed, label, step).normal(new Float32Array(count * dimension)));
  return {
    kind: 'noise',
    dimension,
    ...(unit && {
      density: { mean: new Float64Array(dimension), deviation: new Float64Array(dimension).fill(1) },
    }),
    draw,
    drawPool: (seed, pool, count) => draw(seed, POOL_NOISE, pool, count),
    openPool: (seed, pool) => (index, out, at) => {
      const own = out.subarray(at, at + dimension);
      fillNormals(seed, POOL_NOISE, pool, index * dimension, own);
      if (unit) own.set(standardise(own, unit));
    },
  };
}

/** Rows of `points` [rows, dimension], already in the model's units. */
export function dataSource(points: Float32Array, dimension: number): Source {
  const rows = Int32Array.from({ length: points.length / dimension }, (_, row) => row);
  const poolRows = (seed: number, pool: number, count: number) =>
    shuffledBatches(rows, count, seed, POOL_NOISE)(pool);
  return {
    kind: 'data',
    dimension,
    points,
    draw: (seed, label, step, count) =>
      gatherRows(points, dimension, stream(seed, label, step).integers(new Int32Array(count), rows.length)),
    drawPool: (seed, pool, count) => gatherRows(points, dimension, poolRows(seed, pool, count)),
    openPool(seed, pool, count) {
      const chosen = poolRows(seed, pool, count);
      return (index, out, at) => {
        const from = chosen[index]! * dimension;
        out.set(points.subarray(from, from + dimension), at);
      };
    },
  };
}
