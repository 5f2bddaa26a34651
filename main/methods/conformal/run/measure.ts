/** @file What one split says of one score: how often it covers, evenly or not, how large its sets are. */
import { clusterCentres, clusterCoverage, nearestCentres } from '../measure/clusters';
import { excessRisks } from '../measure/ert';
import { worstSlabs } from '../measure/worst-slab';
import type { Rows } from '../../../tables/rows';

/** Numbers of one score on one split; null where a value is infinite or there are too few rows for it. */
export interface ScoreMeasures {
  coverage: number;
  /** Mean over test rows of the natural logarithm of the volume, in standardised units. */
  logVolume: number | null;
  /** Share of the test rows whose set is everything, or empty. */
  everything: number;
  /** Least effective draws behind a volume; null for closed formulas. */
  effective: number | null;
  /** Calibrated radius; null where it is infinite or the score has none. */
  radius: number | null;
  /** Share of far directions, at 1.5 times the largest residual, that are inside; only for transport maps. */
  leak: number | null;
  worstSlab: number | null;
  ert: number | null;
  cecX: number | null;
  /** On the toy with uneven noise: coverage where noise is small, x from .25 to .5, and large, x from 1.5 to 2. */
  coverageNarrow: number | null;
  coverageWide: number | null;
  fitSeconds: number;
  queryMilliseconds: number;
}

export const MEASURE_NAMES = [
  'coverage',
  'logVolume',
  'everything',
  'effective',
  'radius',
  'leak',
  'worstSlab',
  'ert',
  'cecX',
  'coverageNarrow',
  'coverageWide',
  'fitSeconds',
  'queryMilliseconds',
] as const satisfies readonly (keyof ScoreMeasures)[];

/** Bands of x of the toy with uneven noise (section 6.4). */
const NARROW = [0.25, 0.5] as const;
const WIDE = [1.5, 2] as const;

/** Coverage within the bands of the toy with uneven noise; null for other problems. */
export function bandCoverage(
  problem: string,
  test: Rows,
  hits: Uint8Array,
): Pick<ScoreMeasures, 'coverageNarrow' | 'coverageWide'> {
  if (problem !== 'heteroscedastic') return { coverageNarrow: null, coverageWide: null };
  const within = ([low, high]: readonly [number, number]) => {
    const inside = [...hits.keys()].filter((row) => test.raw[row]! >= low && test.raw[row]! <= high);
    return inside.reduce((sum, row) => sum + hits[row]!, 0) / inside.length;
  };
  return { coverageNarrow: within(NARROW), coverageWide: within(WIDE) };
}

/** Directions of the worst slab in a run; the panel looks at more. */
const DIRECTIONS = 500;

export type ConditionalMeasures = Pick<ScoreMeasures, 'ert' | 'worstSlab' | 'cecX'>;

/**
 * The conditional measures of several scores' hits on the test rows. `others` are rows that are not test rows, on which
 * clusters are found.
 */
export function conditionalMeasures(
  test: Rows,
  others: Rows,
  features: number,
  sets: readonly Uint8Array[],
  alpha: number,
  seed: number,
): ConditionalMeasures[] {
  if (features === 0 || sets.length === 0)
    return sets.map(() => ({ ert: null, worstSlab: null, cecX: null }));
  const risks = excessRisks(test.x, features, sets, alpha, seed, 0);
  const options = { simulations: 0, directions: DIRECTIONS };
  const slabs = worstSlabs(test.x, features, sets, alpha, seed, options);
  const labels = nearestCentres(test.x, features, clusterCentres(others.x, features, seed));
  return sets.map((hits, k) => ({
    ert: risks?.risks[k]!.l1 ?? null,
    worstSlab: slabs?.slabs[k]?.coverage ?? null,
    cecX: clusterCoverage(labels, hits, alpha).error,
  }));
}
