/** @file The shown split of a run, opened for questions: its rows, its model and its scores, or its sets of classes. */
import { MongeError } from '../../../../native-models/error';
import { radiusFor } from '../../../calibration/quantile';
import type { Arrays } from '../../../contract/define';
import { answersFor, type QueryContext, type StoredRun } from '../../../contract/query';
import { unstandardiseTargets } from '../../../tables/encode';
import type { PreparedTable } from '../../../tables/prepare';
import { ownEntries } from '../classes/scores';
import type { ConformalConfig, Inputs } from '../config';
import { partOf, type Predicted } from '../predicted';
import { evaluateRows, radiusAt, type FittedScore } from '../run/score';
import { countsOf, modelSplit, type Counts, type ModelledSplit } from '../run/split';
import { SHOWN, shownArrays, storedClasses, storedModel, storedScore, type ClassSplit } from '../run/stored';
import { scoreById, scoresOfRun } from '../scores';
import type { ClassScoreId } from '../scores/catalogue';
import { readTable } from '../toys';
import type { OpenScore, ScoreDefinition } from '../types';

/** What can be asked of a score of either task. */
export interface AskedScore extends FittedScore {
  /** The radius at a level; 0 for level-dependent scores, infinite where too few rows were calibrated. */
  radius: (alpha: number) => number;
  /** The scores of a part of the rows, of classes those of each row's own; level-dependent ones are made for the level. */
  values: (part: 'calibration' | 'test', alpha: number) => Promise<Float64Array>;
}

/** One score with what it was fitted to, open. */
export interface ShownScore extends AskedScore {
  definition: ScoreDefinition;
  open: OpenScore;
}

/** What is shown of either task. */
interface ShownSplit<S extends AskedScore> {
  table: PreparedTable;
  counts: Counts;
  /** Only scores of the run. Throws `score-not-fitted`. */
  score: (id: string) => Promise<S>;
}

/** The shown split of a regression. */
export interface Shown extends ModelledSplit, ShownSplit<ShownScore> {
  task: 'regression';
  /** One test row. Throws `row-unknown`. */
  at: (row: number) => Predicted;
  /** Points [count, d] from standardised to data units. */
  toData: (y: Float32Array) => Float32Array;
  close: () => Promise<void>;
}

/** The shown split of a classification: looked up in what the run kept. */
export interface ShownClasses extends ShownSplit<AskedScore> {
  task: 'classification';
  /** Class names, by code. */
  classes: string[];
  split: ClassSplit;
}

export type SetsContext = QueryContext<ConformalConfig, Shown | ShownClasses, Inputs>;
export const answers = answersFor<ConformalConfig, Shown | ShownClasses, Inputs>();

/** Throws `no-snapshot` before the first split is done. */
export async function prepareSets(run: StoredRun<ConformalConfig, Inputs>): Promise<Shown | ShownClasses> {
  const arrays = await shownArrays(run);
  const split = storedClasses(arrays);
  const table = await readTable(run.inputs.table, run.config, run.seed);
  return split ? shownClasses(split, table) : openShown(run, arrays, table);
}

function shownClasses(split: ClassSplit, table: PreparedTable): ShownClasses {
  const { scores, classes, truth, counts } = split;
  return {
    task: 'classification',
    ...{ table, classes: table.classes!, split, counts },
    async score(id) {
      const fitted = scores.get(id as ClassScoreId);
      if (!fitted) throw notFitted(id, [...scores.keys()]);
      const { calibration, test } = fitted;
      return {
        ...fitted,
        radius: (alpha) => radiusFor(calibration, alpha),
        values: async (part) => (part === 'test' ? ownEntries(test, classes, truth) : calibration),
      };
    },
  };
}

/** The shown split of numbers. Throws `no-regions` for classes. */
export async function regression({ prepared }: SetsContext): Promise<Shown> {
  const shown = await prepared();
  if (shown.task === 'regression') return shown;
  throw noRegions();
}

/** The shown split of classes. Throws `no-classes` for numbers. */
export async function classification({ prepared }: SetsContext): Promise<ShownClasses> {
  const shown = await prepared();
  if (shown.task === 'classification') return shown;
  throw new MongeError({
    code: 'no-classes',
    what: 'this run predicts numbers, so its sets are regions',
    got: 'a regression',
    expected: 'a run whose only target is a column of classes',
  });
}

async function openShown(
  { compute, config, inputs, seed }: StoredRun<ConformalConfig, Inputs>,
  arrays: Arrays,
  table: PreparedTable,
): Promise<Shown> {
  if (table.task === 'classification') throw noRegions();
  const context = {
    ...{ compute, device: config.device, seed, userModel: inputs.model },
    now: () => 0,
    shouldStop: () => false,
    onProgress: () => undefined,
  };
  const modelled = (await modelSplit(context, table, config, SHOWN, storedModel(arrays)))!;
  const { test } = modelled.predicted;
  const opened = new Map<string, Promise<ShownScore>>();

  const openScore = async (id: string): Promise<ShownScore> => {
    const fitted = storedScore(arrays, id);
    if (!fitted) throw notFitted(id, scoresOfRun(config));
    const definition = scoreById(id);
    const open = await definition.open(compute, modelled.shape, fitted.arrays);
    return {
      ...{ ...fitted, definition, open },
      radius: (alpha) => radiusAt(definition, fitted.calibration, alpha),
      values: async (part, alpha) =>
        definition.perLevel ? evaluateRows(open, modelled.predicted[part], alpha) : fitted[part],
    };
  };

  return {
    task: 'regression',
    ...{ ...modelled, table, counts: countsOf(modelled.split) },
    score(id) {
      const found = opened.get(id) ?? openScore(id);
      opened.set(id, found);
      found.catch(() => opened.delete(id));
      return found;
    },
    at: (row) => partOf(test, checkRow(row, test.rows.count), row + 1),
    toData: (y) => unstandardiseTargets(modelled.encoding, y),
    async close() {
      for (const score of opened.values()) await (await score).open.close();
      await modelled.model.close();
    },
  };
}

/** The row. Throws `row-unknown` unless there is such a test row, counted from 0. */
export function checkRow(row: number, count: number): number {
  if (Number.isInteger(row) && row >= 0 && row < count) return row;
  throw new MongeError({
    code: 'row-unknown',
    blame: 'input',
    what: 'there is no such test row',
    where: { key: 'row' },
    got: String(row),
    expected: `0 to ${count - 1}`,
  });
}

/** `score-not-fitted`: a question about a score that the run does not have. */
function notFitted(id: string, scores: readonly string[]): MongeError {
  return new MongeError({
    code: 'score-not-fitted',
    what: 'this run has no such score',
    where: { key: 'score' },
    got: id,
    expected: scores.join(', '),
    help: 'choose it in the settings and run again',
  });
}

/** `no-regions`: a question about regions of numbers to a run whose sets are of classes. */
function noRegions(): MongeError {
  return new MongeError({
    code: 'no-regions',
    what: 'this run predicts classes, so it has no regions and no model of numbers',
    got: 'a classification',
    expected: 'a run whose targets are numbers',
    help: 'ask for classes or classSets, or read membership.csv',
  });
}
