/** @file The shown split of a run, opened for questions: its rows, its model, its scores. */
import type { Inputs, QueryContext } from '../../../contract/define';
import type { ConformalConfig } from '../config';
import { radiusFor } from '../../../calibration/quantile';
import type { FittedScore } from '../run/score';
import { modelSplit, type ModelledSplit } from '../run/split';
import { shownArrays, storedModel, storedScore } from '../run/stored';
import { scoreById, scoresOfRun } from '../scores';
import { readTable } from '../toys';
import type { PreparedTable } from '../../../tables/prepared';
import { unstandardise } from '../../../tables/encode';
import type { Candidates, OpenScore, ScoreDefinition } from '../types';
import { checkRow, noRegions, notFitted } from './asked';

/** One score with what it was fitted to, open. */
export interface ShownScore extends FittedScore {
  definition: ScoreDefinition;
  open: OpenScore;
  /** The radius at a level; 0 for level-dependent scores, infinite where too few rows were calibrated. */
  radius(alpha: number): number;
}

export interface Shown extends ModelledSplit {
  table: PreparedTable;
  /** Only scores of the run. Throws `score-not-fitted`. */
  score(id: string): Promise<ShownScore>;
  /** Candidates [count, d] in standardised units at one test row. */
  candidates(row: number, y: Float32Array): Candidates;
  /** Points [count, d] from standardised to data units. */
  toData(y: Float32Array): Float32Array;
  close(): Promise<void>;
}

/** Opens it, or gives what was opened before. Throws `no-snapshot` before the first split is done, `no-regions` for classes. */
export async function shownSplit(
  context: QueryContext,
  inputs: Inputs,
  config: ConformalConfig,
): Promise<Shown> {
  return context.cached('shown', () => openShown(context, inputs, config));
}

async function openShown(context: QueryContext, inputs: Inputs, config: ConformalConfig): Promise<Shown> {
  const arrays = await shownArrays(context);
  const table = await readTable(inputs.table, config, context.seed);
  if (table.task === 'classification') throw noRegions();
  const quiet = {
    compute: context.compute,
    device: config.device,
    now: () => 0,
    shouldStop: () => false,
    onProgress: () => undefined,
  };
  const modelled = await modelSplit(table, config, context.seed, 0, quiet, storedModel(arrays));
  const opened = new Map<string, Promise<ShownScore>>();

  const open = async (id: string): Promise<ShownScore> => {
    const fitted = storedScore(arrays, id);
    if (!fitted) throw notFitted(id, scoresOfRun(config));
    const definition = scoreById(id);
    return {
      ...fitted,
      definition,
      open: await definition.open(context.compute, modelled!.shape, fitted.arrays),
      radius: (alpha) => (definition.perLevel ? 0 : radiusFor(fitted.calibration, alpha)),
    };
  };

  const { test } = modelled!.predicted;
  const { features, d } = modelled!.shape;
  return {
    ...modelled!,
    table,
    score(id) {
      let found = opened.get(id);
      if (!found) {
        found = open(id);
        opened.set(id, found);
        found.catch(() => opened.delete(id));
      }
      return found;
    },
    candidates(row, y) {
      checkRow(row, test.rows.count);
      return {
        count: y.length / d,
        y,
        prediction: rowPrediction(test.prediction, row),
        x: test.rows.x.slice(row * features, (row + 1) * features),
      };
    },
    toData: (y) => unstandardise(modelled!.encoding, y),
    async close() {
      for (const score of opened.values()) await (await score).open.close();
      await modelled!.model.close();
    },
  };
}

/** One row of a prediction. */
export function rowPrediction(prediction: Candidates['prediction'], row: number): Candidates['prediction'] {
  return Object.fromEntries(
    Object.entries(prediction).map(([name, { data, shape }]) => {
      const width = shape.slice(1).reduce((product, size) => product * size, 1);
      return [name, { data: data.slice(row * width, (row + 1) * width), shape: [1, ...shape.slice(1)] }];
    }),
  );
}
