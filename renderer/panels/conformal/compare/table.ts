/** @file The comparison of scores as rows: means with errors, verdicts in words, paired differences to a reference. */
import { number as formatNumber, plural, spread } from '../../../../figures/format';
import { meanOf } from '../sizes/scenes';
import { shareText, type Guarantee } from '../words';
import type { Comparison } from './scenes';
import type { ConformalScoreId } from '../conformal.svelte';

type Row = Comparison['rows'][number];

export interface CompareColumn {
  id:
    | 'coverage'
    | 'size'
    | 'side'
    | 'difference'
    | 'worstSlab'
    | 'ert'
    | 'cecX'
    | 'fitSeconds'
    | 'queryMilliseconds';
  title: string;
  help: string;
}

export const compareColumns: readonly CompareColumn[] = [
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
];

/** Values of a column per repeat; NaN where there is none. */
export function valuesOf(
  row: Row,
  column: CompareColumn['id'],
  answer: Comparison,
  reference: Row | null,
): Float64Array {
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
export function cellText(
  row: Row,
  column: CompareColumn['id'],
  answer: Comparison,
  reference: Row | null,
): string {
  if (column === 'difference' && reference?.score === row.score) return 'reference';
  const { mean, error, count } = meanOf(valuesOf(row, column, answer, reference));
  if (count === 0) return isSize(column) && coversAll(row) ? 'everything' : 'not measured';
  const partly = count < answer.repeats ? ` (${count} of ${answer.repeats})` : '';
  if (column === 'coverage' || column === 'worstSlab')
    return `${shareText(mean)}${error === null || error === 0 ? '' : ` ± ${shareText(error)}`}${partly}`;
  const unit = column === 'fitSeconds' ? ' s' : column === 'queryMilliseconds' ? ' ms' : '';
  const scale = column === 'ert' ? 100 : 1;
  // Times vary with the machine, not with the data: an error would say nothing.
  if (unit !== '') return `${formatNumber(Number(mean.toPrecision(2)))}${unit}`;
  const text =
    error === null || error === 0 ? formatNumber(scale * mean) : spread(scale * mean, scale * error);
  return `${text}${column === 'ert' ? ' %' : ''}${partly}`;
}

/** A set that is everything misses nothing, on any split. */
function coversAll(row: Row): boolean {
  return row.coverage.length > 0 && row.coverage.every((value) => value >= 1);
}

function isSize(column: CompareColumn['id']): boolean {
  return column === 'size' || column === 'side' || column === 'difference';
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
  const t = error !== null && error > 0 ? `, t = ${formatNumber(Number((mean / error).toPrecision(2)))}` : '';
  return `smaller in ${smaller} of ${plural(differences.length, 'split')}${t}`;
}

export interface Sorting {
  column: CompareColumn['id'] | 'score';
  descending: boolean;
}

/** Rows in the order of a column; what has no number comes last either way. */
export function sortedRows(
  answer: Comparison,
  { column, descending }: Sorting,
  reference: Row | null,
  titleOf: (score: ConformalScoreId) => string,
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
export function compareTable(
  answer: Comparison,
  titleOf: (score: ConformalScoreId) => string,
  guaranteeOf: (guarantee: Guarantee) => string,
): { columns: string[]; rows: (string | number)[][] } {
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
      Array.from({ length: answer.repeats }, (_, repeat) => [
        row.score,
        titleOf(row.score),
        guaranteeOf(row.guarantee),
        repeat + 1,
        ...keys.map((key) => {
          const value = row[key][repeat];
          return value !== undefined && Number.isFinite(value) ? value : '';
        }),
      ]),
    ),
  };
}
