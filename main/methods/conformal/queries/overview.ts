/** @file Query `overview`: what was split, what was fitted, where the targets lie. */
import type { Inputs, QueryContext } from '../../../contract/define';
import type { ConformalConfig } from '../config';
import { scoresOfRun } from '../scores';
import { unstandardise } from '../../../tables/encode';
import type { ConformalOverview, ConformalScoreInfo } from '../view';
import { shownClasses } from './classes';
import { hasShown } from '../run/stored';
import { shownSplit, type ShownScore } from './shown';

/** Shares of the targets that the first window leaves out on each side. */
const OUTSIDE = 0.005;

/** Null before the first split is done. */
export async function overview(
  context: QueryContext,
  inputs: Inputs,
  config: ConformalConfig,
): Promise<ConformalOverview | null> {
  if (!hasShown(context)) return null;
  const classes = await shownClasses(context, inputs, config);
  if (classes) return classes.overview;
  const shown = await shownSplit(context, inputs, config);
  const { split, encoding, shape, table, predicted } = shown;
  const { test, calibration } = predicted;
  const truth = unstandardise(encoding, test.rows.y);
  const targets = Float32Array.of(...truth, ...unstandardise(encoding, calibration.rows.y));
  const scores = await Promise.all(scoresOfRun(config).map((id) => shown.score(id)));
  return {
    task: 'regression',
    targets: table.targets,
    features: table.names,
    rows: {
      train: split.train.count,
      fit: split.fit.count,
      calibration: split.calibration.count,
      test: split.test.count,
    },
    alpha: config.alpha,
    smallestAlpha: 1 / (split.calibration.count + 1),
    scores: scores.map(infoOf),
    testRows: test.rows.index,
    truth,
    mean: unstandardise(encoding, test.prediction.mean!.data as Float32Array),
    limits: limitsOf(targets, shape.d),
    unit: encoding.targetScale,
    drift: inputs.second !== undefined,
    repeats: config.repeats,
  };
}

function infoOf({ definition, facts, fitSeconds }: ShownScore): ConformalScoreInfo {
  return {
    id: definition.id,
    title: definition.title,
    help: definition.help,
    source: definition.source,
    guarantee: definition.guarantee,
    perLevel: definition.perLevel ?? false,
    fixedShape: definition.fixedShape ?? false,
    exportable: definition.build !== undefined,
    facts: { ...facts, fitSeconds },
  };
}

/** [d, 2] where nearly all targets lie. */
function limitsOf(targets: Float32Array, d: number): Float32Array {
  const limits = new Float32Array(2 * d);
  const count = targets.length / d;
  for (let j = 0; j < d; j++) {
    const sorted = Float32Array.from({ length: count }, (_, row) => targets[row * d + j]!).sort();
    limits[2 * j] = sorted[Math.floor(OUTSIDE * (count - 1))]!;
    limits[2 * j + 1] = sorted[Math.ceil((1 - OUTSIDE) * (count - 1))]!;
  }
  return limits;
}
