/** @file Classifier, transport rank and coverage of sets of classes on the toy of three Gaussians. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCompute } from '../../../compute/session';
import { meanBand } from '../../../calibration/band';
import { radiusFor, sortScores } from '../../../calibration/quantile';
import { encodedSplit } from '../run/split';
import { sliceRows } from '../predicted';
import { readTable } from '../toys';
import { settings } from '../testing';
import { mapOf } from '../../../transport/rank/entropic';
import { normsOf } from '../../../numerics/points';
import { imagesOf } from '../../../transport/rank/testing';
import type { Split } from '../../../tables/encode';
import type { FitContext } from '../types';
import type { ClassScoreId } from '../scores/catalogue';
import { likeliest, openClassifier } from './classifier';
import { trainNetwork } from '../models/networks';
import { evaluateClasses } from './evaluate';
import { fitClassMap, openClassMap } from './otcp';
import { adaptive, classVectors, inverseProbability, margin, ownEntries, sharesOf } from './scores';
import { measureSets } from './sets';

const compute = openCompute({ threads: 2 });
afterAll(() => compute.close());

const config = settings({
  ...{ problem: 'classes', splits: '40/10/25/25' },
  ...{ hidden: 32, steps: 300, trainRows: 22_000 },
});
const IDS: ClassScoreId[] = ['otcp', 'ip', 'ms', 'aps'];

async function toy(seed: number, rows = 3000): Promise<{ split: Split; context: FitContext }> {
  const table = await readTable(undefined, { ...config, problemRows: rows }, seed);
  const { split, shape } = encodedSplit(table, config, seed, 0);
  const context: FitContext = {
    ...{ compute, device: 'cpu', seed, shape },
    now: () => 0,
    shouldStop: () => false,
    onProgress: () => undefined,
  };
  return { split, context };
}

const fitClassifier = (context: FitContext, rows: Split['train']) =>
  trainNetwork(context, config, { kind: 'classifier', label: 'classes', rows, dimension: 3 });

describe('the classifier', () => {
  it('finds the toy’s classes about as well as anyone can, the same for the same seed', async () => {
    const { split, context } = await toy(1);
    const first = (await fitClassifier(context, split.train))!;
    const again = (await fitClassifier(context, split.train))!;
    expect(again).toEqual(first);
    const open = await openClassifier(compute, config, { features: 2, classes: 3 }, first);
    const probabilities = await open.probabilities(split.test);
    await open.close();
    for (let row = 0; row < split.test.count; row++)
      expect(probabilities[3 * row]! + probabilities[3 * row + 1]! + probabilities[3 * row + 2]!).toBeCloseTo(
        1,
        12,
      );
    const right = likeliest(probabilities, 3).filter((guess, row) => guess === split.test.y[row]).length;
    expect(right / split.test.count).toBeGreaterThan(0.92);
    expect(right / split.test.count).toBeLessThan(0.98);
  });

  it('gives nothing when stopped', async () => {
    const { split, context } = await toy(1, 200);
    expect(await fitClassifier({ ...context, shouldStop: () => true }, split.train)).toBeNull();
  });
});

describe('the transport rank of classes', () => {
  /** Probabilities of a sure, a torn and a wrong row. */
  const probabilities = Float64Array.of(0.98, 0.01, 0.01, 0.5, 0.48, 0.02, 0.05, 0.9, 0.05);
  const fit = { probabilities, truth: [0, 1, 2] };

  it('is what plain loops give, to twelve digits', async () => {
    const { context } = await toy(1, 200);
    const { arrays } = (await fitClassMap(context, fit, 3, { epsilon: 0.1, gridSize: 500 }))!;
    const open = await openClassMap(compute, arrays);
    const scores = await open.all({ probabilities });
    const own = await open.own(fit);
    await open.close();
    const plain = normsOf(imagesOf(mapOf(arrays), classVectors(probabilities, 3)), 3);
    scores.forEach((score, at) => expect(score).toBeCloseTo(plain[at]!, 12));
    // The few rows of a map may come in other blocks than all of them.
    ownEntries(scores, 3, fit.truth).forEach((score, row) => expect(own[row]).toBeCloseTo(score, 12));
  });

  it('puts the likely class first, and tells sure rows apart', async () => {
    const { split, context } = await toy(2);
    const model = (await fitClassifier(context, split.train))!;
    const classifier = await openClassifier(compute, config, { features: 2, classes: 3 }, model);
    const said = await classifier.probabilities(split.fit);
    const asked = await classifier.probabilities(split.calibration);
    await classifier.close();
    const learn = { probabilities: said, truth: split.fit.y };
    const { arrays, facts } = (await fitClassMap(context, learn, 3, { epsilon: 0.1, gridSize: 1024 }))!;
    expect(facts.marginalError).toBeLessThan(0.01);
    const open = await openClassMap(compute, arrays);
    const scores = await open.all({ probabilities: asked });
    await open.close();
    // Not always: of two classes that are nearly as likely the map may prefer the other one.
    const first = likeliest(asked, 3).filter((guess, row) => {
      const own = scores.subarray(3 * row, 3 * row + 3);
      return own[guess] === Math.min(...own);
    });
    expect(first.length / split.calibration.count).toBeGreaterThan(0.97);
    expect(new Set(scores).size).toBe(scores.length);
    expect(new Set(Float32Array.from(scores)).size).toBeLessThan(scores.length);
  });
});

describe('coverage on independently drawn toys', () => {
  const [seeds, rows] = [10, 750];
  const coverage = new Map<ClassScoreId, number[]>(IDS.map((id) => [id, []]));
  const size = new Map<ClassScoreId, number[]>(IDS.map((id) => [id, []]));

  beforeAll(async () => {
    for (let seed = 1; seed <= seeds; seed++) {
      const table = await readTable(undefined, config, seed);
      const { context } = await toy(seed, 200);
      const onProgress = () => undefined;
      const split = (await evaluateClasses({ ...context, onProgress }, table, config, IDS, 0))!;
      expect(split.counts).toEqual({ train: 1200, fit: 300, calibration: rows, test: rows });
      for (const [id, { calibration, test }] of split.scores) {
        const { truth, classes } = split;
        const measured = measureSets({ scores: test, truth, classes }, radiusFor(calibration, 0.1));
        coverage.get(id)!.push(measured.coverage);
        size.get(id)!.push(measured.meanSize);
      }
    }
  }, 120_000);

  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

  it.each(IDS)('of %s lies within 3.5 standard errors of k/(n + 1)', (id) => {
    const [low, high] = meanBand(rows, 0.1, rows, seeds);
    expect(mean(coverage.get(id)!)).toBeGreaterThan(low);
    expect(mean(coverage.get(id)!)).toBeLessThan(high);
  });

  it('comes with sets of about one class: rank, probability and margin smaller than APS, which evens out hard rows', () => {
    for (const id of ['otcp', 'ip', 'ms'] as const) {
      expect(mean(size.get(id)!)).toBeGreaterThan(0.9);
      expect(mean(size.get(id)!)).toBeLessThan(mean(size.get('aps')!));
    }
    expect(mean(size.get('aps')!)).toBeLessThan(1.1);
  });
});

describe('the check of coverage', () => {
  // Many draws of few rows, where a wrong rank shows most.
  const [n, m, alpha] = [20, 20, 0.1];
  const draws = 500;
  let probabilities: Float64Array;
  let rows: Split['test'];

  beforeAll(async () => {
    const { split, context } = await toy(3, 40_000);
    const model = (await fitClassifier(context, sliceRows(split.train, 0, 1200)))!;
    const classifier = await openClassifier(compute, config, { features: 2, classes: 3 }, model);
    rows = sliceRows(split.train, 1200, 1200 + draws * (n + m)); // not trained on
    probabilities = await classifier.probabilities(rows);
    await classifier.close();
  }, 60_000);

  /** Mean coverage with the radius that a rule takes from the calibration scores. */
  function meanCoverageOf(own: Float64Array, radiusOf: (sorted: Float64Array) => number): number {
    let hits = 0;
    for (let from = 0; from < own.length; from += n + m) {
      const radius = radiusOf(sortScores(own.subarray(from, from + n)));
      hits += own.subarray(from + n, from + n + m).filter((score) => score <= radius).length;
    }
    return hits / (draws * m);
  }

  it.each([
    ['ip', () => inverseProbability(probabilities, 3)],
    ['ms', () => margin(probabilities, 3)],
    ['aps', () => adaptive(probabilities, 3, sharesOf(rows.index, 3, 'aps'))],
  ] as const)(
    'passes %s with the exact rank and fails it with the plain quantile of the same rows',
    (_, score) => {
      const own = ownEntries(score(), 3, rows.y);
      const [low, high] = meanBand(n, alpha, m, draws);
      const exact = meanCoverageOf(own, (sorted) => radiusFor(sorted, alpha));
      expect(exact).toBeGreaterThan(low);
      expect(exact).toBeLessThan(high);
      expect(meanCoverageOf(own, (sorted) => sorted[Math.ceil((1 - alpha) * n) - 1]!)).toBeLessThan(low);
    },
  );
});
