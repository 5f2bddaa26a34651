/** @file Shares and means of continuations with the interval that chance leaves, by bootstrap over the continuations. */
import { stream } from '../../../../native-models';
import type { Banded } from '../../../contract/steer';

const DRAWS = 1000;

/** What a continuation adds to a ratio of sums: (a hit, 1), (−log-probability, tokens). */
export interface Part {
  top: number;
  bottom: number;
}

/**
 * `of(Σ top ÷ Σ bottom)` with its 95 % percentile interval; parts with a bottom of 0 count for nothing, and NaN stands where
 * none counts. The same draws for every point of a sweep, whose bands therefore move together.
 */
export function banded(parts: readonly Part[], seed: number, of = (ratio: number) => ratio): Banded {
  const counted = parts.filter(({ top, bottom }) => bottom > 0 && Number.isFinite(top));
  const n = counted.length;
  const sum = (key: keyof Part) => counted.reduce((total, part) => total + part[key], 0);
  const value = of(sum('top') / sum('bottom'));
  if (n < 2) return { value, low: NaN, high: NaN };
  const picks = new Int32Array(n);
  const drawn = new Float64Array(DRAWS);
  for (let draw = 0; draw < DRAWS; draw++) {
    stream(seed, 'steer band', draw).integers(picks, n);
    let [top, bottom] = [0, 0];
    for (const at of picks) {
      top += counted[at]!.top;
      bottom += counted[at]!.bottom;
    }
    drawn[draw] = of(top / bottom);
  }
  drawn.sort();
  return { value, low: drawn[Math.floor(0.025 * DRAWS)]!, high: drawn[Math.ceil(0.975 * DRAWS) - 1]! };
}
