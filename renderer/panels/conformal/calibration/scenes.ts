/** @file Figures of the Calibration tab: coverage at every level over its exact ribbon, and scores on both kinds of rows. */
import type { AnswerOf } from '../../../../main/rpc/contract';
import { padded, plot, type MarkOptions, type PlotOptions } from '../../../../figures/plot';
import type { Scene } from '../../../../figures/scene';
import { count as formatCount, number as formatNumber } from '../../../../figures/format';
import type { Look } from '../regions/scene';
import { levelText, shareText } from '../words';

type CoverageAnswer = AnswerOf<'conformal', 'coverage'>;
type DriftAnswer = NonNullable<AnswerOf<'conformal', 'drift'>>;
type ScoresAnswer = AnswerOf<'conformal', 'scoresOf'>;

type ScoreId = CoverageAnswer['curves'][number]['score'];

/** Coverage on the test rows less the level, or as it is, against the level. Null without a level. */
export function coverageScene(
  answer: CoverageAnswer,
  options: {
    alpha: number;
    lookOf: (score: ScoreId) => Look;
    titleOf: (score: ScoreId) => string;
    /** Show the excess over the level instead of coverage: small differences are seen. */
    excess: boolean;
  },
): Scene | null {
  const { levels, curves, low, high, calibration, test } = answer;
  if (levels.length === 0) return null;
  const { alpha, lookOf, titleOf, excess } = options;
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
        id: 'ribbon',
        label: 'exact 95 % band of one calibration and one test draw',
        x: levels,
        low: lows,
        high: highs,
        color: 'series-0',
        opacity: 0.25,
      },
      {
        kind: 'line',
        id: 'asked',
        label: 'as asked',
        x: levels,
        y: from(levels),
        color: 'ink-third',
        opacity: 0.8,
      },
      {
        kind: 'rule',
        id: 'now',
        label: `${levelText(alpha)}, shown`,
        x: 1 - alpha,
        color: 'ink-second',
        stroke: 'dashed',
        opacity: 0.8,
      },
      ...shown.map(({ score, y }): MarkOptions => {
        return {
          kind: 'line',
          id: `coverage ${score}`,
          label: titleOf(score),
          x: levels,
          y,
          ...lookOf(score),
        };
      }),
    ],
  });
}

/** The scores that leave their ribbon somewhere, in words. */
export function coverageText(answer: CoverageAnswer, titleOf: (score: ScoreId) => string): string {
  const outside = answer.curves.filter(({ coverage }) =>
    coverage.some((value, k) => value < answer.low[k]! - 1e-9 || value > answer.high[k]! + 1e-9),
  );
  const [from, to] = answer.band.map(shareText);
  const band = `At the run’s level one calibration draw covers between ${from} and ${to} in 99.9 % of cases.`;
  if (outside.length === 0) return `Every shown score stays in its band. ${band}`;
  const levels = (score: CoverageAnswer['curves'][number]): string => {
    const places = Array.from(score.coverage, (value, k) =>
      value < answer.low[k]! - 1e-9 ? -1 : value > answer.high[k]! + 1e-9 ? 1 : 0,
    );
    const [below, above] = [places.includes(-1), places.includes(1)];
    return below && above ? 'below and above it' : below ? 'below it' : 'above it';
  };
  const names = outside.map((curve) => `${titleOf(curve.score)} ${levels(curve)}`);
  return `Outside the band at some level: ${names.join(', ')}. Of all levels together, one in a few leaves a 95 % band by chance. ${band}`;
}

/** One score on calibration and test rows, and the radius that the level asks for. */
export function scoresScene(answer: ScoresAnswer, title: string, alpha: number): Scene {
  const { edges, radius, p } = answer;
  const inside = radius !== null && radius >= (edges[0] ?? 0) && radius <= (edges.at(-1) ?? 1);
  const radiusText =
    radius === null
      ? 'no radius at this level'
      : `calibrated radius ${formatNumber(radius)} at ${levelText(alpha)}${inside ? '' : ', beyond the axis'}`;
  return besideCalibration(answer, {
    title: `Scores of ${title}`,
    subtitle: `${radiusText} · same on calibration and test rows: p = ${formatNumber(Number(p.toPrecision(2)))}`,
    marks: [
      { kind: 'bins', id: 'test', label: 'test rows', edges, heights: shares(answer.test), outline: true },
      inside && { kind: 'rule', id: 'radius', label: 'calibrated radius', x: radius, color: 'accent' },
    ],
  });
}

/** Scores of the second file against those of the calibration rows. */
export function driftScene(answer: DriftAnswer, title: string): Scene {
  const { edges } = answer;
  return besideCalibration(answer, {
    title: `${title} on the second file`,
    subtitle: `${formatCount(answer.rows)} rows against the calibration rows`,
    marks: [
      {
        kind: 'bins',
        id: 'second',
        label: 'second file',
        edges,
        heights: shares(answer.second),
        outline: true,
        color: 'series-2',
      },
    ],
  });
}

/** Bars of the calibration rows' scores under what is compared with them. */
function besideCalibration(
  { edges, calibration }: Pick<ScoresAnswer, 'edges' | 'calibration'>,
  { marks, ...words }: Pick<PlotOptions, 'title' | 'subtitle' | 'marks'>,
): Scene {
  return plot({
    ...words,
    x: { label: 'score', room: 0 },
    y: { label: 'share of rows (%)', domain: [0, null], room: 0.1 },
    marks: [
      {
        kind: 'bins',
        id: 'calibration',
        label: 'calibration rows',
        edges,
        heights: shares(calibration),
        color: 'series-0',
        opacity: 0.6,
      },
      ...marks,
    ],
  });
}

/** Shares of a distribution in per cent, so that rows of different numbers compare; where nothing is counted nothing is. */
function shares(counts: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(counts);
  const sum = values.reduce((total, value) => total + value, 0);
  return sum > 0 ? values.map((value) => (100 * value) / sum) : values;
}

/** "Coverage on second.csv .840, expected .870 to .930 if nothing had changed": and whether that is as expected. */
export function driftText(answer: DriftAnswer, file: string): { text: string; good: boolean } {
  const { coverage, band, p } = answer;
  const good = coverage >= band[0] && coverage <= band[1];
  const verdict = good
    ? 'as it would be if nothing had changed'
    : coverage < band[0]
      ? 'too low for rows of the same kind: the sets do not hold here what they promise'
      : 'higher than rows of the same kind would give: the sets are larger than they need to be here';
  return {
    text: `Coverage on ${file} ${shareText(coverage)}, expected ${shareText(band[0])} to ${shareText(band[1])}: ${verdict}. Same scores as on the calibration rows: p = ${formatNumber(Number(p.toPrecision(2)))}.`,
    good,
  };
}
