/** @file Answers about coverage: whether sets cover as often as asked, how scores are spread, and both under a second file. */
import { hitBand } from '../../../calibration/band';
import { hitsAt, radiusFor } from '../../../calibration/quantile';
import { gatherRows } from '../../../numerics/gather';
import { kolmogorovSmirnov } from '../../../numerics/kolmogorov-smirnov';
import { encodeRows } from '../../../tables/encode';
import { prepareLike, prepareTable } from '../../../tables/prepare';
import { ownEntries } from '../classes/scores';
import type { ClassSplit } from '../classes/stored';
import type { ConformalScoreId } from '../scores/catalogue';
import { coverageQuestions as questions } from '../questions/rows';
import type { Predicted } from '../predicted';
import { shareOf } from '../run/measures';
import { evaluateRows } from '../run/score';
import { countsOf } from '../run/split';
import { classScore } from './classes';
import { answers, regression, type SetsContext, type Shown, type ShownScore } from './prepared';

/** Levels of the curve: by 2.5 % up to 95 %, then finer. */
const LEVELS = [...Array.from({ length: 19 }, (_, k) => 0.5 + 0.025 * k), 0.96, 0.97, 0.98, 0.99];
const BINS = 40;
/** Rows of the second file that are taken, and features named. */
const MOST_ROWS = 20_000;
const MOST_FEATURES = 8;

export const coverage = answers(questions, {
  async coverage({ config, prepared }, { scores }) {
    const shown = await prepared();
    const { calibration: n, test: m } =
      shown.task === 'classification' ? shown.split.counts : countsOf(shown.split);
    const bands = LEVELS.map((level) => hitBand(n, 1 - level, m, 0.95));
    const curves: { score: ConformalScoreId; coverage: Float64Array }[] = [];
    for (const id of scores)
      curves.push({
        score: id as ConformalScoreId,
        coverage:
          shown.task === 'classification' ? curveOfClasses(shown.split, id) : await curveOf(shown, id),
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
  },

  async scoresOf({ prepared }, { score: id, alpha }) {
    const shown = await prepared();
    if (shown.task === 'classification') {
      const { calibration, own } = classSamples(shown.split, id);
      return compared(calibration, own, radiusFor(calibration, alpha));
    }
    const score = await shown.score(id);
    const calibration = await scoresAt(shown, score, 'calibration', alpha);
    return compared(calibration, await scoresAt(shown, score, 'test', alpha), score.radius(alpha));
  },

  /** Throws `column-unknown` where the second file lacks a column of the first. */
  async drift(context, { score: id, alpha }) {
    if (!context.inputs.second) return null;
    const shown = await regression(context);
    const second = await context.cached('second', () => predictSecond(context, shown));
    const score = await shown.score(id);
    const values = await evaluateRows(score.open, second, alpha);
    const calibration = await scoresAt(shown, score, 'calibration', alpha);
    const hits = hitsAt(values, score.radius(alpha));
    const edges = edgesOf([calibration, values], score.radius(alpha));
    return {
      rows: hits.length,
      coverage: shareOf(hits),
      band: hitBand(score.calibration.length || shown.split.calibration.count, alpha, hits.length),
      p: kolmogorovSmirnov(calibration, values).p,
      features: shiftedFeatures(shown, second),
      edges,
      calibration: shares(calibration, edges),
      second: shares(values, edges),
    };
  },
});

/** Coverage on the test rows at each level. */
async function curveOf(shown: Shown, id: string): Promise<Float64Array> {
  const score = await shown.score(id);
  const values: number[] = [];
  for (const level of LEVELS) values.push(shareOf(await hitsOf(shown, score, 1 - level)));
  return Float64Array.from(values);
}

/** The same for sets of classes. */
function curveOfClasses(split: ClassSplit, id: string): Float64Array {
  const { calibration, own } = classSamples(split, id);
  return Float64Array.from(LEVELS, (level) => shareOf(hitsAt(own, radiusFor(calibration, 1 - level))));
}

/** A score of classes: ascending calibration scores, and those of the test rows' true classes. */
function classSamples(split: ClassSplit, id: string) {
  const { calibration, test } = classScore(split, id);
  return { calibration, own: ownEntries(test, split.classes, split.truth) };
}

/** The scores of a part of the rows; those that depend on the level are made for it. */
function scoresAt(
  { predicted }: Shown,
  score: ShownScore,
  part: 'calibration' | 'test',
  alpha: number,
): Float64Array | Promise<Float64Array> {
  return score.definition.perLevel ? evaluateRows(score.open, predicted[part], alpha) : score[part];
}

/** Which test rows are inside their own sets at a level. */
export async function hitsOf(shown: Shown, score: ShownScore, alpha: number): Promise<Uint8Array> {
  return hitsAt(await scoresAt(shown, score, 'test', alpha), score.radius(alpha));
}

function compared(calibration: Float64Array, test: Float64Array, radius: number) {
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
function edgesOf(samples: readonly Float64Array[], radius = NaN): Float64Array {
  const sorted = Float64Array.from(samples.flatMap((sample) => [...sample].filter(Number.isFinite))).sort();
  if (sorted.length === 0) return Float64Array.of(0, 1);
  const low = sorted[0]!;
  const most = sorted[Math.ceil(0.995 * (sorted.length - 1))]!;
  const high = Number.isFinite(radius) ? Math.max(most, radius * (radius > 0 ? 1.05 : 1)) : most;
  const span = high > low ? high - low : 1;
  return Float64Array.from({ length: BINS + 1 }, (_, k) => low + (span * k) / BINS);
}

/** The share of the values in each bin; values beyond count in the last one at their side. */
function shares(values: Float64Array, edges: Float64Array): Float64Array {
  const bins = edges.length - 1;
  const out = new Float64Array(bins);
  const [low, span] = [edges[0]!, edges[bins]! - edges[0]!];
  for (const value of values) {
    const bin = Math.floor((bins * (value - low)) / span);
    out[Math.min(bins - 1, Math.max(0, Number.isNaN(bin) ? bins - 1 : bin))]! += 1 / values.length;
  }
  return out;
}

async function predictSecond({ config, inputs }: SetsContext, shown: Shown): Promise<Predicted> {
  // Targets as the first file's, features column by column and word by word as there.
  const { targets, columns, names } = shown.table;
  const chosen = { ...config, targets, features: columns.map(({ name }) => name) };
  const answers = await prepareTable(inputs.second, chosen);
  const { raw } = await prepareLike(inputs.second!, shown.table);
  const table = { ...answers, names, raw: gatherRows(raw, names.length, answers.index) };
  const kept = Uint32Array.from({ length: Math.min(MOST_ROWS, table.rows) }, (_, row) => row);
  const rows = encodeRows(table, shown.encoding, kept);
  return { rows, prediction: await shown.model.predict(rows) };
}

/** Features by how surely their values differ from those of the calibration rows. */
function shiftedFeatures(shown: Shown, { rows }: Predicted) {
  const { features } = shown.shape;
  const before = shown.predicted.calibration.rows;
  const column = (x: Float32Array, count: number, feature: number) =>
    Float64Array.from({ length: count }, (_, row) => x[row * features + feature]!);
  return shown.table.names
    .map((feature, k) => ({
      feature,
      p: kolmogorovSmirnov(column(before.x, before.count, k), column(rows.x, rows.count, k)).p,
    }))
    .sort((a, b) => a.p - b.p)
    .slice(0, MOST_FEATURES);
}
