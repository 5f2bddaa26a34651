/** @file The final numbers of a run: means over the repeats, and the bands that coverage is judged by. */
import { hitBand, meanBand, meanCoverage } from '../../../calibration/band';
import type { ConformalConfig } from '../config';
import { scoreById } from '../scores';
import type { ScoreMeasures } from './measure';
import type { Results } from './run';

export interface Counts {
  train: number;
  fit: number;
  calibration: number;
  test: number;
}

/** By metric name; values that were not measured are left out. */
export function finalMetrics(
  results: Results,
  { calibration, test }: Counts,
  { alpha, repeats }: ConformalConfig,
): Record<string, number> {
  const metrics: Record<string, number> = {
    repeats: results.length,
    calibrationRows: calibration,
    testRows: test,
  };
  const [low, high] = hitBand(calibration, alpha, test);
  const [meanLow, meanHigh] = meanBand(
    calibration,
    alpha,
    test,
    Math.max(1, Math.min(repeats, results.length)),
  );
  Object.assign(metrics, {
    'coverage.expected': meanCoverage(calibration, alpha),
    'coverage.bandLow': low,
    'coverage.bandHigh': high,
    'coverage.meanBandLow': meanLow,
    'coverage.meanBandHigh': meanHigh,
  });
  for (const id of Object.keys(results[0] ?? {})) {
    const of = (name: keyof ScoreMeasures) => results.map((one) => one[id]?.[name] ?? null);
    add(metrics, `coverage.${id}`, mean(of('coverage')));
    // A mean of logarithms of which some are infinite is not a number worth showing.
    const sizes = of('logVolume');
    if (sizes.every((value) => value !== null)) add(metrics, `logVolume.${id}`, mean(sizes));
    add(metrics, `everything.${id}`, mean(of('everything').map((value) => value || null)));
    if (id.startsWith('otcp')) add(metrics, `radius.${id}`, mean(of('radius')));
    add(metrics, `leak.${id}`, mean(of('leak')));
    add(metrics, `coverageNarrow.${id}`, mean(of('coverageNarrow')));
    add(metrics, `coverageWide.${id}`, mean(of('coverageWide')));
    add(metrics, `worstSlab.${id}`, mean(of('worstSlab')));
    add(metrics, `ert.${id}`, mean(of('ert')));
    add(metrics, `cecX.${id}`, mean(of('cecX')));
    add(metrics, `fitSeconds.${id}`, mean(of('fitSeconds')));
    const own = bandOf(id, calibration, alpha, test);
    const inside = of('coverage').filter((value) => value !== null && value >= own[0] && value <= own[1]);
    metrics[`inBand.${id}`] = inside.length / results.length;
  }
  return metrics;
}

/** The exact 99.9 % band of one split's coverage; scores that take calibration rows for themselves are calibrated on the rest. */
function bandOf(id: string, calibration: number, alpha: number, test: number): [number, number] {
  const { takes = 0, perLevel } = scoreById(id);
  const rest = perLevel ? calibration : calibration - Math.round(takes * calibration);
  return hitBand(rest, alpha, test);
}

function add(metrics: Record<string, number>, name: string, value: number | null): void {
  if (value !== null && Number.isFinite(value)) metrics[name] = value;
}

function mean(values: readonly (number | null)[]): number | null {
  const there = values.filter((value) => value !== null);
  return there.length === 0 ? null : there.reduce((sum, value) => sum + value, 0) / there.length;
}
