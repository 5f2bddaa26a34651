/** @file Figures of the Sizes tab: log-volumes over test rows, and what smaller sets cost in coverage. */
import { histogramScene } from '../../../../figures/bins';
import { count as formatCount, number as formatNumber, plural } from '../../../../figures/format';
import { plot, type MarkOptions } from '../../../../figures/plot';
import type { Scene } from '../../../../figures/scene';
import type { Comparison } from '../compare/table';
import type { Answer, Looks } from '../conformal.svelte';
import { asked, bandOfOneDraw } from '../marks';
import { levelText } from '../words';

type Sizes = Answer<'sizes'>;

/** Draws of a volume below this say little. */
const fewestDraws = 200;

/** One log-volume for every row, or null where sizes differ. */
export function sameSize({ logVolume }: Pick<Sizes['sizes'][number], 'logVolume'>): number | null {
  const finite = logVolume.filter(Number.isFinite);
  if (finite.length === 0) return null;
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  return high - low <= 1e-6 * Math.max(1, Math.abs(high)) ? (low + high) / 2 : null;
}

/** Log-volume per target over the test rows; an upright line where it is the same for all. Null without a finite size. */
export function sizesScene({ d, sizes }: Sizes, alpha: number, { lookOf, titleOf }: Looks): Scene | null {
  const finite = sizes
    .filter(({ logVolume }) => logVolume.some(Number.isFinite))
    .map((one) => ({ ...one, same: sameSize(one) }));
  if (finite.length === 0) return null;
  const spread = finite.filter(({ same }) => same === null);
  const fixed = finite.flatMap(({ score, same }) => (same === null ? [] : [{ score, size: same / d }]));
  const rows = formatCount(Math.max(0, ...sizes.map((one) => one.logVolume.length)));
  const names = fixed.map(({ score }) => titleOf(score)).join(', ');
  const scene = histogramScene({
    title: `How large the ${levelText(alpha)} sets are`,
    subtitle: `${rows} test rows${names && ` · lines: the same for every row (${names})`}`,
    xLabel: 'log-volume per target (standardised units)',
    yLabel: 'share of test rows',
    bins: 40,
    series: spread.map(({ score, logVolume }) => ({
      id: score,
      label: titleOf(score),
      values: logVolume.map((value) => value / d).filter(Number.isFinite),
      color: lookOf(score).color,
      outline: false,
    })),
  });
  const lines = plot({
    ...scene,
    x: { label: scene.x.label, include: spread.length > 0 ? scene.x.domain : [], room: 0.04, flat: 1 },
    marks: fixed.map(({ score, size }): MarkOptions => {
      return { kind: 'rule', label: titleOf(score), x: size, ...lookOf(score) };
    }),
  });
  return { ...lines, marks: [...scene.marks.map((mark) => ({ ...mark, opacity: 0.5 })), ...lines.marks] };
}

/** What no bar can show: everything, empty sets, and estimates from too few draws. */
export function sizeNotes(answer: Sizes, titleOf: Looks['titleOf']): string[] {
  return answer.sizes.flatMap(({ score, state, logVolume, effective }) => {
    const title = titleOf(score);
    if (state === 'everything')
      return [`${title}: everything, so no size; too few rows were calibrated for this level.`];
    if (state === 'empty') return [`${title}: empty for every row.`];
    const empty = logVolume.filter((value) => value === -Infinity).length;
    const [left, all] = [formatCount(empty), formatCount(logVolume.length)];
    return [
      empty > 0 && `${title}: empty for ${left} of ${all} rows, left out of the bars.`,
      effective !== null &&
        effective < fewestDraws &&
        `${title}: unreliable, the volume rests on ${formatNumber(Math.round(effective))} effective draws.`,
    ].filter((note) => note !== false);
  });
}

/** Median side of a cube of the same volume, in standardised and, where targets share it, no other units. */
export function typicalSides(
  { d, logUnit, sizes }: Sizes,
  titleOf: Looks['titleOf'],
): { title: string; side: number; logUnits: number }[] {
  return sizes.flatMap(({ score, logVolume }) => {
    // A typed array sorts by value.
    const finite = logVolume.filter(Number.isFinite).sort();
    const median = finite[Math.floor(finite.length / 2)];
    if (median === undefined) return [];
    return [{ title: titleOf(score), side: Math.exp(median / d), logUnits: median + logUnit }];
  });
}

/** Mean and standard error of the finite values; the error is null for a single one. */
export function meanOf(values: ArrayLike<number>): { mean: number; error: number | null; count: number } {
  const finite = Array.from(values).filter(Number.isFinite);
  const count = finite.length;
  const mean = finite.reduce((sum, value) => sum + value, 0) / count;
  if (count < 2) return { mean, error: null, count };
  const variance = finite.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  const error = Math.sqrt(variance / count);
  // Equal values differ by rounding only, which is no error.
  return { mean, error: error > 1e-12 * Math.abs(mean) ? error : 0, count };
}

/** Size against coverage, a point per score: small and at the level is good. Null without a finite point. */
export function tradeScene(answer: Comparison, { lookOf, titleOf }: Looks): Scene | null {
  const { alpha, band, d, repeats } = answer;
  const points = answer.rows.flatMap((row) => {
    const [coverage, size] = [meanOf(row.coverage), meanOf(row.logVolume.map((value) => value / d))];
    return coverage.count > 0 && size.count > 0 ? [{ score: row.score, coverage, size }] : [];
  });
  if (points.length === 0) return null;
  const marks = points.flatMap(({ score, coverage, size }): MarkOptions[] => {
    const look = { label: titleOf(score), color: lookOf(score).color };
    const error = size.error ?? 0;
    const at = [{ x: coverage.mean, low: size.mean - error, high: size.mean + error }];
    return [
      { kind: 'intervals', id: `error ${score}`, ...look, at },
      { kind: 'points', id: `score ${score}`, ...look, points: [[coverage.mean, size.mean]], radius: 4 },
    ];
  });
  const ends = points.flatMap(({ coverage: { mean, error } }) => [mean - (error ?? 0), mean + (error ?? 0)]);
  return plot({
    title: 'Size against coverage',
    subtitle: `mean over ${plural(repeats, 'split')} at ${levelText(alpha)}, strokes ± one standard error · low and at the line is good`,
    x: { label: 'coverage on test rows', include: ends, room: 0.08, flat: 0.1 },
    y: { label: 'log-volume per target (standardised units)', room: 0.08, flat: 0.1 },
    marks: [bandOfOneDraw({ x: band }), asked({ x: 1 - alpha }, 'ink-third'), ...marks],
  });
}
