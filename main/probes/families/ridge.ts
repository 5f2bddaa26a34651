/** @file Ridge regression on labels of 0 and 1: mean square + λ·|w|², the mean of the labels as bias; λ chosen on validation items. */
import { choleskyFactor, solveFactored } from '../../numerics/cholesky';
import { lowerGram } from '../../numerics/gram';
import { bestOf, type Family } from './family';

const penalties = [100, 10, 1, 0.1, 0.01, 1e-3];

export const ridge: Family = ({ values, operator, labels }, validation, { strength } = {}) => {
  const { rows: n, columns: d } = operator;
  const mean = labels.reduce((sum, label) => sum + label, 0) / n;
  const target = new Float64Array(d);
  operator.transposedTimes(
    Float64Array.from(labels, (label) => (label - mean) / n),
    target,
  );
  const gram = lowerGram(values, d).map((value) => value / n);
  const fit = (penalty: number) => {
    const matrix = gram.slice();
    for (let k = 0; k < d; k++) matrix[k * d + k]! += penalty;
    const weights = solveFactored(choleskyFactor(matrix, d)!, d, target.slice());
    // Half way between the labels is where it changes its mind.
    return { weights, bias: mean - 0.5, strength: penalty };
  };
  return strength === undefined ? bestOf(validation, penalties.map(fit)) : fit(strength);
};
