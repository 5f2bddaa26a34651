/** @file What a run of classes keeps of the split it shows: answers to every question are looked up, nothing is trained or opened again. */
import type { Arrays } from '../../../contract/define';
import { vector } from '../../../disk/named-arrays';
import type { FittedScore } from '../run/score';
import type { Counts } from '../run/split';
import { storedModel, storedScore, storeScores } from '../run/stored';
import type { ClassScoreId } from '../scores/catalogue';
import { SPLIT_PARTS } from '../../../tables/split';
import { CLASS_SCORES } from './scores';

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
export function storeClasses(split: ClassSplit): Arrays {
  const { counts, classes, index, truth, probabilities, model, scores } = split;
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
