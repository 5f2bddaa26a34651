/** @file Marks that several figures of Conformal sets have. */
import type { MarkOptions } from '../../../figures/plot';
import type { ColorToken } from '../../../figures/scene';

/** What was asked for, as a dashed line through the whole figure. */
export function asked(
  at: { x: number } | { y: number },
  color: ColorToken = 'ink-second',
  label = 'as asked',
): MarkOptions {
  return { kind: 'rule', id: 'asked', label, color, stroke: 'dashed', ...at };
}

/** Where coverage lies when sets hold what they promise. */
export function bandOfOneDraw(
  at: { x: readonly [number, number] } | { y: readonly [number, number] },
): MarkOptions {
  return {
    kind: 'zone',
    id: 'band',
    label: '99.9 % band of one draw',
    color: 'series-0',
    opacity: 0.2,
    ...at,
  };
}
