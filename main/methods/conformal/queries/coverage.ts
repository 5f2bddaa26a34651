/** @file Queries `coverage` and `scoresOf`: whether sets cover as often as asked, and how scores are spread. */
import type { Inputs, QueryContext } from '../../../contract/define';
import { check } from '../../../contract/query';
import { hitBand } from '../../../calibration/band';
import { ownEntries } from '../classes/scores';
import type { ClassSplit } from '../classes/stored';
import type { ConformalConfig } from '../config';
import { kolmogorovSmirnov } from '../../../numerics/kolmogorov-smirnov';
import { hitsAt, radiusFor } from '../../../calibration/quantile';
import { evaluateRows } from '../run/score';
import type { ClassScoreId, ConformalScoreId, CoverageAnswer, ScoresAnswer } from '../view';
import { coverageArguments, scoreArguments } from './arguments';
import { notFitted } from './asked';
import { shownClasses } from './classes';
import { shownSplit, type Shown, type ShownScore } from './shown';

/** Levels of the curve: by 2.5 % up to 95 %, then finer. */
const LEVELS = [...Array.from({ length: 19 }, (_, k) => 0.5 + 0.025 * k), 0.96, 0.97, 0.98, 0.99];
const BINS = 40;

export async function coverage(
  context: QueryContext,
  inputs: Inputs,
  config: ConformalConfig,
  args: unknown,
): Promise<CoverageAnswer> {
  const { scores } = check('coverage', coverageArguments, args);
  const classes = await shownClasses(context, inputs, config);
  const shown = classes ? null : await shownSplit(context, inputs, config);
  const n = classes ? classes.split.counts[2] : shown!.split.calibration.count;
  const m = classes ? classes.split.counts[3] : shown!.split.test.count;
  const bands = LEVELS.map((level) => hitBand(n, 1 - level, m, 0.95));
  const curves: CoverageAnswer['curves'] = [];
  for (const id of scores)
    curves.push({
      score: id as ConformalScoreId,
      coverage: classes ? curveOfClasses(classes.split, id) : await curveOf(shown!, id),
    });
  return {
    levels: Float64Array.from(LEVELS),
    curves,
    low: Float64Array.from(bands, ([low]) => low),
    high: Float64Array.from(bands, ([, high]) => high),
    band: hitBand(n, config.alpha, m),
    calibration: n,
    test: m,
  };
}

/** Coverage on the test rows at each level. */
async function curveOf(shown: Shown, id: string): Promise<Float64Array> {
  const score = await shown.score(id);
  const values: number[] = [];
  for (const level of LEVELS) values.push(share(await hitsOf(shown, score, 1 - level)));
  return Float64Array.from(values);
}

/** The same for sets of classes. */
function curveOfClasses(split: ClassSplit, id: string): Float64Array {
  const { calibration, own } = classSamples(split, id);
  return Float64Array.from(LEVELS, (level) => share(hitsAt(own, radiusFor(calibration, 1 - level))));
}

/** A score of classes: ascending calibration scores, and those of the test rows' true classes. */
function classSamples({ scores, classes, truth }: ClassSplit, id: string) {
  const found = scores.get(id as ClassScoreId);
  if (!found) throw notFitted(id, [...scores.keys()]);
  return { calibration: found.calibration, own: ownEntries(found.test, classes, truth) };
}

/** Which test rows are inside their own sets at a level. */
export async function hitsOf(shown: Shown, score: ShownScore, alpha: number): Promise<Uint8Array> {
  const scores = score.definition.perLevel
    ? await evaluateRows(score.open, shown.predicted.test, alpha)
    : score.test;
  return hitsAt(scores, score.radius(alpha));
}

export async function scoresOf(
  context: QueryContext,
  inputs: Inputs,
  config: ConformalConfig,
  args: unknown,
): Promise<ScoresAnswer> {
  const { score: id, alpha } = check('scoresOf', scoreArguments, args);
  const classes = await shownClasses(context, inputs, config);
  if (classes) {
    const { calibration, own } = classSamples(classes.split, id);
    return compared(calibration, own, radiusFor(calibration, alpha));
  }
  const shown = await shownSplit(context, inputs, config);
  const score = await shown.score(id);
  const { perLevel } = score.definition;
  const { calibration: rows, test: tested } = shown.predicted;
  const calibration = perLevel ? await evaluateRows(score.open, rows, alpha) : score.calibration;
  const test = perLevel ? await evaluateRows(score.open, tested, alpha) : score.test;
  return compared(calibration, test, score.radius(alpha));
}

function compared(calibration: Float64Array, test: Float64Array, radius: number): ScoresAnswer {
  const edges = edgesOf([calibration, test], radius);
  return {
    edges,
    calibration: shares(calibration, edges),
    test: shares(test, edges),
    radius: Number.isFinite(radius) ? radius : null,
    p: kolmogorovSmirnov(calibration, test).p,
  };
}

/** Edges of bins that hold nearly all values and the radius. */
export function edgesOf(samples: readonly Float64Array[], radius = NaN): Float64Array {
  const sorted = Float64Array.from(samples.flatMap((sample) => [...sample].filter(Number.isFinite))).sort();
  if (sorted.length === 0) return Float64Array.of(0, 1);
  const low = sorted[0]!;
  const most = sorted[Math.ceil(0.995 * (sorted.length - 1))]!;
  const high = Number.isFinite(radius) ? Math.max(most, radius * (radius > 0 ? 1.05 : 1)) : most;
  const span = high > low ? high - low : 1;
  return Float64Array.from({ length: BINS + 1 }, (_, k) => low + (span * k) / BINS);
}

/** The share of the values in each bin; values beyond count in the last one at their side. */
export function shares(values: Float64Array, edges: Float64Array): Float64Array {
  const bins = edges.length - 1;
  const out = new Float64Array(bins);
  const [low, span] = [edges[0]!, edges[bins]! - edges[0]!];
  for (const value of values) {
    const bin = Math.floor((bins * (value - low)) / span);
    out[Math.min(bins - 1, Math.max(0, Number.isNaN(bin) ? bins - 1 : bin))]! += 1 / values.length;
  }
  return out;
}

function share(hits: Uint8Array): number {
  return hits.reduce((sum, hit) => sum + hit, 0) / hits.length;
}
