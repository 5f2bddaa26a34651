/** @file Answers about coverage: whether sets cover as often as asked, how scores are spread, and both under a second file. */
import { hitBand } from '../../../calibration/band';
import { hitsAt } from '../../../calibration/quantile';
import { columnOf, gatherRows } from '../../../numerics/gather';
import { kolmogorovSmirnov } from '../../../numerics/kolmogorov-smirnov';
import { encodeRows } from '../../../tables/encode';
import { prepareLike, prepareTable } from '../../../tables/prepare';
import type { Predicted } from '../predicted';
import { questions } from '../questions';
import { shareOf } from '../run/measures';
import { evaluateRows } from '../run/score';
import type { ConformalScoreId } from '../scores/catalogue';
import { answers, regression, type AskedScore, type SetsContext, type Shown } from './prepared';

/** Levels of the curve: by 2.5 % up to 95 %, then finer. */
const LEVELS = [...Array.from({ length: 19 }, (_, k) => 0.5 + 0.025 * k), 0.96, 0.97, 0.98, 0.99];
const BINS = 40;
/** Rows of the second file that are taken, and features named. */
const MOST_ROWS = 20_000;
const MOST_FEATURES = 8;

export const coverage = answers(questions, {
  async coverage({ config, prepared }, { scores }) {
    const { counts, score } = await prepared();
    const { calibration, test } = counts;
    const bands = LEVELS.map((level) => hitBand(calibration, 1 - level, test, 0.95));
    const curves: { score: ConformalScoreId; coverage: Float64Array }[] = [];
    for (const id of scores) {
      const asked = await score(id);
      const shares = new Float64Array(LEVELS.length);
      for (const [k, level] of LEVELS.entries()) shares[k] = shareOf(await hitsOf(asked, 1 - level));
      curves.push({ score: id as ConformalScoreId, coverage: shares });
    }
    return {
      levels: Float64Array.from(LEVELS),
      curves,
      low: Float64Array.from(bands, ([low]) => low),
      high: Float64Array.from(bands, ([, high]) => high),
      band: hitBand(calibration, config.alpha, test),
      ...{ calibration, test },
    };
  },

  async scoresOf({ prepared }, { score: id, alpha }) {
    const score = await (await prepared()).score(id);
    const radius = score.radius(alpha);
    const compared = await comparedWith(score, await score.values('test', alpha), alpha);
    const { edges, calibration, others: test, p } = compared;
    return { edges, calibration, test, radius: Number.isFinite(radius) ? radius : null, p };
  },

  /** Throws `column-unknown` where the second file lacks a column of the first. */
  async drift(context, { score: id, alpha }) {
    if (!context.inputs.second) return null;
    const shown = await regression(context);
    const second = await context.cached('second', () => predictSecond(context, shown));
    const score = await shown.score(id);
    const values = await evaluateRows(score.open, second, alpha);
    const hits = hitsAt(values, score.radius(alpha));
    const { edges, calibration, others, p } = await comparedWith(score, values, alpha);
    return {
      rows: hits.length,
      coverage: shareOf(hits),
      band: hitBand(score.calibration.length || shown.counts.calibration, alpha, hits.length),
      p,
      features: shiftedFeatures(shown, second),
      ...{ edges, calibration, second: others },
    };
  },
});

/** Which test rows are inside their own sets at a level. */
export async function hitsOf(score: AskedScore, alpha: number): Promise<Uint8Array> {
  return hitsAt(await score.values('test', alpha), score.radius(alpha));
}

/** How the scores of other rows are spread beside those of the calibration rows: shares by bin, and how sure a difference is. */
async function comparedWith(score: AskedScore, others: Float64Array, alpha: number) {
  const calibration = await score.values('calibration', alpha);
  const edges = edgesOf([calibration, others], score.radius(alpha));
  return {
    edges,
    calibration: sharesIn(edges, calibration),
    others: sharesIn(edges, others),
    p: kolmogorovSmirnov(calibration, others).p,
  };
}

/** Edges of bins that hold nearly all values and the radius. */
function edgesOf(samples: readonly Float64Array[], radius: number): Float64Array {
  const sorted = Float64Array.from(samples.flatMap((sample) => [...sample].filter(Number.isFinite))).sort();
  if (sorted.length === 0) return Float64Array.of(0, 1);
  const low = sorted[0]!;
  const most = sorted[Math.ceil(0.995 * (sorted.length - 1))]!;
  const high = Number.isFinite(radius) ? Math.max(most, radius * (radius > 0 ? 1.05 : 1)) : most;
  const span = high > low ? high - low : 1;
  return Float64Array.from({ length: BINS + 1 }, (_, k) => low + (span * k) / BINS);
}

/** The share of the values in each bin; values beyond count in the last one at their side. */
function sharesIn(edges: Float64Array, values: Float64Array): Float64Array {
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
function shiftedFeatures({ shape: { features }, predicted, table }: Shown, { rows }: Predicted) {
  const [before, after] = [predicted.calibration.rows.x, rows.x];
  return table.names
    .map((feature, k) => {
      const column = (x: Float32Array) => columnOf(x, features, k);
      return { feature, p: kolmogorovSmirnov(column(before), column(after)).p };
    })
    .sort((a, b) => a.p - b.p)
    .slice(0, MOST_FEATURES);
}
