/** @file Scores of classes against examples worked out by hand. */
import { describe, expect, it } from 'vitest';
import { likeliest, softmaxRows } from './classifier';
import {
  adaptive,
  classScoresOf,
  classVectors,
  inverseProbability,
  margin,
  ownEntries,
  sharesOf,
} from './scores';

/** Two rows of three classes. */
const PROBABILITIES = Float64Array.of(0.7, 0.2, 0.1, 0.25, 0.25, 0.5);

function expectNear(values: Float64Array, expected: number[]): void {
  expect(values).toHaveLength(expected.length);
  expected.forEach((value, at) => expect(values[at]).toBeCloseTo(value, 12));
}

describe('inverse probability', () => {
  it('is 1 − π of every class', () => {
    expectNear(inverseProbability(PROBABILITIES, 3), [0.3, 0.8, 0.9, 0.75, 0.75, 0.5]);
  });

  it('tells sure predictions apart whose probability is 1 to sixteen digits', () => {
    const sure = softmaxRows([50, 0, 51, 0], 2);
    expect([sure[0], sure[2]]).toEqual([1, 1]);
    const scores = inverseProbability(sure, 2);
    expect(scores[0]).toBeGreaterThan(scores[2]!);
    expect(scores[2]).toBeGreaterThan(0);
  });
});

describe('margin', () => {
  it('is how far the best other class is ahead', () => {
    expectNear(margin(PROBABILITIES, 3), [-0.5, 0.5, 0.6, 0.25, 0.25, -0.25]);
  });
});

describe('APS', () => {
  it('is the mass of the more likely classes and a share of the class itself; the first of equals is more likely', () => {
    expectNear(adaptive(PROBABILITIES, 3, Float64Array.of(0.5, 0.1)), [
      ...[0.35, 0.7 + 0.1, 0.9 + 0.05],
      ...[0.5 + 0.025, 0.75 + 0.025, 0.05],
    ]);
  });

  it('has no ties among errors of two classes, which would all score 1 without the share', () => {
    const wrong = Float64Array.of(0.9, 0.1, 0.8, 0.2);
    const own = (shares: Float64Array) => ownEntries(adaptive(wrong, 2, shares), 2, [1, 1]);
    expectNear(own(Float64Array.of(1, 1)), [1, 1]);
    const [first, second] = own(sharesOf(Uint32Array.of(0, 1), 3, 'aps'));
    expect(first).not.toBe(second);
  });

  it('gives a row of the data set the same share in whatever order rows come', () => {
    const [a, b] = sharesOf(Uint32Array.of(17, 4), 5, 'aps');
    expect([...sharesOf(Uint32Array.of(4, 17), 5, 'aps')]).toEqual([b, a]);
    expect(sharesOf(Uint32Array.of(17), 6, 'aps')[0]).not.toBe(a);
  });
});

describe('score vectors', () => {
  it('are |e_y − π|, one per class of every row', () => {
    expectNear(classVectors(PROBABILITIES.subarray(0, 3), 3), [
      ...[0.3, 0.2, 0.1],
      ...[0.7, 0.8, 0.1],
      ...[0.7, 0.2, 0.9],
    ]);
  });

  it('can be picked for each row’s own class', () => {
    expectNear(ownEntries(classVectors(PROBABILITIES, 3), 3, [1, 2]), [0.7, 0.8, 0.1, 0.25, 0.25, 0.5]);
    expectNear(ownEntries(margin(PROBABILITIES, 3), 3, [1, 2]), [0.5, -0.25]);
  });
});

describe('the most likely class', () => {
  it('is the first of equals', () => {
    expect([...likeliest(Float64Array.of(0.4, 0.4, 0.2, 0.1, 0.3, 0.6), 3)]).toEqual([0, 2]);
  });
});

describe('the chosen scores', () => {
  it('are those of classes, in their own order, without a word', () => {
    expect(classScoresOf(['aps', 'l2', 'otcp'])).toEqual({ ids: ['otcp', 'aps'], notice: null });
  });

  it.each([[['l2', 'otcp']], [['l2']], [[]]])(
    'are all four for %j, which names none but the transport',
    (chosen) => {
      const { ids, notice } = classScoresOf(chosen);
      expect(ids).toEqual(['otcp', 'ip', 'ms', 'aps']);
      expect(notice).toContain('OTCP, Inverse probability, Margin, APS');
    },
  );
});
