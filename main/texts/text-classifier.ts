/** @file A classifier that sees nothing but words: logistic regression on TF-IDF, the judge of texts and the control of probes. */
import { fitLogistic } from '../numerics/logistic';
import { TfIdf, type TfIdfOptions } from './tf-idf';

export interface TextClassifierOptions extends TfIdfOptions {
  /** λ of mean log-loss + (λ/2)·|w|². Default 1/n, which is scikit-learn's C = 1. */
  penalty?: number;
}

export interface TextClassifier {
  /** Words and pairs of words with their weights, largest first. */
  readonly weights: readonly { feature: string; weight: number }[];
  /** Log-odds that each text is of label 1. */
  scores(texts: readonly string[]): Float64Array;
}

/** @throws `logistic-input` for labels of one kind, or texts without a single word */
export function fitTextClassifier(
  texts: readonly string[],
  labels: ArrayLike<number>,
  { penalty = 1 / texts.length, ...options }: TextClassifierOptions = {},
): TextClassifier {
  const tfIdf = new TfIdf(texts, options);
  const { weights, bias } = fitLogistic(tfIdf.rows(texts), labels, { penalty });
  return {
    weights: tfIdf.features
      .map((feature, k) => ({ feature, weight: weights[k]! }))
      .sort((a, b) => b.weight - a.weight),
    scores(others) {
      const out = new Float64Array(others.length);
      tfIdf.rows(others).times(weights, out);
      return out.map((score) => score + bias);
    },
  };
}
