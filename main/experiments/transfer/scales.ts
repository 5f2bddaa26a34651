/**
 * @file How the best learning rate moves with scale: drift and regret against the base, octaves per doubling, and what to
 * expect at a scale that was not trained, each with an interval from resampling the seeds.
 */
import { bootstrapQuantiles, resamples } from '../resample';
import { mean, slope } from '../statistics';
import {
  hasOptimum,
  lossAt,
  optimumOf,
  ratePoints,
  type NoOptimum,
  type Optimum,
  type RateCurve,
} from './rate-curve';

/** Two-sided level of the intervals here. */
export const LEVEL = 0.9;

export interface ScaleCurve extends RateCurve {
  /** Width, depth, batch or duration, in its own unit. */
  scale: number;
}

export interface ScaleOptimum {
  scale: number;
  found: Optimum | NoOptimum;
  /** 90 % interval of log₂ of the best rate; null below two seeds, or where a resample has no optimum more often than one in ten. */
  interval: [number, number] | null;
  /** Octaves from the base's optimum; null where either has none. */
  drift: number | null;
  /** Loss at the base's best rate less the best loss here, in units of the loss, at least 0; null where it cannot be told. */
  regret: number | null;
}

/** The optimum of every scale beside that of the first one, the base. */
export function scaleOptima(curves: readonly ScaleCurve[]): ScaleOptimum[] {
  const base = curves[0] && optimumOf(ratePoints(curves[0]));
  return curves.map((curve) => {
    const points = ratePoints(curve);
    const found = optimumOf(points);
    const comparable = base && hasOptimum(base) && hasOptimum(found);
    const transferred = comparable ? lossAt(points, base.log2Rate) : null;
    return {
      scale: curve.scale,
      found,
      interval: hasOptimum(found) ? optimumInterval(curve) : null,
      drift: comparable ? found.log2Rate - base.log2Rate : null,
      regret: transferred === null ? null : Math.max(0, transferred - (found as Optimum).loss),
    };
  });
}

function optimumInterval(curve: ScaleCurve): [number, number] | null {
  const seeds = seedsOf(curve);
  if (seeds < 2) return null;
  return bootstrapQuantiles(
    Array.from(resamples(seeds), (picks) => {
      const found = optimumOf(ratePoints(curve, picks));
      return hasOptimum(found) ? found.log2Rate : NaN;
    }),
    LEVEL,
  );
}

/** Octaves that the best rate moves by per doubling of the scale, with a 90 % interval; null below two scales with an optimum. */
export function octavesPerDoubling(
  curves: readonly ScaleCurve[],
): { slope: number; interval: [number, number] | null } | null {
  const through = (picks?: readonly number[]) => {
    const known = optimaOf(curves, picks);
    return known.length < 2
      ? NaN
      : slope(
          known.map(({ x }) => x),
          known.map(({ optimum }) => optimum.log2Rate),
        );
  };
  const all = through();
  if (Number.isNaN(all)) return null;
  const seeds = Math.min(...curves.map(seedsOf));
  const interval = seeds < 2 ? null : bootstrapQuantiles(Array.from(resamples(seeds), through), LEVEL);
  return { slope: all, interval };
}

export interface RatePrediction {
  /** log₂ of the predicted best rate, and its 90 % interval. */
  log2Rate: number;
  interval: [number, number];
  /** The loss expected there, and its 90 % interval. */
  loss: number;
  lossInterval: [number, number];
  /** Scales whose optima it comes from; how many octaves beyond the largest of them (or below the smallest) it lies. */
  from: number[];
  beyond: number;
  /** Whether there are optima enough to see how far they lie from a line: three. */
  lineSeen: boolean;
}

/** Why there is no prediction, and the learning rates that would help. */
export interface NoPrediction {
  why: string;
  try: { scale: number; rate: number }[];
}

/**
 * The best learning rate at another scale, on the line through the optima in log₂ of both. The interval joins what
 * resampled seeds say with how far the optima lie from their line; two scales are always on a line, so that there the
 * interval knows the seeds alone and is too narrow.
 */
export function predictRate(curves: readonly ScaleCurve[], scale: number): RatePrediction | NoPrediction {
  const optima = curves.map((curve) => ({ curve, found: optimumOf(ratePoints(curve)) }));
  const known = optimaOf(curves);
  if (known.length < 2) {
    const missing = optima.flatMap(({ curve, found }) =>
      !hasOptimum(found) && found.try !== null ? [{ scale: curve.scale, rate: found.try }] : [],
    );
    return { why: 'fewer than two scales have an optimum between their learning rates', try: missing };
  }
  const x = Math.log2(scale);
  const seeds = Math.min(...known.map(({ curve }) => seedsOf(curve)));
  const rate = lineAt(known, x, seeds, ({ log2Rate }) => log2Rate);
  const loss = lineAt(known, x, seeds, (optimum) => optimum.loss);
  const places = known.map((one) => one.x);
  return {
    log2Rate: rate.value,
    interval: rate.interval,
    loss: loss.value,
    lossInterval: loss.interval,
    from: known.map(({ curve }) => curve.scale),
    beyond: Math.max(0, x - Math.max(...places), Math.min(...places) - x),
    lineSeen: known.length > 2,
  };
}

interface Known {
  curve: ScaleCurve;
  x: number;
  optimum: Optimum;
}

function optimaOf(curves: readonly ScaleCurve[], picks?: readonly number[]): Known[] {
  return curves.flatMap((curve) => {
    const found = optimumOf(ratePoints(curve, picks));
    return hasOptimum(found) ? [{ curve, x: Math.log2(curve.scale), optimum: found }] : [];
  });
}

/** The line through one quantity of the optima at `x`, with a 90 % interval. */
function lineAt(known: readonly Known[], x: number, seeds: number, of: (optimum: Optimum) => number) {
  const at = (some: readonly Known[]) => {
    if (some.length < 2) return NaN;
    const [places, values] = [some.map((one) => one.x), some.map(({ optimum }) => of(optimum))];
    return mean(values) + slope(places, values) * (x - mean(places));
  };
  const value = at(known);
  const curves = known.map(({ curve }) => curve);
  const drawn = Array.from(seeds < 2 ? [] : resamples(seeds), (picks) => at(optimaOf(curves, picks)));
  const [low, high] = bootstrapQuantiles(drawn, LEVEL) ?? [value, value];
  const scatter = scatterAt(known, x, of);
  return {
    value,
    interval: [value - Math.hypot(value - low, scatter), value + Math.hypot(high - value, scatter)] as [
      number,
      number,
    ],
  };
}

/** Quantile .95 of Student's t for 1, 2, … degrees of freedom, then that of the normal. */
const STUDENT = [6.314, 2.92, 2.353, 2.132, 2.015, 1.943, 1.895, 1.86];
const NORMAL = 1.645;

/** Half width of the 90 % interval that the distances of the optima from their line give at `x`; 0 for two optima. */
function scatterAt(known: readonly Known[], x: number, of: (optimum: Optimum) => number): number {
  const [places, values] = [known.map((one) => one.x), known.map(({ optimum }) => of(optimum))];
  const free = known.length - 2;
  if (free < 1) return 0;
  const [centre, level, steep] = [mean(places), mean(values), slope(places, values)];
  const squares = values.reduce(
    (sum, value, at) => sum + (value - level - steep * (places[at]! - centre)) ** 2,
    0,
  );
  const spread = places.reduce((sum, place) => sum + (place - centre) ** 2, 0);
  const factor = 1 / known.length + (x - centre) ** 2 / spread;
  return (STUDENT[free - 1] ?? NORMAL) * Math.sqrt((squares / free) * factor);
}

function seedsOf({ losses }: RateCurve): number {
  return Math.min(...losses.map((row) => row.length));
}
