/** @file Figures of the Calibration tab: coverage at every level over its exact ribbon, and scores on both kinds of rows. */
import { padded, plot, type MarkOptions, type PlotOptions } from '../../../../figures/plot';
import type { ColorToken, Scene } from '../../../../figures/scene';
import { count as formatCount, number as formatNumber } from '../../../../figures/format';
import type { Answer, Looks } from '../conformal.svelte';
import { asked } from '../marks';
import { levelText, shareText, twoDigits } from '../words';

type Coverage = Answer<'coverage'>;

/**
 * Coverage on the test rows against the level, or its excess over the level, in which small differences are seen.
 * Null without a level.
 */
export function coverageScene(
  { levels, curves, low, high, calibration, test }: Coverage,
  alpha: number,
  excess: boolean,
  { lookOf, titleOf }: Looks,
): Scene | null {
  if (levels.length === 0) return null;
  const from = (values: Float64Array): Float64Array =>
    excess ? values.map((value, k) => value - levels[k]!) : values;
  const [lows, highs] = [from(low), from(high)];
  const shown = curves.map(({ score, coverage }) => ({ score, y: from(coverage) }));
  const [bottom, top] = padded([...lows, ...highs, ...shown.flatMap(({ y }) => [...y])], {
    room: 0.06,
    flat: 0.1,
  });
  return plot({
    title: excess ? 'Coverage beyond the level' : 'Coverage over level',
    subtitle: `${formatCount(test)} test rows, ${formatCount(calibration)} calibration rows`,
    x: { label: 'level 1 − α', domain: [levels[0]!, levels.at(-1)!] },
    y: {
      label: excess ? 'coverage − level' : 'coverage',
      domain: excess ? [bottom, top] : [Math.max(0, bottom), Math.min(1.01, top)],
    },
    marks: [
      {
        kind: 'band',
        label: 'exact 95 % band of one calibration and one test draw',
        x: levels,
        low: lows,
        high: highs,
        color: 'series-0',
        opacity: 0.25,
      },
      { kind: 'line', label: 'as asked', x: levels, y: from(levels), color: 'ink-third', opacity: 0.8 },
      { ...asked({ x: 1 - alpha }, 'ink-second', `${levelText(alpha)}, shown`), id: 'now', opacity: 0.8 },
      ...shown.map(({ score, y }): MarkOptions => {
        return { kind: 'line', label: titleOf(score), x: levels, y, ...lookOf(score) };
      }),
    ],
  });
}

/** The scores that leave their ribbon somewhere, in words. */
export function coverageText({ curves, low, high, band }: Coverage, titleOf: Looks['titleOf']): string {
  const outside = curves.flatMap(({ score, coverage }) => {
    const below = coverage.some((value, k) => value < low[k]! - 1e-9);
    const above = coverage.some((value, k) => value > high[k]! + 1e-9);
    const sides = [below && 'below', above && 'above'].filter(Boolean);
    return sides.length > 0 ? [`${titleOf(score)} ${sides.join(' and ')} it`] : [];
  });
  const [from, to] = band.map(shareText);
  const chance = `At the run’s level one calibration draw covers between ${from} and ${to} in 99.9 % of cases.`;
  if (outside.length === 0) return `Every shown score stays in its band. ${chance}`;
  return `Outside the band at some level: ${outside.join(', ')}. Of all levels together, one in a few leaves a 95 % band by chance. ${chance}`;
}

/** One score on calibration and test rows, and the radius that the level asks for. */
export function scoresScene(answer: Answer<'scoresOf'>, title: string, alpha: number): Scene {
  const { edges, radius, p } = answer;
  const inside = radius !== null && radius >= (edges[0] ?? 0) && radius <= (edges.at(-1) ?? 1);
  const radiusText =
    radius === null
      ? 'no radius at this level'
      : `calibrated radius ${formatNumber(radius)} at ${levelText(alpha)}${inside ? '' : ', beyond the axis'}`;
  return besideCalibration(answer, {
    title: `Scores of ${title}`,
    subtitle: `${radiusText} · same on calibration and test rows: p = ${twoDigits(p)}`,
    marks: [
      bars(answer.edges, 'test rows', answer.test, { outline: true }),
      inside && { kind: 'rule', id: 'radius', label: 'calibrated radius', x: radius, color: 'accent' },
    ],
  });
}

/** Scores of the second file against those of the calibration rows. */
export function driftScene(answer: Answer<'drift'>, title: string): Scene {
  return besideCalibration(answer, {
    title: `${title} on the second file`,
    subtitle: `${formatCount(answer.rows)} rows against the calibration rows`,
    marks: [bars(answer.edges, 'second file', answer.second, { outline: true, color: 'series-2' })],
  });
}

/** Bars of the calibration rows' scores under what is compared with them. */
function besideCalibration(
  { edges, calibration }: Pick<Answer<'scoresOf'>, 'edges' | 'calibration'>,
  { marks, ...words }: Pick<PlotOptions, 'title' | 'subtitle' | 'marks'>,
): Scene {
  return plot({
    ...words,
    x: { label: 'score', room: 0 },
    y: { label: 'share of rows (%)', domain: [0, null], room: 0.1 },
    marks: [bars(edges, 'calibration rows', calibration, { color: 'series-0', opacity: 0.6 }), ...marks],
  });
}

/** Shares in per cent, so that rows of different numbers compare; where nothing is counted nothing is. */
function bars(
  edges: Float64Array,
  label: string,
  counts: ArrayLike<number>,
  look: { outline?: boolean; color?: ColorToken; opacity?: number },
): MarkOptions {
  const values = Float64Array.from(counts);
  const sum = values.reduce((total, value) => total + value, 0);
  const heights = sum > 0 ? values.map((value) => (100 * value) / sum) : values;
  return { kind: 'bins', label, edges, heights, ...look };
}

/** "Coverage on second.csv .840, expected .870 to .930 if nothing had changed": and whether that is as expected. */
export function driftText(answer: Answer<'drift'>, file: string): { text: string; good: boolean } {
  const { coverage, band, p } = answer;
  const good = coverage >= band[0] && coverage <= band[1];
  const verdict = good
    ? 'as it would be if nothing had changed'
    : coverage < band[0]
      ? 'too low for rows of the same kind: the sets do not hold here what they promise'
      : 'higher than rows of the same kind would give: the sets are larger than they need to be here';
  return {
    text: `Coverage on ${file} ${shareText(coverage)}, expected ${shareText(band[0])} to ${shareText(band[1])}: ${verdict}. Same scores as on the calibration rows: p = ${twoDigits(p)}.`,
    good,
  };
}
