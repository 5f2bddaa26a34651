/** @file What a run keeps: the split it shows, and the numbers of each repeat. */
import type { Arrays } from '../../../contract/define';
import type { StoredRun } from '../../../contract/query';
import { prefixed, under, vector } from '../../../disk/named-arrays';
import { SPLIT_PARTS } from '../../../tables/split';
import { CLASS_SCORES } from '../classes/scores';
import type { ClassScoreId } from '../scores/catalogue';
import { MEASURE_NAMES, type ScoreMeasures, type SplitMeasures } from './measures';
import type { FittedScore } from './score';
import type { Counts } from './split';

/** The repeat whose split is shown. */
export const SHOWN = 0;
/** The name under which the shown split is kept. */
export const SHOWN_SPLIT = 'split';

const MODEL = 'model/';

/** The model's arrays and every fitted score as one record; of classes the scores of each test row are `width`. */
export function storeScores(model: Arrays, scores: ReadonlyMap<string, FittedScore>, width?: number): Arrays {
  const stored = prefixed(MODEL, model);
  for (const [id, { arrays, calibration, test, fitSeconds, queryMilliseconds, facts }] of scores) {
    Object.assign(stored, prefixed(`score/${id}/`, arrays));
    stored[`calibration/${id}`] = vector(calibration);
    stored[`test/${id}`] = width ? { data: test, shape: [test.length / width, width] } : vector(test);
    stored[`times/${id}`] = vector(Float64Array.of(fitSeconds, queryMilliseconds));
    for (const [name, value] of Object.entries(facts))
      stored[`fact/${id}/${name}`] = vector(Float64Array.of(value));
  }
  return stored;
}

/** The model's arrays of a stored split. */
export function storedModel(stored: Arrays): Arrays {
  return under(MODEL, stored);
}

/** One fitted score of a stored split, or null where there is none. */
export function storedScore(stored: Arrays, id: string): FittedScore | null {
  const times = stored[`times/${id}`];
  if (!times) return null;
  const facts = Object.entries(under(`fact/${id}/`, stored)).map(
    ([name, { data }]) => [name, data[0]!] as const,
  );
  return {
    arrays: under(`score/${id}/`, stored),
    facts: Object.fromEntries(facts),
    calibration: Float64Array.from(stored[`calibration/${id}`]!.data),
    test: Float64Array.from(stored[`test/${id}`]!.data),
    fitSeconds: times.data[0]!,
    queryMilliseconds: times.data[1]!,
  };
}

/** The shown split of classes: answers to every question are looked up in it, nothing is trained or opened again. */
export interface ClassSplit {
  counts: Counts;
  classes: number;
  /** Rows of the data set, classes, and probabilities [test, classes] of the test rows. */
  index: Uint32Array;
  truth: Int32Array;
  probabilities: Float64Array;
  /** Of the classifier. */
  model: Arrays;
  scores: Map<ClassScoreId, FittedScore>;
}

/** As one record of arrays. */
export function storeClasses({ counts, classes, model, scores, ...rows }: ClassSplit): Arrays {
  const { index, truth, probabilities } = rows;
  return {
    'classes/counts': vector(Uint32Array.from(SPLIT_PARTS, (part) => counts[part])),
    'classes/index': vector(index),
    'classes/truth': vector(truth),
    'classes/probabilities': { data: probabilities, shape: [truth.length, classes] },
    ...storeScores(model, scores, classes),
  };
}

/** What `storeClasses` wrote, or null where the record is of a regression. */
export function storedClasses(stored: Arrays): ClassSplit | null {
  const probabilities = stored['classes/probabilities'];
  if (!probabilities) return null;
  const counts = stored['classes/counts']!.data;
  const scores: ClassSplit['scores'] = new Map();
  for (const { id } of CLASS_SCORES) {
    const score = storedScore(stored, id);
    if (score) scores.set(id, score);
  }
  return {
    counts: Object.fromEntries(SPLIT_PARTS.map((part, k) => [part, counts[k]!])) as Counts,
    classes: probabilities.shape[1]!,
    index: stored['classes/index']!.data as Uint32Array,
    truth: stored['classes/truth']!.data as Int32Array,
    probabilities: probabilities.data as Float64Array,
    model: storedModel(stored),
    scores,
  };
}

/** The name under which the numbers of a repeat are kept. */
export function repeatName(repeat: number): string {
  return `repeat ${repeat + 1}`;
}

/** What queries read of the places where runs keep things. */
type Stores = Pick<StoredRun, 'kept' | 'keptNames' | 'snapshot' | 'snapshotSteps'>;

/** Whether the split that the run shows is done. Runs of earlier versions kept it as snapshot 0. */
export function hasShown({ keptNames, snapshotSteps }: Stores): boolean {
  return keptNames.includes(SHOWN_SPLIT) || snapshotSteps.includes(0);
}

/** The split that the run shows. @throws `no-snapshot` before it is done */
export async function shownArrays(context: Stores): Promise<Arrays> {
  return (await context.kept(SHOWN_SPLIT)) ?? (await context.snapshot(0)).arrays;
}

/** The numbers of one repeat as arrays. NaN where a value is missing. */
export function storeMeasures(measures: Readonly<SplitMeasures>): Arrays {
  const arrays = Object.entries(measures).map(
    ([id, values]) => [id, vector(Float64Array.from(MEASURE_NAMES, (name) => values[name] ?? NaN))] as const,
  );
  return prefixed('measures/', Object.fromEntries(arrays));
}

/** The numbers of all repeats that are done, in order. Earlier versions kept those of repeat r as snapshot r + 1. */
export async function resultsOfRepeats(context: Stores): Promise<SplitMeasures[]> {
  const results: SplitMeasures[] = [];
  for (let repeat = 0; ; repeat++) {
    const old = context.snapshotSteps.includes(repeat + 1);
    const arrays =
      (await context.kept(repeatName(repeat))) ?? (old ? (await context.snapshot(repeat + 1)).arrays : null);
    if (!arrays) return results;
    const measures = Object.entries(under('measures/', arrays));
    results.push(Object.fromEntries(measures.map(([id, { data }]) => [id, measuresOf(data)])));
  }
}

function measuresOf(data: ArrayLike<number>): ScoreMeasures {
  const values = MEASURE_NAMES.map((name, k) => [name, Number.isNaN(data[k]!) ? null : data[k]!] as const);
  return Object.fromEntries(values) as ScoreMeasures;
}
