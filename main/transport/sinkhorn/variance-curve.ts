/** @file Var(x₁|x₀) of couplings against the number of points, with its slope on logarithmic axes (LSC section 1.6). */
import { MongeError } from '../../../native-models/error';
import type { Compute } from '../../contract/compute';
import { coupleSinkhorn, type CoupleOptions } from './couple';

export interface LogLogFit {
  /** Exponent of the power law value = e^intercept·count^slope, by least squares. */
  slope: number;
  intercept: number;
  /** Of the slope; NaN with two points. */
  standardError: number;
}

export interface VarianceCurve extends LogLogFit {
  points: { count: number; conditionalVariance: number; sharpness: number; epsilon: number }[];
}

/** Fits log value over log count. Throws `slope-needs-points` unless two different positive counts have positive values. */
export function fitLogLog(counts: readonly number[], values: readonly number[]): LogLogFit {
  const points = counts
    .map((count, k) => [Math.log(count), Math.log(values[k]!)] as const)
    .filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
  const n = points.length;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / n;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / n;
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  if (n < 2 || !(spread > 0))
    throw new MongeError({
      code: 'slope-needs-points',
      what: 'a slope needs two different counts with values above 0',
      got: `${n} of ${counts.length} points`,
      expected: 'at least 2',
      help: 'add pool sizes, or raise the sharpness so that the variance is not 0',
    });
  const slope = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
  const intercept = meanY - slope * meanX;
  const residual = points.reduce((sum, [x, y]) => sum + (y - intercept - slope * x) ** 2, 0);
  return { slope, intercept, standardError: n > 2 ? Math.sqrt(residual / (n - 2) / spread) : NaN };
}

/**
 * Couples pools of each of `counts` points, `repeats` times with other points, and fits the slope. `pool(count, repeat)`
 * gives clouds [count, dimension]. By Proposition 2 of LSC the variance of any rule that treats points alike is at least of the order
 * n^(−2/r) in r intrinsic dimensions: compare the slope with −2/r. Null when stopped.
 */
export async function conditionalVarianceCurve(
  compute: Compute,
  pool: (count: number, repeat: number) => { x: Float32Array; y: Float32Array },
  dimension: number,
  { counts, repeats, options }: { counts: readonly number[]; repeats: number; options: CoupleOptions },
): Promise<VarianceCurve | null> {
  const points: VarianceCurve['points'] = [];
  for (const count of counts)
    for (let repeat = 0; repeat < repeats; repeat++) {
      const { x, y } = pool(count, repeat);
      const coupling = await coupleSinkhorn(compute, x, y, dimension, {
        ...options,
        label: `${options.label}.${count}.${repeat}`,
      });
      if (!coupling) return null;
      const { sharpness, epsilon, diagnostics } = coupling;
      points.push({ count, conditionalVariance: diagnostics.conditionalVariance, sharpness, epsilon });
    }
  const fit = fitLogLog(
    points.map(({ count }) => count),
    points.map(({ conditionalVariance }) => conditionalVariance),
  );
  return { ...fit, points };
}
