/** @file Logistic regression with a squared penalty: λ by validation AUC on a grid, from the strongest, each from the one before. */
import { fitLogistic } from '../../numerics/logistic';
import { bestOf, type Family } from './family';

/** 100 … 10⁻⁴. */
const penalties = [100, 10, 1, 0.1, 0.01, 1e-3, 1e-4];
/** Weaker penalties cost most; after this many without a better AUC no better one is looked for. */
const PATIENCE = 2;
/** Of the gradient: what is left moves no AUC in the third digit. */
const TOLERANCE = 1e-4;

export const logisticL2: Family = (train, validation, { strength } = {}) => {
  if (strength !== undefined)
    return {
      ...fitLogistic(train.operator, train.labels, { penalty: strength, tolerance: TOLERANCE }),
      strength,
    };
  function* path() {
    let start: { weights: Float64Array; bias: number } | undefined;
    for (const penalty of penalties) {
      const fit = fitLogistic(train.operator, train.labels, {
        ...{ penalty, tolerance: TOLERANCE },
        ...(start && { start }),
      });
      start = fit;
      yield { weights: fit.weights, bias: fit.bias, strength: penalty };
    }
  }
  return bestOf(validation, path(), PATIENCE);
};
