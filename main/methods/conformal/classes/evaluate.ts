/** @file One repeat of a classification: rows dealt out, the classifier trained, every score calibrated and tried on the test rows. */
import type { ConformalConfig } from '../config';
import { sortScores } from '../../../calibration/quantile';
import { dealRows, seedOf } from '../run/deal';
import type { PreparedTable } from '../../../tables/prepared';
import type { Rows } from '../../../tables/rows';
import type { Arrays } from '../../../contract/define';
import type { FitContext } from '../types';
import type { ClassScoreId } from '../scores/catalogue';
import { trainNetwork } from '../models/networks';
import { openClassifier } from './classifier';
import { fitClassMap, openClassMap, type ClassRows } from './otcp';
import { adaptive, inverseProbability, margin, ownEntries, sharesOf } from './scores';
import type { ClassScore, ClassSplit } from './stored';

/** The form's 0: a map that is sharper than .1 lets sets grow where few rows are wrong, measured on the toy. */
const EPSILON = 0.1;
const GRID_SIZE = 2048;
/** A tie is broken by this share of a uniform number, where asked for. */
const TIE = 1e-9;

type ClassesContext = Omit<FitContext, 'shape' | 'seed' | 'onProgress'> & {
  /** Of the run; each repeat takes its own from it. */
  seed: number;
  onProgress(stage: string, share: number): void;
};

interface Part extends ClassRows {
  rows: Rows;
}

/** Null when stopped. The same numbers whenever it is asked for the same repeat. */
export async function evaluateClasses(
  context: ClassesContext,
  table: PreparedTable,
  config: ConformalConfig,
  ids: readonly ClassScoreId[],
  repeat: number,
): Promise<ClassSplit | null> {
  const { compute, device } = context;
  const { split, shape } = dealRows(table, config, context.seed, repeat);
  const classes = table.classes!.length;
  const seed = seedOf(context.seed, repeat);
  const fitContext: FitContext = {
    ...context,
    ...{ shape, seed },
    onProgress: (share) => context.onProgress('classifier', 0.7 * share),
  };
  const task = { kind: 'classifier', label: 'classes', rows: split.train, dimension: classes } as const;
  const model = await trainNetwork(fitContext, config, task);
  if (!model) return null;
  const sizes = { features: shape.features, classes };
  const classifier = await openClassifier(compute, config, sizes, model, device);
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
      context.onProgress('scores', 0.7 + (0.3 * position) / ids.length);
      const score = await scoreOf(id, fitContext, config, classes, { fit, calibration, test });
      if (!score) return null;
      scores.set(id, score);
    }
    return {
      counts: [split.train.count, split.fit.count, split.calibration.count, split.test.count],
      classes,
      index: split.test.index,
      truth: Int32Array.from(split.test.y),
      probabilities: test.probabilities,
      model,
      scores,
    };
  } finally {
    await classifier.close();
  }
}

/** Every class of rows [rows, classes], and the true class of rows [rows]. */
interface Scorer {
  all(part: Part): Promise<Float64Array>;
  own(part: Part): Promise<Float64Array>;
  arrays: Arrays;
  facts: Record<string, number>;
  close(): Promise<void>;
}

async function scoreOf(
  id: ClassScoreId,
  context: FitContext,
  config: ConformalConfig,
  classes: number,
  { fit, calibration, test }: Record<'fit' | 'calibration' | 'test', Part>,
): Promise<ClassScore | null> {
  const { seed } = context;
  const started = context.now();
  const scorer = await scorerOf(id, context, config, classes, fit);
  if (!scorer) return null;
  try {
    const calibrated = await scorer.own(calibration);
    const fitSeconds = (context.now() - started) / 1000;
    const asked = context.now();
    const tested = await scorer.all(test);
    const queryMilliseconds = (context.now() - asked) / Math.max(1, test.rows.count);
    if (config.tieBreak) {
      breakTies(calibrated, calibration.rows.index, seed, id);
      breakTies(tested, test.rows.index, seed, id);
    }
    return {
      calibration: sortScores(calibrated),
      test: tested,
      facts: { ...scorer.facts, calibrationRows: calibrated.length },
      arrays: scorer.arrays,
      ...{ fitSeconds, queryMilliseconds },
    };
  } finally {
    await scorer.close();
  }
}

async function scorerOf(
  id: ClassScoreId,
  context: FitContext,
  config: ConformalConfig,
  classes: number,
  fit: Part,
): Promise<Scorer | null> {
  const plain = (score: (part: Part) => Float64Array): Scorer => ({
    all: async (part) => score(part),
    own: async (part) => ownEntries(score(part), classes, part.truth),
    ...{ arrays: {}, facts: {} },
    close: async () => undefined,
  });
  switch (id) {
    case 'ip':
      return plain(({ probabilities }) => inverseProbability(probabilities, classes));
    case 'ms':
      return plain(({ probabilities }) => margin(probabilities, classes));
    case 'aps':
      return plain(({ probabilities, rows }) =>
        adaptive(probabilities, classes, sharesOf(rows.index, context.seed, 'aps')),
      );
    case 'otcp': {
      const { epsilon, gridSize } = config;
      const options = { epsilon: epsilon || EPSILON, gridSize: gridSize || GRID_SIZE };
      const fitted = await fitClassMap(context, fit, classes, options);
      if (!fitted) return null;
      const map = await openClassMap(context.compute, fitted.arrays);
      return {
        ...fitted,
        all: ({ probabilities }) => map.scores(probabilities),
        own: (part) => map.own(part),
        close: () => map.close(),
      };
    }
  }
}

/** The same number for all classes of a row: the score stays a function of row, class and one uniform. */
function breakTies(scores: Float64Array, index: Uint32Array, seed: number, id: ClassScoreId): void {
  const shares = sharesOf(index, seed, `ties.${id}`);
  const width = scores.length / index.length;
  for (let at = 0; at < scores.length; at++) scores[at]! += TIE * shares[Math.floor(at / width)]!;
}
