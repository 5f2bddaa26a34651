/** @file Query `drift`: a second file under the first one's sets. */
import type { Inputs, QueryContext } from '../../../contract/define';
import { check } from '../../../contract/query';
import { hitBand } from '../../../calibration/band';
import type { ConformalConfig } from '../config';
import { kolmogorovSmirnov } from '../../../numerics/kolmogorov-smirnov';
import { hitsAt } from '../../../calibration/quantile';
import { evaluateRows, type Predicted } from '../run/score';
import { encodeRows } from '../../../tables/encode';
import { prepareLike, prepareTable } from '../../../tables/prepare';
import { gatherRows } from '../../../numerics/gather';
import type { DriftAnswer } from '../view';
import { scoreArguments } from './arguments';
import { edgesOf, shares } from './coverage';
import { shownSplit, type Shown } from './shown';

/** Rows of the second file that are looked at, and features named. */
const MOST_ROWS = 20_000;
const MOST_FEATURES = 8;

/** Null without a second file. Throws `column-unknown` where it lacks a column of the first. */
export async function drift(
  context: QueryContext,
  inputs: Inputs,
  config: ConformalConfig,
  args: unknown,
): Promise<DriftAnswer | null> {
  const { score: id, alpha } = check('drift', scoreArguments, args);
  if (!inputs.second) return null;
  const shown = await shownSplit(context, inputs, config);
  const { predicted: second } = await context.cached('second', async () => ({
    predicted: await predictSecond(context, inputs, config, shown),
    close: () => undefined,
  }));
  const score = await shown.score(id);
  const values = await evaluateRows(score.open, second, alpha);
  const { perLevel } = score.definition;
  const calibration = perLevel
    ? await evaluateRows(score.open, shown.predicted.calibration, alpha)
    : score.calibration;
  const hits = hitsAt(values, score.radius(alpha));
  const edges = edgesOf([calibration, values], score.radius(alpha));
  return {
    rows: hits.length,
    coverage: hits.reduce((sum, hit) => sum + hit, 0) / hits.length,
    band: hitBand(score.calibration.length || shown.split.calibration.count, alpha, hits.length),
    p: kolmogorovSmirnov(calibration, values).p,
    features: shiftedFeatures(shown, second),
    edges,
    calibration: shares(calibration, edges),
    second: shares(values, edges),
  };
}

async function predictSecond(
  context: QueryContext,
  inputs: Inputs,
  config: ConformalConfig,
  shown: Shown,
): Promise<Predicted> {
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
function shiftedFeatures(shown: Shown, { rows }: Predicted): DriftAnswer['features'] {
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
