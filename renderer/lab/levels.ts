/** @file Numeric levels as they are written. */
import type { NumericLevel } from '../../main/rpc/contract';

/** `fp32`, `4-bit · 0`, `4-bit · 4`. */
export function levelTitle(level: NumericLevel): string {
  return level === 'fp32' ? 'fp32' : level.replace(/-(\d)$/, ' · $1');
}

/** How products are summed, in a word or two. */
export const levelWords: Record<NumericLevel, string> = {
  fp32: 'decoded weights',
  '4-bit-0': 'fp32 sums',
  '4-bit-4': 'fast arithmetic',
};
