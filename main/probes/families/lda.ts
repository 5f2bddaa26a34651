/** @file Linear discriminant analysis with a shrunken covariance, (1 − s)·S + s·(tr S/d)·I, s chosen on validation items. */
import { choleskyFactor, solveFactored } from '../../numerics/cholesky';
import { bestOf, classMeans, middleBias, withinCovariance, type Family } from './family';

const shrinkages = [0.9, 0.5, 0.1, 0.02];

export const lda: Family = (train, validation, { strength } = {}) => {
  const means = classMeans(train);
  const covariance = withinCovariance(train, means);
  const gap = means[1].map((value, k) => value - means[0][k]!);
  const d = gap.length;
  let trace = 0;
  for (let k = 0; k < d; k++) trace += covariance[k * d + k]!;
  const fit = (shrinkage: number) => {
    const mixed = covariance.map((value) => (1 - shrinkage) * value);
    for (let k = 0; k < d; k++) mixed[k * d + k]! += (shrinkage * trace) / d;
    // Where no unit varies there is nothing to divide by, and the gap is 0 as well.
    const factor = choleskyFactor(mixed, d);
    const weights = factor ? solveFactored(factor, d, gap.slice()) : gap.slice();
    return { weights, bias: middleBias(weights, means), strength: shrinkage };
  };
  return strength === undefined ? bestOf(validation, shrinkages.map(fit)) : fit(strength);
};
