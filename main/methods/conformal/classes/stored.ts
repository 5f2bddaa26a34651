/** @file What a run of classes keeps of the split it shows: answers to every question are looked up, nothing is trained or opened again. */
import type { Arrays } from '../../../contract/define';
import { prefixed, under } from '../../../disk/named-arrays';
import type { ClassScoreId } from '../scores/catalogue';
import { CLASS_SCORES } from './scores';

/** One score on the shown split. */
export interface ClassScore {
  /** Ascending scores of the calibration rows. */
  calibration: Float64Array;
  /** [test, classes] scores of every class. */
  test: Float64Array;
  facts: Record<string, number>;
  /** What can be opened again; only of the transport score. */
  arrays: Arrays;
  /** Seconds, and milliseconds per test row. */
  fitSeconds: number;
  queryMilliseconds: number;
}

export interface ClassSplit {
  /** Rows per part: train, fit, calibration, test. */
  counts: [number, number, number, number];
  classes: number;
  /** Rows of the data set, classes, and probabilities [test, classes] of the test rows. */
  index: Uint32Array;
  truth: Int32Array;
  probabilities: Float64Array;
  /** Of the classifier. */
  model: Arrays;
  scores: Map<ClassScoreId, ClassScore>;
}

/** As one record of arrays. */
export function storeClasses(split: ClassSplit): Arrays {
  const { counts, classes, index, truth, probabilities, model, scores } = split;
  const stored: Arrays = {
    'classes/counts': { data: Uint32Array.from(counts), shape: [4] },
    'classes/index': { data: index, shape: [index.length] },
    'classes/truth': { data: truth, shape: [truth.length] },
    'classes/probabilities': { data: probabilities, shape: [truth.length, classes] },
  };
  Object.assign(stored, prefixed('model/', model));
  for (const [id, score] of scores) {
    Object.assign(stored, prefixed(`score/${id}/`, score.arrays));
    stored[`calibration/${id}`] = { data: score.calibration, shape: [score.calibration.length] };
    stored[`test/${id}`] = { data: score.test, shape: [truth.length, classes] };
    stored[`times/${id}`] = { data: Float64Array.of(score.fitSeconds, score.queryMilliseconds), shape: [2] };
    for (const [name, value] of Object.entries(score.facts))
      stored[`fact/${id}/${name}`] = { data: Float64Array.of(value), shape: [1] };
  }
  return stored;
}

/** What `storeClasses` wrote, or null where the record is of a regression. */
export function storedClasses(stored: Arrays): ClassSplit | null {
  const probabilities = stored['classes/probabilities'];
  if (!probabilities) return null;
  const numbers = (name: string) => stored[name]!.data as Float64Array;
  const scores = new Map<ClassScoreId, ClassScore>();
  for (const { id } of CLASS_SCORES) {
    if (!stored[`test/${id}`]) continue;
    const [fitSeconds, queryMilliseconds] = numbers(`times/${id}`) as unknown as [number, number];
    scores.set(id, {
      calibration: numbers(`calibration/${id}`),
      test: numbers(`test/${id}`),
      facts: Object.fromEntries(
        Object.entries(under(`fact/${id}/`, stored)).map(([name, { data }]) => [name, data[0]!]),
      ),
      arrays: under(`score/${id}/`, stored),
      ...{ fitSeconds, queryMilliseconds },
    });
  }
  return {
    counts: Array.from(stored['classes/counts']!.data) as ClassSplit['counts'],
    classes: probabilities.shape[1]!,
    index: stored['classes/index']!.data as Uint32Array,
    truth: stored['classes/truth']!.data as Int32Array,
    probabilities: probabilities.data as Float64Array,
    model: under('model/', stored),
    scores,
  };
}
