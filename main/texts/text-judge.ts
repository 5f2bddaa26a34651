/** @file A classifier of words as a judge that says how good it is: trained on some texts, its AUC told on others. */
import { aucOf } from '../numerics/ranking';
import { fitTextClassifier } from './text-classifier';

export interface JudgeTexts {
  target: readonly string[];
  source: readonly string[];
}

export interface TextJudge {
  /** Probability that each text is of the target, 0 to 1; 1 and 0 count alike where it was trained. */
  judge(texts: readonly string[]): Float64Array;
  /** On the test texts; NaN where a side has none. */
  auc: number;
  /** Texts of either side that it was trained on: as many of both. */
  trained: number;
}

/**
 * The larger side is cut to the smaller, from its end, so that no kind is likelier beforehand.
 * @throws `logistic-input` where a side is empty, or no text holds a word
 */
export function fitTextJudge(train: JudgeTexts, test: JudgeTexts): TextJudge {
  const trained = Math.min(train.target.length, train.source.length);
  const labelled = (texts: JudgeTexts) => ({
    texts: [...texts.target, ...texts.source],
    labels: [...texts.target.map(() => 1), ...texts.source.map(() => 0)],
  });
  const fitted = labelled({
    target: train.target.slice(0, trained),
    source: train.source.slice(0, trained),
  });
  const classifier = fitTextClassifier(fitted.texts, fitted.labels);
  const others = labelled(test);
  return {
    judge: (texts) => classifier.scores(texts).map((score) => 1 / (1 + Math.exp(-score))),
    auc: others.texts.length > 0 ? aucOf(classifier.scores(others.texts), others.labels) : NaN,
    trained,
  };
}
