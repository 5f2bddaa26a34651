/** @file Figures of the Calibration tab: coverage at every level over its exact ribbon, and scores on both kinds of rows. */
import type { CoverageAnswer, DriftAnswer, ScoresAnswer } from '../../../../main/rpc/contract';
import type { Mark, Scene, BinsMark } from '../../../../figures/scene';
import { count as formatCount, number as formatNumber } from '../../../../figures/format';
import { lineMark, shares, uprightMark } from '../marks';
import type { Look } from '../regions/scene';
import { levelText, shareText } from '../words';

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
  const from = (values: Float64Array): number[] =>
    Array.from(values, (value, k) => (excess ? value - levels[k]! : value));
  const x = Array.from(levels);
  const [left, right] = [x[0]!, x.at(-1)!];
  const [lows, highs] = [from(low), from(high)];
  const shown = curves.map((curve) => ({ ...curve, y: from(curve.coverage) }));
  const all = [...lows, ...highs, ...shown.flatMap(({ y }) => y)].filter(Number.isFinite);
  const [bottom, top] = [Math.min(...all), Math.max(...all)];
  const room = (top - bottom || 0.1) * 0.06;
  const domain: [number, number] = excess
    ? [bottom - room, top + room]
    : [Math.max(0, bottom - room), Math.min(1.01, top + room)];
  const marks: Mark[] = [
    {
      kind: 'band',
      id: 'ribbon',
      label: 'exact 95 % band of one calibration and one test draw',
      x: levels,
      low: Float64Array.from(lows),
      high: Float64Array.from(highs),
      color: 'series-0',
      opacity: 0.25,
    },
    lineMark('asked', 'as asked', x, excess ? x.map(() => 0) : x, { color: 'ink-third', opacity: 0.8 }),
    uprightMark('now', `${levelText(alpha)}, shown`, 1 - alpha, domain, {
      color: 'ink-second',
      stroke: 'dashed',
      opacity: 0.8,
    }),
    ...shown.map(({ score, y }) => lineMark(`coverage ${score}`, titleOf(score), x, y, lookOf(score))),
  ];
  return {
    title: excess ? 'Coverage beyond the level' : 'Coverage over level',
    subtitle: `${formatCount(test)} test rows, ${formatCount(calibration)} calibration rows`,
    x: { label: 'level 1 − α', scale: 'linear', domain: [left, right] },
    y: { label: excess ? 'coverage − level' : 'coverage', scale: 'linear', domain },
    equalAspect: false,
    marks,
  };
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
  const [calibration, test] = [shares(answer.calibration), shares(answer.test)];
  const top = Math.max(1e-9, ...calibration, ...test) * 1.1;
  const domain: [number, number] = [edges[0] ?? 0, edges.at(-1) ?? 1];
  const inside = radius !== null && radius >= domain[0] && radius <= domain[1];
  const radiusText =
    radius === null
      ? 'no radius at this level'
      : `calibrated radius ${formatNumber(radius)} at ${levelText(alpha)}${inside ? '' : ', beyond the axis'}`;
  return {
    title: `Scores of ${title}`,
    subtitle: `${radiusText} · same on calibration and test rows: p = ${formatNumber(Number(p.toPrecision(2)))}`,
    x: { label: 'score', scale: 'linear', domain },
    y: { label: 'share of rows (%)', scale: 'linear', domain: [0, top] },
    equalAspect: false,
    marks: [
      ...besideCalibration(edges, calibration, {
        id: 'test',
        label: 'test rows',
        heights: test,
        color: 'series-1',
      }),
      ...(inside ? [uprightMark('radius', 'calibrated radius', radius, [0, top], { color: 'accent' })] : []),
    ],
  };
}

/** Bars of the calibration rows' scores under the outline of others. */
function besideCalibration(
  edges: Float64Array,
  calibration: Float64Array,
  others: Pick<BinsMark, 'id' | 'label' | 'heights' | 'color'>,
): BinsMark[] {
  return [
    {
      kind: 'bins',
      id: 'calibration',
      label: 'calibration rows',
      edges,
      heights: calibration,
      outline: false,
      color: 'series-0',
      opacity: 0.6,
    },
    { kind: 'bins', edges, outline: true, opacity: 1, ...others },
  ];
}

/** Scores of the second file against those of the calibration rows. */
export function driftScene(answer: DriftAnswer, title: string): Scene {
  const { edges } = answer;
  const [calibration, second] = [shares(answer.calibration), shares(answer.second)];
  return {
    title: `${title} on the second file`,
    subtitle: `${formatCount(answer.rows)} rows against the calibration rows`,
    x: { label: 'score', scale: 'linear', domain: [edges[0] ?? 0, edges.at(-1) ?? 1] },
    y: {
      label: 'share of rows (%)',
      scale: 'linear',
      domain: [0, Math.max(1e-9, ...calibration, ...second) * 1.1],
    },
    equalAspect: false,
    marks: [
      ...besideCalibration(edges, calibration, {
        id: 'second',
        label: 'second file',
        heights: second,
        color: 'series-2',
      }),
    ],
  };
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
