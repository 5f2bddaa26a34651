/** @file Calibration and held-out halves of the same prompts, again and again: how often the safe strength is violated, and what is lost to the best in hindsight. */
import { stream } from '../../../native-models';
import { hitBand } from '../../../main/calibration/band';
import type { Limits } from '../../../main/methods/steer/strength/summary';
import { allowedBy } from '../../../main/methods/steer/strength/summary';
import { safeStrength, violatedShare } from '../../../main/steering/strength/conformal';
import type { StrengthMeasured } from './strength';

const SPLITS = 30;
const DRAWS = 2000;

export interface Split {
  safe: number;
  /** Share of held-out prompts that are violated at the safe strength. */
  violated: number;
  /** The largest strength at which at most α of the held-out prompts are violated, as nobody can know beforehand. */
  hindsight: number;
  /** Whether the share of prompts that are not violated lies in the exact 99.9 % band of one split. */
  inBand: boolean;
}

export function splitsOf(allowed: Float64Array, alpha: number): Split[] {
  const half = Math.floor(allowed.length / 2);
  return Array.from({ length: SPLITS }, (_, split) => {
    const order = stream(0, 'strength split', split).permutation(allowed.length);
    const calibration = Float64Array.from(order.subarray(0, half), (at) => allowed[at]!);
    const held = Float64Array.from(order.subarray(half), (at) => allowed[at]!);
    const { strength } = safeStrength(calibration, alpha);
    const violated = violatedShare(held, [strength])[0]!;
    const [low, high] = hitBand(half, alpha, held.length);
    const hindsight = largestWithinShare(held, alpha);
    return { safe: strength, violated, hindsight, inBand: 1 - violated >= low && 1 - violated <= high };
  });
}

/** The largest strength at which at most a share α allows less. */
export function largestWithinShare(allowed: Float64Array, alpha: number): number {
  return allowed.slice().sort()[Math.floor(alpha * allowed.length + 1e-9)]!;
}

/** A value on the lines between points; the nearest end outside. */
export function between(xs: readonly number[], ys: readonly number[], x: number): number {
  const after = xs.findIndex((one) => one >= x);
  if (after < 0) return ys.at(-1)!;
  if (after === 0) return ys[0]!;
  const share = (x - xs[after - 1]!) / (xs[after]! - xs[after - 1]!);
  return ys[after - 1]! + share * (ys[after]! - ys[after - 1]!);
}

export interface Shares {
  /** Mean gain at the safe strength, with a 95 % interval over continuations. */
  gain: [value: number, low: number, high: number];
  /** Of the splits: mean gain at the safe strength ÷ mean gain at that in hindsight, with a 95 % interval over continuations. */
  ofHindsight: [value: number, low: number, high: number];
  /** Mean, and lowest, of the ratios split by split. */
  ratios: [mean: number, least: number];
  /** The same against the best in hindsight of all prompts, calibration ones among them. */
  ofAll: number;
  /** Against the largest gain at any strength that was tried, whatever its side effects. */
  ofAny: [value: number, at: number];
}

/** `told[λ][continuation]` by the strengths of `presence`, ascending from 0. */
export function sharesOf(
  splits: readonly Split[],
  { all, lambdas, told }: { all: number; lambdas: readonly number[]; told: readonly (readonly number[])[] },
): Shares {
  const n = told[0]!.length;
  const gains = (picks: ArrayLike<number>) =>
    told.map((one) => {
      let sum = 0;
      for (let k = 0; k < picks.length; k++) sum += one[picks[k]!]! - told[0]![picks[k]!]!;
      return sum / picks.length;
    });
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const share = (gain: readonly number[]) => {
    const at = (strength: number) => between(lambdas, gain, strength);
    return mean(splits.map(({ safe }) => at(safe))) / mean(splits.map(({ hindsight }) => at(hindsight)));
  };
  const gain = gains(Array.from({ length: n }, (_, k) => k));
  const drawn = Array.from({ length: DRAWS }, (_, draw) =>
    gains(stream(0, 'strength study', draw).integers(new Int32Array(n), n)),
  );
  const safeGain = (own: readonly number[]) => mean(splits.map((split) => between(lambdas, own, split.safe)));
  const interval = (of: (own: readonly number[]) => number): [number, number, number] => {
    const values = Float64Array.from(drawn, of).sort();
    return [of(gain), values[Math.floor(0.025 * DRAWS)]!, values[Math.ceil(0.975 * DRAWS) - 1]!];
  };
  const at = (strength: number) => between(lambdas, gain, strength);
  const ratios = splits.map((split) => at(split.safe) / at(split.hindsight));
  const safe = safeGain(gain);
  const most = Math.max(...gain);
  return {
    gain: interval(safeGain),
    ofHindsight: interval(share),
    ratios: [mean(ratios), Math.min(...ratios)],
    ofAll: safe / at(all),
    ofAny: [safe / most, lambdas[gain.indexOf(most)]!],
  };
}

/** Largest strengths that the prompts allow, by limits. */
export function allowedOf({ effects, lambdas }: StrengthMeasured, limits: Limits): Float64Array {
  return allowedBy(effects, lambdas, limits);
}
