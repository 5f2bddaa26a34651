/** @file Counts of words and the classifier on them, held to scikit-learn's (bench/reference/probes). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fitTextClassifier } from './text-classifier';
import { TfIdf } from './tf-idf';

const { texts: reference } = JSON.parse(
  readFileSync(new URL('../probes/testing/probes.json', import.meta.url), 'utf8'),
) as { texts: { texts: string[]; labels: number[]; features: string[]; rows: number[]; scores: number[] } };

describe('TF-IDF', () => {
  it('has the features and weights of scikit-learn', () => {
    const tfIdf = new TfIdf(reference.texts);
    expect(tfIdf.features).toEqual(reference.features);
    const { rows, columns, starts, indices, values } = tfIdf.rows(reference.texts);
    const dense = new Float64Array(rows * columns);
    for (let row = 0; row < rows; row++)
      for (let k = starts[row]!; k < starts[row + 1]!; k++) dense[row * columns + indices[k]!] = values[k]!;
    reference.rows.forEach((value, k) => expect(dense[k]).toBeCloseTo(value, 12));
  });

  it('gives a row of zeros where nothing is known', () => {
    const rows = new TfIdf(['one two']).rows(['three', 'two']);
    expect([...rows.starts]).toEqual([0, 0, 1]);
  });

  it('keeps what is frequent enough', () => {
    const tfIdf = new TfIdf(['aa bb', 'aa cc', 'aa bb'], { words: [1, 1], fewestTexts: 2, features: 1 });
    expect(tfIdf.features).toEqual(['aa']);
  });
});

describe('a classifier of texts', () => {
  it('scores as scikit-learn does at C = 1', () => {
    const judge = fitTextClassifier(reference.texts, reference.labels);
    judge.scores(reference.texts).forEach((score, k) => expect(score).toBeCloseTo(reference.scores[k]!, 3));
    expect(judge.weights[0]!.weight).toBeGreaterThan(judge.weights.at(-1)!.weight);
  });

  it('refuses texts of one kind', () => {
    expect(() => fitTextClassifier(['aa bb', 'cc dd'], [1, 1])).toThrow(
      expect.objectContaining({ code: 'logistic-input' }),
    );
  });
});
