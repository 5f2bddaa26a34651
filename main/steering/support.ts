/** @file The support of a map: between which values of the source a unit is transported, and how much of it that is. */
import type { HookMap, SupportName } from '../contract/steering';
import type { RowMatrix } from '../contract/projection';
import { NO_END } from './map';
import { sortedUnits } from './samples';

export interface Support {
  lo: Float32Array;
  hi: Float32Array;
  /** In sentences; empty where there is nothing to say. */
  warnings: string[];
}

/** Lower and upper share in per cent, or null for everything. */
const shares: Readonly<Record<SupportName, readonly [number, number] | null>> = {
  q_all: null,
  q_0_100: [0, 100],
  'q_0.5_99.5': [0.5, 99.5],
  q_1_99: [1, 99],
  q_2_98: [2, 98],
  q_3_97: [3, 97],
  q_5_95: [5, 95],
  q_10_90: [10, 90],
  q_20_80: [20, 80],
  q_30_70: [30, 70],
  q_40_60: [40, 60],
};
export const supportNames = Object.keys(shares) as SupportName[];

/**
 * Quantiles of every unit of the source, linear between order statistics. `samples` [rows, units] are pooled values, or single
 * tokens. Everything (`q_all`) is ±1e6, as the released code has it, and warns where a value reaches that.
 */
export function supportOf(samples: RowMatrix, name: SupportName): Support {
  const { data, columns } = samples;
  const share = shares[name];
  const lo = new Float32Array(columns).fill(-NO_END);
  const hi = new Float32Array(columns).fill(NO_END);
  if (share === null) {
    const beyond = data.reduce((count, value) => count + Number(Math.abs(value) >= NO_END), 0);
    const warning = `${beyond} of ${data.length} values reach 1e6 and are not transported by q_all`;
    return { lo, hi, warnings: beyond > 0 ? [warning] : [] };
  }
  let empty = 0;
  for (let unit = 0; unit < columns; unit++) {
    const sorted = sortedUnits(samples)[unit]!;
    lo[unit] = quantile(sorted, share[0] / 100);
    hi[unit] = quantile(sorted, share[1] / 100);
    if (!(lo[unit]! < hi[unit]!)) empty += 1;
  }
  const warning = `${empty} of ${columns} units have an empty support and are not transported`;
  return { lo, hi, warnings: empty > 0 ? [warning] : [] };
}

/** Share of values [rows, units] that a map transports, over its steered units; NaN where there are none. Both ends are strict. */
export function transportedShare({ units, lo, hi }: HookMap, { data, columns }: RowMatrix): number {
  let inside = 0;
  for (let first = 0; first < data.length; first += columns)
    for (let unit = 0; unit < columns; unit++) {
      const value = data[first + unit]!;
      if (units[unit] !== 0 && lo[unit]! < value && value < hi[unit]!) inside += 1;
    }
  const steered = units.reduce((sum, on) => sum + Number(on !== 0), 0);
  return inside / (steered * (data.length / columns));
}

/** Whether any steered unit stops transporting somewhere below ±1e6. */
export function hasSupport({ units, lo, hi }: HookMap): boolean {
  return units.some((on, unit) => on === 1 && (lo[unit]! > -NO_END || hi[unit]! < NO_END));
}

function quantile(sorted: Float32Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const rest = place - below;
  return rest === 0 ? sorted[below]! : (1 - rest) * sorted[below]! + rest * sorted[below + 1]!;
}
