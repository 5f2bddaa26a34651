/** @file What one split says of one score: how often it covers, evenly or not, how large its sets are; and the means over splits. */
import { hitBand } from '../../../calibration/band';
import { mean } from '../../../experiments/statistics';
import { clusterCentres, clusterCoverage, nearestCentres } from '../measure/clusters';
import { excessRisks } from '../measure/ert';
import { worstSlabs } from '../measure/worst-slab';
import type { Rows } from '../../../tables/encode';
import { scoreById } from '../scores';
import type { Counts } from './split';

export const MEASURE_NAMES = [
  'coverage',
  /** Mean over test rows of the natural logarithm of the volume, in standardised units. */
  'logVolume',
  /** Share of the test rows whose set is everything. */
  'everything',
  /** Least effective draws behind a volume; none for closed formulas. */
  'effective',
  /** Calibrated radius; none where it is infinite or the score has none. */
  'radius',
  /** Share of far directions, at 1.5 times the largest residual, that are inside; only for transport maps. */
  'leak',
  'worstSlab',
  'ert',
  'cecX',
  /** On the toy with uneven noise: coverage where noise is small, x from .25 to .5, and large, x from 1.5 to 2. */
  'coverageNarrow',
  'coverageWide',
  'fitSeconds',
  'queryMilliseconds',
] as const;
type MeasureName = (typeof MEASURE_NAMES)[number];

/** Numbers of one score on one split; null where a value is infinite or there are too few rows for it. */
export type ScoreMeasures = Record<MeasureName, number | null>;
/** By score. */
export type SplitMeasures = Record<string, ScoreMeasures>;

/** Bands of x of the toy with uneven noise (section 6.4). */
const NARROW = [0.25, 0.5] as const;
const WIDE = [1.5, 2] as const;
/** Directions of the worst slab in a run; the panel looks at more. */
const DIRECTIONS = 500;

/** Coverage within the bands of the toy with uneven noise; null for other problems. */
export function bandCoverage(
  problem: string,
  test: Rows,
  hits: Uint8Array,
): Pick<ScoreMeasures, 'coverageNarrow' | 'coverageWide'> {
  if (problem !== 'heteroscedastic') return { coverageNarrow: null, coverageWide: null };
  const within = ([low, high]: readonly [number, number]) =>
    shareOf(hits.filter((_, row) => test.raw[row]! >= low && test.raw[row]! <= high));
  return { coverageNarrow: within(NARROW), coverageWide: within(WIDE) };
}

/** The share of hits. */
export function shareOf(hits: Uint8Array): number {
  return hits.reduce((sum, hit) => sum + hit, 0) / hits.length;
}

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
    ert: risks?.risks[k] ?? null,
    worstSlab: slabs?.slabs[k]?.coverage ?? null,
    cecX: clusterCoverage(labels, hits, alpha).error,
  }));
}

/** Measures whose mean over the splits is a final number. */
const FINAL = [
  ...(['coverage', 'logVolume', 'everything', 'radius', 'leak', 'coverageNarrow', 'coverageWide'] as const),
  ...(['worstSlab', 'ert', 'cecX', 'fitSeconds'] as const),
];

/** The final numbers of every score, by metric name; values that were not measured are left out. */
export function finalMeasures(
  results: readonly SplitMeasures[],
  { calibration, test }: Pick<Counts, 'calibration' | 'test'>,
  alpha: number,
): Record<string, number> {
  const metrics: Record<string, number> = {};
  for (const id of Object.keys(results[0] ?? {})) {
    const of = (name: MeasureName) => results.map((one) => one[id]?.[name] ?? null);
    for (const name of FINAL) {
      const value = finalValue(name, id, of(name));
      if (Number.isFinite(value)) metrics[`${name}.${id}`] = value;
    }
    // Scores that take calibration rows for themselves are calibrated on the rest.
    const { takes = 0, perLevel } = scoreById(id);
    const rest = perLevel ? calibration : calibration - Math.round(takes * calibration);
    const [low, high] = hitBand(rest, alpha, test);
    metrics[`inBand.${id}`] = mean(of('coverage').map((value) => +(value! >= low && value! <= high)));
  }
  return metrics;
}

/** The mean over the splits that have a value; NaN where it is not worth showing. */
function finalValue(name: MeasureName, id: string, values: readonly (number | null)[]): number {
  if (name === 'radius' && !id.startsWith('otcp')) return NaN;
  // Of logarithms some are infinite.
  if (name === 'logVolume' && values.includes(null)) return NaN;
  const there = values.filter((value) => value !== null);
  return mean(name === 'everything' ? there.filter((value) => value > 0) : there);
}
