/** @file Learning rates over scale as experiments: trainings on a grid, and what their curves say seed by seed. */
import type { ArmResults, Arm } from '../../../experiments/experiment';
import {
  hasOptimum,
  lossAt,
  optimumOf,
  ratePoints,
  type RateCurve,
} from '../../../experiments/transfer/rate-curve';

export const METRIC = 'validation.loss';

/** What all trainings here share: a base of 0.1 million parameters, 200 steps of 256 bytes (section 3.7 of our notes). */
const BASE = {
  ...{ width: 64, baseWidth: 64, depth: 2, baseDepth: 2, batch: 256, baseBatch: 256 },
  ...{ duration: 51_200, baseDuration: 51_200, looks: 1 },
};

/** A rule at one scale, trained at every rate. */
export interface Curve {
  recipe: string;
  /** Of the rule, for example `Complete(d)P`. */
  name: string;
  config: Arm['config'];
  rates: readonly number[];
}

const label = ({ name }: Pick<Curve, 'name'>, rate: number) => `${name}, η 2^${Math.log2(rate)}`;

/** One arm a rate; those that leave the numbers count as such. */
export function armsOf(curve: Curve): Arm[] {
  return curve.rates.map((rate) => ({
    recipe: curve.recipe,
    label: label(curve, rate),
    config: { ...BASE, ...curve.config, learningRate: rate },
    data: { text: { sample: 'sentences' } },
    mayDiverge: true,
  }));
}

/** The losses of a curve by rate and seed; null where a seed diverged. */
export function curveOf(results: ArmResults, curve: Curve): RateCurve {
  const losses = curve.rates.map((rate) =>
    results
      .values(curve.recipe, label(curve, rate), METRIC)
      .map((loss) => (Number.isFinite(loss) ? loss : null)),
  );
  return { rates: curve.rates, losses };
}

/**
 * log₂ of the best rate, seed by seed. Where it lies at an end of the grid, that end: the truth is at least as far out, so
 * that a drift towards it is only made smaller. NaN where nothing can be said.
 */
export function bestRates(curve: RateCurve): number[] {
  return seedsOf(curve).map((seed) => {
    const points = ratePoints(curve, [seed]);
    const found = optimumOf(points);
    if (hasOptimum(found)) return found.log2Rate;
    if (found.why === 'lowest at the smallest rate') return points[0]!.log2Rate;
    return found.why === 'lowest at the largest rate' ? points.at(-1)!.log2Rate : NaN;
  });
}

/** What a base's best rate costs at this scale against the scale's own best, seed by seed, in nats; infinite where it diverges. */
export function regrets(curve: RateCurve, transferred: readonly number[]): number[] {
  return seedsOf(curve).map((seed, at) => {
    const points = ratePoints(curve, [seed]);
    const least = Math.min(...points.map(({ loss }) => loss));
    const found = optimumOf(points);
    const loss = lossAt(points, transferred[at]!);
    if (loss === null) return Infinity;
    return Math.max(0, loss - (hasOptimum(found) ? Math.min(found.loss, least) : least));
  });
}

const seedsOf = ({ losses }: RateCurve): number[] => losses[0]!.map((_, seed) => seed);
