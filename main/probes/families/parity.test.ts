/** @file Probes, rankings and silhouettes held to scikit-learn and NumPy on the same small data (bench/reference/probes). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fitLogistic } from '../../numerics/logistic';
import { aucOf } from '../../numerics/ranking';
import { silhouetteOf } from '../silhouette';
import { fitRows, scalerOf, standardised } from '../standardise';
import { families } from '.';
import { l1Path, largestPenalty } from './lr-l1';

interface Reference {
  columns: number;
  x: number[];
  labels: number[];
  standardised: number[];
  logisticL2: { penalty: number; weights: number[]; bias: number }[];
  logisticL1: { penalty: number; weights: number[]; bias: number }[];
  lda: { shrinkage: number; weights: number[] };
  ridge: { penalty: number; weights: number[]; intercept: number };
  massMean: { weights: number[]; inside: number[] };
  auc: { scores: number[]; value: number };
  silhouette: number;
}

const reference = JSON.parse(
  readFileSync(new URL('../testing/probes.json', import.meta.url), 'utf8'),
) as Reference;
const { columns, labels } = reference;
const x = { data: Float32Array.from(reference.x), rows: labels.length, columns };
const rows = [...labels.keys()];
const scaler = scalerOf(x, rows);
const train = fitRows(x, rows, labels, scaler);

function close(found: ArrayLike<number>, expected: readonly number[], digits: number): void {
  expect(found).toHaveLength(expected.length);
  expected.forEach((value, k) => expect(found[k]).toBeCloseTo(value, digits));
}

describe('against scikit-learn', () => {
  it('standardises alike', () => close(standardised(x, [0, 1, 2], scaler), reference.standardised, 9));

  it.each(reference.logisticL2)('LR-L2 at λ = $penalty', ({ penalty, weights, bias }) => {
    const fit = fitLogistic(train.operator, labels, { penalty, tolerance: 1e-10 });
    close(fit.weights, weights, 5);
    expect(fit.bias).toBeCloseTo(bias, 5);
  });

  it('LR-L1 along a path, and no weight at λmax', () => {
    const [first, ...penalties] = [
      largestPenalty(train),
      ...reference.logisticL1.map(({ penalty }) => penalty),
    ];
    const [none, ...path] = l1Path(train, [first, ...penalties], 1e-7);
    expect(none!.weights.every((weight) => weight === 0)).toBe(true);
    for (const [k, { weights, bias }] of reference.logisticL1.entries()) {
      close(path[k]!.weights, weights, 3);
      expect(path[k]!.bias).toBeCloseTo(bias, 3);
      expect([...path[k]!.weights].map((weight) => weight !== 0)).toEqual(
        weights.map((weight) => weight !== 0),
      );
    }
  });

  it('LDA at a shrinkage, whose covariance has another divisor there', () => {
    const { weights } = families.lda(train, train, { strength: reference.lda.shrinkage });
    const n = labels.length;
    close(
      weights.map((weight) => (weight * n) / (n - 2)),
      reference.lda.weights,
      7,
    );
  });

  it('ridge regression', () => {
    const { weights, bias } = families.ridge(train, train, { strength: reference.ridge.penalty });
    close(weights, reference.ridge.weights, 9);
    expect(bias + 0.5).toBeCloseTo(reference.ridge.intercept, 9);
  });

  it('mass-mean, outside and on the own items', () => {
    const { weights, inside } = families['mass-mean'](train, train, { inside: true });
    close(weights, reference.massMean.weights, 9);
    close(inside!.weights, reference.massMean.inside, 7);
  });

  it('AUC with ties, and the silhouette', () => {
    expect(aucOf(reference.auc.scores, labels)).toBeCloseTo(reference.auc.value, 12);
    expect(silhouetteOf(train.values, columns, labels)).toBeCloseTo(reference.silhouette, 9);
  });
});
