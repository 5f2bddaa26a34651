/** @file Logistic regression with a squared penalty: λ by validation AUC on a grid, from the strongest, each from the one before. */
import { fitLogistic } from '../../numerics/logistic';
import { bestOf, type Family } from './family';

/** 100 … 10⁻⁴. */
export const penalties = [100, 10, 1, 0.1, 0.01, 1e-3, 1e-4];
/** Weaker penalties cost most; after this many without a better AUC there is no better one left to find. */
const PATIENCE = 3;

export const logisticL2: Family = (train, validation, { strength } = {}) => {
  if (strength !== undefined)
    return { ...fitLogistic(train.operator, train.labels, { penalty: strength }), strength };
  function* path() {
    let start: { weights: Float64Array; bias: number } | undefined;
    for (const penalty of penalties) {
      const fit = fitLogistic(train.operator, train.labels, { penalty, ...(start && { start }) });
      start = fit;
      yield { weights: fit.weights, bias: fit.bias, strength: penalty };
    }
  }
  return bestOf(validation, path(), PATIENCE);
};
