/** @file One repeat of a classification: the classifier trained, every score calibrated and tried on the test rows. */
import type { PreparedTable } from '../../../tables/prepare';
import type { Rows } from '../../../tables/encode';
import type { ConformalConfig } from '../config';
import { trainNetwork } from '../models/networks';
import { measureScore, TIE, type FittedScore, type Measured } from '../run/score';
import { countsOf, encodedSplit, seedOf, type SplitContext } from '../run/split';
import type { ClassScoreId } from '../scores/catalogue';
import type { FitContext } from '../types';
import { openClassifier } from './classifier';
import { fitClassMap, openClassMap, type ClassRows } from './otcp';
import { CLASS_SCORES, ownEntries, sharesOf } from './scores';
import type { ClassSplit } from '../run/stored';

/** The form's 0: a map that is sharper than .1 lets sets grow where few rows are wrong, measured on the toy. */
const EPSILON = 0.1;
const GRID_SIZE = 2048;
/** Share of a repeat's progress that the classifier is. */
const MODEL_SHARE = 0.7;

interface Part extends ClassRows {
  rows: Rows;
}

/** Null when stopped. The same numbers whenever it is asked for the same repeat. */
export async function evaluateClasses(
  run: SplitContext,
  table: PreparedTable,
  config: ConformalConfig,
  ids: readonly ClassScoreId[],
  repeat: number,
): Promise<ClassSplit | null> {
  const { split, shape } = encodedSplit(table, config, run.seed, repeat);
  const classes = table.classes!.length;
  const context: FitContext = {
    ...{ ...run, shape, seed: seedOf(run.seed, repeat) },
    onProgress: (share) => run.onProgress('classifier', MODEL_SHARE * share),
  };
  context.onProgress(0);
  const task = { kind: 'classifier', label: 'classes', rows: split.train, dimension: classes } as const;
  const model = await trainNetwork(context, config, task);
  if (!model) return null;
  const sizes = { features: shape.features, classes };
  const classifier = await openClassifier(run.compute, config, sizes, model, run.device);
  try {
    const part = async (rows: Rows): Promise<Part> => ({
      rows,
      truth: rows.y,
      probabilities: await classifier.probabilities(rows),
    });
    const fit = await part(split.fit);
    const calibration = await part(split.calibration);
    const test = await part(split.test);
    const scores: ClassSplit['scores'] = new Map();
    for (const [position, id] of ids.entries()) {
      run.onProgress('scores', MODEL_SHARE + ((1 - MODEL_SHARE) * position) / ids.length);
      const score = await scoreOf(id, context, config, classes, { fit, calibration, test });
      if (!score) return null;
      scores.set(id, score);
    }
    return {
      counts: countsOf(split),
      classes,
      index: split.test.index,
      truth: Int32Array.from(split.test.y),
      probabilities: test.probabilities,
      ...{ model, scores },
    };
  } finally {
    await classifier.close();
  }
}

function scoreOf(
  id: ClassScoreId,
  context: FitContext,
  config: ConformalConfig,
  classes: number,
  { fit, ...asked }: Record<'fit' | 'calibration' | 'test', Part>,
): Promise<FittedScore | null> {
  const { calibration, test } = asked;
  const measured = async (): Promise<Measured | null> => {
    const scorer = await scorerOf(id, context, config, classes, fit);
    return (
      scorer && {
        arrays: scorer.arrays,
        facts: { ...scorer.facts, calibrationRows: calibration.rows.count },
        calibrate: () => scorer.own(calibration),
        test: () => scorer.all(test),
        close: scorer.close,
      }
    );
  };
  /** The same number for all classes of a row: the score stays a function of row, class and one uniform. */
  const breakTies = (scores: Float64Array, part: keyof typeof asked) => {
    const { index } = asked[part].rows;
    const shares = sharesOf(index, context.seed, `ties.${id}`);
    const width = scores.length / index.length;
    for (let at = 0; at < scores.length; at++) scores[at]! += TIE * shares[Math.floor(at / width)]!;
  };
  return measureScore(context.now, test.rows.count, measured, config.tieBreak ? breakTies : undefined);
}

/** Every class of rows [rows, classes], and the true class of rows [rows]. */
interface Scorer extends Pick<FittedScore, 'arrays' | 'facts'> {
  all: (part: Part) => Promise<Float64Array>;
  own: (part: Part) => Promise<Float64Array>;
  close: () => Promise<void>;
}

async function scorerOf(
  id: ClassScoreId,
  context: FitContext,
  { epsilon, gridSize }: ConformalConfig,
  classes: number,
  fit: Part,
): Promise<Scorer | null> {
  const { of } = CLASS_SCORES.find((score) => score.id === id)!;
  if (!of) {
    const options = { epsilon: epsilon || EPSILON, gridSize: gridSize || GRID_SIZE };
    const fitted = await fitClassMap(context, fit, classes, options);
    return fitted && { ...fitted, ...(await openClassMap(context.compute, fitted.arrays)) };
  }
  const all = async ({ probabilities, rows }: Part) =>
    of(probabilities, classes, sharesOf(rows.index, context.seed, id));
  return {
    ...{ all, arrays: {}, facts: {} },
    own: async (part) => ownEntries(await all(part), classes, part.truth),
    close: async () => undefined,
  };
}
