/** @file One column of the comparison as dots over repeats: every split is seen, not only its mean. */
import type { AnswerOf } from '../../../../main/rpc/contract';
import { plural } from '../../../../figures/format';
import { plot, type MarkOptions } from '../../../../figures/plot';
import type { Scene } from '../../../../figures/scene';
import type { Looks } from '../sizes/scenes';
import { meanOf } from '../sizes/scenes';
import { compareColumns, valuesOf, type CompareColumn } from './table';
import type { ConformalScoreId } from '../conformal.svelte';

export type Comparison = AnswerOf<'conformal', 'compare'>;

/** Scores across, values up; a dot per split and a stroke at the mean. Null without a value. */
export function dotScene(
  answer: Comparison,
  column: CompareColumn['id'],
  reference: ConformalScoreId | null,
  { lookOf, titleOf }: Looks,
): Scene | null {
  const held = answer.rows.find(({ score }) => score === reference) ?? null;
  const rows = answer.rows.map((row) => ({ row, values: Array.from(valuesOf(row, column, answer, held)) }));
  if (!rows.some(({ values }) => values.some(Number.isFinite))) return null;
  const asked =
    column === 'coverage' || column === 'worstSlab' ? 1 - answer.alpha : column === 'difference' ? 0 : null;
  const dots = rows.flatMap(({ row, values }, k): MarkOptions[] => {
    const finite = values.filter(Number.isFinite);
    if (finite.length === 0) return [];
    const look = { label: `${k + 1} ${titleOf(row.score)}`, color: lookOf(row.score).color };
    const { mean } = meanOf(finite);
    // Splits stand side by side, so that equal values do not hide each other.
    const place = (i: number): number =>
      k + 1 + (values.length > 1 ? (i / (values.length - 1) - 0.5) * 0.3 : 0);
    const points = values.flatMap((value, i): [number, number][] =>
      Number.isFinite(value) ? [[place(i), value]] : [],
    );
    return [
      { kind: 'points', id: `dots ${row.score}`, ...look, points, opacity: 0.8, radius: 2.6 },
      { kind: 'line', id: `mean ${row.score}`, ...look, x: [k + 0.75, k + 1.25], y: [mean, mean] },
    ];
  });
  const { title, help } = compareColumns.find(({ id }) => id === column)!;
  return plot({
    title: `${title.charAt(0).toUpperCase()}${title.slice(1)} over ${plural(answer.repeats, 'split')}`,
    subtitle: help,
    x: {
      label: 'score, numbered as in the legend',
      domain: [0.4, rows.length + 0.6],
      ticks: rows.map((_, k) => k + 1),
    },
    y: { label: title, room: 0.06 },
    marks: [
      column === 'coverage' && {
        kind: 'zone',
        id: 'band',
        label: '99.9 % band of one draw',
        y: answer.band,
        color: 'series-0',
        opacity: 0.2,
      },
      asked !== null && {
        kind: 'rule',
        id: 'asked',
        label: column === 'difference' ? 'as the reference' : 'as asked',
        y: asked,
        color: 'ink-third',
        stroke: 'dashed',
      },
      ...dots,
    ],
  });
}
