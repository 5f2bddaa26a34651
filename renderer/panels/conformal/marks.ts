/** @file Marks and axes that several figures of Conformal sets have. */
import type { AxisOptions, MarkOptions } from '../../../figures/plot';
import type { ColorToken } from '../../../figures/scene';

/** What was asked for, as a dashed line through the whole figure. */
export function asked(
  at: { x: number } | { y: number },
  color: ColorToken = 'ink-second',
  label = 'as asked',
): MarkOptions {
  return { kind: 'rule', label, color, stroke: 'dashed', ...at };
}

/** Where coverage lies when sets hold what they promise. */
export function bandOfOneDraw(
  at: { x: readonly [number, number] } | { y: readonly [number, number] },
): MarkOptions {
  return { kind: 'zone', label: '99.9 % band of one draw', color: 'series-0', opacity: 0.2, ...at };
}

/** Up to full coverage, from the tenth below the lowest of these. */
export function coverageAxis(values: readonly number[]): AxisOptions {
  const lowest = Math.min(...values.filter(Number.isFinite));
  return { label: 'coverage', domain: [Math.max(0, Math.floor((lowest - 0.05) * 10) / 10), 1.02] };
}
