/** @file Queries `classes` and `classSets`, and the overview of a classification: looked up in what the run kept. */
import type { Inputs, QueryContext } from '../../../contract/define';
import { check } from '../../../contract/query';
import { likeliest } from '../classes/classifier';
import { CLASS_SCORES } from '../classes/scores';
import { measureSets, membersOf } from '../classes/sets';
import { storedClasses, type ClassScore, type ClassSplit } from '../classes/stored';
import type { ConformalConfig } from '../config';
import { radiusFor } from '../../../calibration/quantile';
import { shownArrays } from '../run/stored';
import { readTable } from '../toys';
import type {
  ClassesAnswer,
  ClassScoreId,
  ClassSetsAnswer,
  ConformalOverview,
  ConformalScoreInfo,
} from '../view';
import { rowArguments, scoresArguments } from './arguments';
import { checkRow, noClasses, notFitted } from './asked';

/** The shown split of a classification. */
export interface ShownClasses {
  /** Class names, by code. */
  classes: string[];
  split: ClassSplit;
  /** `truth` and `mean` [test, 1] are codes of the true and the most likely class. */
  overview: ConformalOverview;
}

/** Null where the run is a regression. Throws `no-snapshot` before the first split is done. */
export async function shownClasses(
  context: QueryContext,
  inputs: Inputs,
  config: ConformalConfig,
): Promise<ShownClasses | null> {
  const { shown } = await context.cached('shownClasses', async () => ({
    shown: await openClasses(context, inputs, config),
    close: () => undefined,
  }));
  return shown;
}

async function openClasses(
  context: QueryContext,
  inputs: Inputs,
  config: ConformalConfig,
): Promise<ShownClasses | null> {
  const split = storedClasses(await shownArrays(context));
  if (!split) return null;
  const table = await readTable(inputs.table, config, context.seed);
  const [train, fit, calibration, test] = split.counts;
  const overview: ConformalOverview = {
    task: 'classification',
    targets: table.targets,
    features: table.names,
    rows: { train, fit, calibration, test },
    alpha: config.alpha,
    smallestAlpha: 1 / (calibration + 1),
    scores: CLASS_SCORES.filter(({ id }) => split.scores.has(id)).map((score) =>
      infoOf(score, split.scores.get(score.id)!),
    ),
    testRows: split.index,
    truth: Float32Array.from(split.truth),
    mean: Float32Array.from(likeliest(split.probabilities, split.classes)),
    limits: Float32Array.of(0, split.classes - 1),
    unit: Float32Array.of(1),
    drift: inputs.second !== undefined,
    repeats: config.repeats,
  };
  return { classes: table.classes!, split, overview };
}

function infoOf(
  { id, title, help, source }: (typeof CLASS_SCORES)[number],
  { facts, fitSeconds }: ClassScore,
): ConformalScoreInfo {
  return {
    ...{ id, title, help, source },
    ...{ guarantee: 'exact', perLevel: false, fixedShape: false, exportable: false },
    facts: { ...facts, fitSeconds },
  };
}

/** Coverage and sizes of the sets of all test rows. `coverageByClass` is NaN where no test row is of the class. */
export async function classes(
  context: QueryContext,
  inputs: Inputs,
  config: ConformalConfig,
  args: unknown,
): Promise<ClassesAnswer> {
  const { scores, alpha } = check('classes', scoresArguments, args);
  const { split, classes: names } = await requireClasses(context, inputs, config);
  return {
    classes: names,
    scores: scores.map((id) => {
      const { calibration, test } = scoreOf(split, id);
      const radius = radiusFor(calibration, alpha);
      const measured = measureSets({ scores: test, truth: split.truth, classes: split.classes }, radius);
      const { coverage, meanSize, singletons, coverageByClass, sizes } = measured;
      return {
        score: id as ClassScoreId,
        radius: Number.isFinite(radius) ? radius : null,
        ...{ coverage, meanSize, singletons, coverageByClass, sizes },
      };
    }),
  };
}

/** The sets of one test row under every score of the run. */
export async function classSets(
  context: QueryContext,
  inputs: Inputs,
  config: ConformalConfig,
  args: unknown,
): Promise<ClassSetsAnswer> {
  const { row, alpha } = check('classSets', rowArguments, args);
  const { split } = await requireClasses(context, inputs, config);
  const { classes: count, truth, probabilities, scores } = split;
  checkRow(row, truth.length);
  const ofRow = (values: Float64Array) => values.subarray(row * count, (row + 1) * count);
  return {
    truth: truth[row]!,
    probabilities: [...ofRow(probabilities)],
    sets: [...scores].map(([score, { calibration, test }]) => ({
      score,
      members: membersOf(ofRow(test), radiusFor(calibration, alpha)),
    })),
  };
}

async function requireClasses(
  context: QueryContext,
  inputs: Inputs,
  config: ConformalConfig,
): Promise<ShownClasses> {
  const shown = await shownClasses(context, inputs, config);
  if (shown) return shown;
  throw noClasses();
}

function scoreOf({ scores }: ClassSplit, id: string): ClassScore {
  const found = scores.get(id as ClassScoreId);
  if (!found) throw notFitted(id, [...scores.keys()]);
  return found;
}
