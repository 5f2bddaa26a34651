/** @file One column of the comparison as dots over repeats: every split is seen, not only its mean. */
import { plural } from '../../../../figures/format';
import { plot, type MarkOptions } from '../../../../figures/plot';
import type { Scene } from '../../../../figures/scene';
import type { ConformalScoreId, Looks } from '../conformal.svelte';
import { meanOf } from '../sizes/scenes';
import { asked, bandOfOneDraw } from '../marks';
import { capital } from '../words';
import { compareColumns, valuesOf, type ColumnId, type Comparison } from './table';

/** Scores across, values up; a dot per split and a stroke at the mean. Null without a value. */
export function dotScene(
  answer: Comparison,
  column: ColumnId,
  reference: ConformalScoreId | null,
  { lookOf, titleOf }: Looks,
): Scene | null {
  const held = answer.rows.find(({ score }) => score === reference) ?? null;
  const rows = answer.rows.map((row) => ({ row, values: Array.from(valuesOf(row, column, answer, held)) }));
  if (!rows.some(({ values }) => values.some(Number.isFinite))) return null;
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
    title: `${capital(title)} over ${plural(answer.repeats, 'split')}`,
    subtitle: help,
    x: {
      label: 'score, numbered as in the legend',
      domain: [0.4, rows.length + 0.6],
      ticks: rows.map((_, k) => k + 1),
    },
    y: { label: title, room: 0.06 },
    marks: [
      column === 'coverage' && bandOfOneDraw({ y: answer.band }),
      (column === 'coverage' || column === 'worstSlab') && asked({ y: 1 - answer.alpha }, 'ink-third'),
      column === 'difference' && asked({ y: 0 }, 'ink-third', 'as the reference'),
      ...dots,
    ],
  });
}
