/** @file Whether a fitted line says anything: the band of lines that chance would fit, from the same values with their sides permuted. */
import { stream } from '../../native-models';
import type { RowMatrix } from '../contract/projection';
import { fitters, type FittedMethod } from './fitters';
import { balanced } from './samples';

export interface NullBand {
  /** [points] activations, evenly from the smallest to the largest value of both sides. */
  at: Float64Array;
  /** [points] where the middle `level` of the lines of chance lie. */
  low: Float64Array;
  high: Float64Array;
  /** The line fitted on the sides as they are. */
  line: { w: number; beta: number };
  /** Whether the line lies inside the band at every point: then it is no finding. */
  inside: boolean;
}

export interface NullBandOptions {
  method: FittedMethod;
  seed: number;
  /** How often the sides are permuted; default 400. */
  draws?: number;
  /** Share of the lines in the band at each point; default .95. */
  level?: number;
  /** Default 33. */
  points?: number;
}

/**
 * The band of one unit, from its values on either side. Sides keep their counts; the larger is cut to the smaller by the same
 * permutation. Quantiles are taken point by point, so a line of chance leaves the band somewhere a little more often than
 * 1 − level; the answer of `inside` therefore errs towards a finding.
 */
export function nullBand(
  source: ArrayLike<number>,
  target: ArrayLike<number>,
  { method, seed, draws = 400, level = 0.95, points = 33 }: NullBandOptions,
): NullBand {
  const count = Math.min(source.length, target.length);
  const all = Float32Array.from([...Array.from(source), ...Array.from(target)]);
  const fit = (a: ArrayLike<number>, b: ArrayLike<number>) => {
    const sides = { source: column(a), target: column(b) };
    const { w, beta } = fitters[method](sides, { seed, groupWidth: null });
    return { w: w[0]!, beta: beta[0]! };
  };
  const sorted = all.slice().sort();
  const [least, most] = [sorted[0]!, sorted[sorted.length - 1]!];
  const at = Float64Array.from({ length: points }, (_, k) => least + ((most - least) * k) / (points - 1));
  const heights = Array.from({ length: points }, () => new Float64Array(draws));
  for (let draw = 0; draw < draws; draw++) {
    const order = stream(seed, 'steering null', draw).permutation(all.length);
    const taken = (from: number) => Float32Array.from({ length: count }, (_, k) => all[order[from + k]!]!);
    const { w, beta } = fit(taken(0), taken(count));
    heights.forEach((height, k) => (height[draw] = w * at[k]! + beta));
  }
  const edge = (share: number) =>
    Float64Array.from(heights, (height) => height.sort()[Math.round(share * (draws - 1))]!);
  const [low, high] = [edge((1 - level) / 2), edge((1 + level) / 2)];
  // A seeded choice where counts differ: the first values may be the smallest.
  const kept = balanced({ source: column(source), target: column(target) }, seed);
  const line = fit(kept.source.data, kept.target.data);
  return { at, low, high, line, inside: liesInside({ at, low, high }, line) };
}

/** Whether a line lies inside a band at every point. */
export function liesInside(
  { at, low, high }: Pick<NullBand, 'at' | 'low' | 'high'>,
  { w, beta }: { w: number; beta: number },
): boolean {
  return at.every((x, k) => low[k]! <= w * x + beta && w * x + beta <= high[k]!);
}

function column(values: ArrayLike<number>): RowMatrix {
  return { data: Float32Array.from(values), rows: values.length, columns: 1 };
}
