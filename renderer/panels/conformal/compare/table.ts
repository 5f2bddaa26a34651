/** @file The comparison of scores: rows of means with errors, verdicts and paired differences in words, and a column as dots. */
import { capital, number as formatNumber, plural, spread } from '../../../../figures/format';
import { plot, type MarkOptions } from '../../../../figures/plot';
import type { Scene } from '../../../../figures/scene';
import type { FigureTable } from '../../../../figures/table';
import type { Column, Sorting } from '../../../parts/table';
import type { Answer, ConformalScoreId, Looks } from '../conformal.svelte';
import { asked, bandOfOneDraw } from '../marks';
import { meanOf } from '../sizes/scenes';
import { guarantees, shareText, twoDigits } from '../words';

export type Comparison = Answer<'compare'>;
export type Row = Comparison['rows'][number];

export const compareColumns = [
  {
    id: 'coverage',
    title: 'coverage',
    help: 'Share of test rows whose truth is inside, mean ± standard error over splits',
  },
  {
    id: 'size',
    title: 'log V / d',
    help: 'Natural logarithm of the volume per target, standardised units: −0.1 makes each side a tenth shorter',
  },
  { id: 'side', title: 'side', help: 'Side of a cube of that volume, e^(log V / d), standardised units' },
  {
    id: 'difference',
    title: 'Δ log V / d',
    help: 'Paired difference to the reference over the same splits; below 0 is smaller',
  },
  { id: 'worstSlab', title: 'worst slab', help: 'Coverage in the worst slab, measured on held-out rows' },
  { id: 'ert', title: 'ERT', help: 'Excess risk of target coverage: how well features tell where sets miss' },
  { id: 'cecX', title: 'CEC-X', help: 'Squared error of coverage over clusters of rows, × 100' },
  { id: 'fitSeconds', title: 'fit', help: 'Seconds to fit and calibrate the score' },
  { id: 'queryMilliseconds', title: 'per row', help: 'Milliseconds to ask whether one row is inside' },
] as const satisfies readonly Column[];
export type ColumnId = (typeof compareColumns)[number]['id'];

/** Values of a column per repeat; NaN where there is none. */
function valuesOf(row: Row, column: ColumnId, answer: Comparison, reference: Row | null): Float64Array {
  switch (column) {
    case 'size':
      return row.logVolume.map((value) => value / answer.d);
    case 'side':
      return row.logVolume.map((value) => Math.exp(value / answer.d));
    case 'difference':
      return row.logVolume.map((value, k) => (value - (reference?.logVolume[k] ?? NaN)) / answer.d);
    default:
      return row[column];
  }
}

/** The score that others are held against: the ellipsoid, or the standardised map's Mahalanobis half where there is one. */
export function defaultReference(answer: Comparison): ConformalScoreId | null {
  const known = answer.rows.map(({ score }) => score);
  const halves: ConformalScoreId[] = known.includes('otcpStandardised') ? ['gaussianEllipsoid'] : [];
  const wanted: ConformalScoreId[] = [...halves, 'mahalanobis', 'l2'];
  return wanted.find((id) => known.includes(id)) ?? known[0] ?? null;
}

/** A cell in words: a mean with its error, or why there is none. */
export function cellText(row: Row, column: ColumnId, answer: Comparison, reference: Row | null): string {
  if (column === 'difference' && reference?.score === row.score) return 'reference';
  const { mean, error, count } = meanOf(valuesOf(row, column, answer, reference));
  if (count === 0) {
    // A set that is everything misses nothing, on any split.
    const everything = row.coverage.length > 0 && row.coverage.every((value) => value >= 1);
    return everything && ['size', 'side', 'difference'].includes(column) ? 'everything' : 'not measured';
  }
  // Times vary with the machine, not with the data: an error would say nothing.
  if (column === 'fitSeconds') return `${twoDigits(mean)} s`;
  if (column === 'queryMilliseconds') return `${twoDigits(mean)} ms`;
  const partly = count < answer.repeats ? ` (${count} of ${answer.repeats})` : '';
  if (column === 'coverage' || column === 'worstSlab')
    return `${shareText(mean)}${error ? ` ± ${shareText(error)}` : ''}${partly}`;
  const scale = column === 'ert' ? 100 : 1;
  const text = error ? spread(scale * mean, scale * error) : formatNumber(scale * mean);
  return `${text}${column === 'ert' ? ' %' : ''}${partly}`;
}

/** Whether the mean coverage lies in the band of a single draw, in words. */
export function bandText(row: Row, band: readonly [number, number]): { text: string; good: boolean } | null {
  const { mean, count } = meanOf(row.coverage);
  if (count === 0) return null;
  if (mean < band[0]) return { text: 'below', good: false };
  return mean > band[1] ? { text: 'above', good: false } : { text: 'inside', good: true };
}

/** "smaller in 8 of 10 splits, t = −3.2": the paired difference in words; null for the reference or without pairs. */
export function pairedText(row: Row, answer: Comparison, reference: Row | null): string | null {
  if (!reference || reference.score === row.score) return null;
  const differences = Array.from(valuesOf(row, 'difference', answer, reference)).filter(Number.isFinite);
  if (differences.length === 0) return null;
  const smaller = differences.filter((value) => value < 0).length;
  const { mean, error } = meanOf(differences);
  const t = error ? `, t = ${twoDigits(mean / error)}` : '';
  return `smaller in ${smaller} of ${plural(differences.length, 'split')}${t}`;
}

/** Rows in the order of a column; what has no number comes last either way. */
export function sortedRows(
  answer: Comparison,
  { column, descending }: Sorting<ColumnId | 'score'>,
  reference: Row | null,
  titleOf: Looks['titleOf'],
): Row[] {
  const direction = descending ? -1 : 1;
  if (column === 'score')
    return [...answer.rows].sort((a, b) => direction * titleOf(a.score).localeCompare(titleOf(b.score)));
  const keyed = answer.rows.map((row) => ({ row, key: meanOf(valuesOf(row, column, answer, reference)) }));
  return keyed
    .sort((a, b) => {
      const [none, other] = [a.key.count === 0, b.key.count === 0];
      if (none || other) return Number(none) - Number(other);
      return direction * (a.key.mean - b.key.mean);
    })
    .map(({ row }) => row);
}

/** Every repeat of every score at full precision, for a file. */
export function compareTable(answer: Comparison, titleOf: Looks['titleOf']): FigureTable {
  const keys = [
    'coverage',
    'logVolume',
    'worstSlab',
    'ert',
    'cecX',
    'fitSeconds',
    'queryMilliseconds',
  ] as const;
  return {
    columns: ['score', 'title', 'guarantee', 'repeat', ...keys],
    rows: answer.rows.flatMap((row) =>
      Array.from({ length: answer.repeats }, (_, repeat) => {
        const values = keys.map((key) => row[key][repeat] ?? NaN);
        const name = [row.score, titleOf(row.score), guarantees[row.guarantee].title];
        return [...name, repeat + 1, ...values.map((value) => (Number.isFinite(value) ? value : ''))];
      }),
    ),
  };
}

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
