/** @file One column of the comparison as dots over repeats: every split is seen, not only its mean. */
import type { CompareAnswer, ConformalScoreId } from '../../../../main/rpc/contract';
import type { Mark, Scene } from '../../../../figures/scene';
import { count as formatCount } from '../../../../figures/format';
import { levelMark, lineMark, pointsMark } from '../marks';
import type { Looks } from '../sizes/scenes';
import { meanOf } from '../sizes/scenes';
import { compareColumns, valuesOf, type CompareColumn } from './table';

/** Scores across, values up; a dot per split and a stroke at the mean. Null without a value. */
export function dotScene(
  answer: CompareAnswer,
  column: CompareColumn['id'],
  reference: ConformalScoreId | null,
  { lookOf, titleOf }: Looks,
): Scene | null {
  const held = answer.rows.find(({ score }) => score === reference) ?? null;
  const rows = answer.rows.map((row) => ({ row, values: Array.from(valuesOf(row, column, answer, held)) }));
  const all = rows.flatMap(({ values }) => values.filter(Number.isFinite));
  if (all.length === 0) return null;
  const asked =
    column === 'coverage' || column === 'worstSlab' ? [1 - answer.alpha] : column === 'difference' ? [0] : [];
  const band = column === 'coverage' ? answer.band : [];
  const [low, high] = [Math.min(...all, ...asked, ...band), Math.max(...all, ...asked, ...band)];
  const room = (high - low || Math.abs(high) || 1) * 0.06;
  const domain: [number, number] = [0.4, rows.length + 0.6];
  const marks: Mark[] = [];
  if (column === 'coverage')
    marks.push({
      kind: 'band',
      id: 'band',
      label: '99.9 % band of one draw',
      x: Float64Array.from(domain),
      low: Float64Array.of(answer.band[0], answer.band[0]),
      high: Float64Array.of(answer.band[1], answer.band[1]),
      color: 'series-0',
      opacity: 0.2,
    });
  for (const at of asked)
    marks.push(
      levelMark('asked', column === 'difference' ? 'as the reference' : 'as asked', at, domain, {
        color: 'ink-third',
        stroke: 'dashed',
      }),
    );
  rows.forEach(({ row, values }, k) => {
    const finite = values.filter(Number.isFinite);
    if (finite.length === 0) return;
    const { color } = lookOf(row.score);
    const label = `${k + 1} ${titleOf(row.score)}`;
    const { mean } = meanOf(finite);
    // Splits stand side by side, so that equal values do not hide each other.
    const place = (i: number): number =>
      k + 1 + (values.length > 1 ? (i / (values.length - 1) - 0.5) * 0.3 : 0);
    marks.push(
      pointsMark(
        `dots ${row.score}`,
        label,
        values.flatMap((value, i): [number, number][] => (Number.isFinite(value) ? [[place(i), value]] : [])),
        { color, opacity: 0.8, radius: 2.6 },
      ),
      lineMark(`mean ${row.score}`, label, [k + 0.75, k + 1.25], [mean, mean], { color }),
    );
  });
  const { title, help } = compareColumns.find(({ id }) => id === column)!;
  return {
    title: `${title.charAt(0).toUpperCase()}${title.slice(1)} over ${formatCount(answer.repeats)} ${answer.repeats === 1 ? 'split' : 'splits'}`,
    subtitle: help,
    x: {
      label: 'score, numbered as in the legend',
      scale: 'linear',
      domain,
      ticks: rows.map((_, k) => k + 1),
    },
    y: { label: title, scale: 'linear', domain: [low - room, high + room] },
    equalAspect: false,
    marks,
  };
}
