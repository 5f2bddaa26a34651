/** @file E.0 of the spec: planted directions that differ by task give a block-diagonal matrix, a shared one flips every verdict. */
import { describe, expect, it } from 'vitest';
import type { ProbeClaim } from '../contract/probes';
import { cosineOf, diagonalMean, jaccardChance, jaccardOf, offDiagonalMean, pairs } from './geometry';
import type { LinearFamily } from './families';
import { allScores, aucMatrix, cosinesOf, drawsOf, geometryOf, siblingsOf, supportsOf } from './matrix';
import { mixturesOf } from './mixtures';
import { fitProbe, type TaskRows } from './place';
import { claimsOf, summaryOf } from './summary';
import { planted } from './testing/planted';

const WIDTH = 576;

/** The spec's settings: λ2 = .01, and for sparse probes the path. */
function judged(tasks: TaskRows[], family: LinearFamily, strength?: number) {
  const probes = tasks.map((task) => fitProbe(family, task, strength === undefined ? {} : { strength }));
  const draws = drawsOf(tasks, { bootstrap: 200, permutations: 100, seed: 0 });
  const names = tasks.map(({ name }) => name);
  const matrix = {
    leads: [],
    ...{ tasks: names, controls: [], siblings: siblingsOf(tasks), geometry: geometryOf(tasks, 0) },
    ...aucMatrix(allScores(probes, tasks, 'raw'), tasks, draws),
    ...{ cosine: cosinesOf(family, probes, tasks, 0), supports: supportsOf(probes, WIDTH) },
  };
  return { probes, draws, matrix, claims: claimsOf(matrix) };
}

const verdicts = (claims: readonly ProbeClaim[]) =>
  Object.fromEntries(claims.map(({ id, verdict }) => [id, verdict]));

describe('directions that differ by task', () => {
  const { tasks, directions } = planted();
  const { matrix, probes, draws, claims } = judged(tasks, 'lr-l2', 0.01);
  const { auc, cosine, geometry } = matrix;

  it('reproduce E.0 within its tolerances', () => {
    for (const k of [0, 1, 2, 3]) expect(auc.values[k * 5]).toBeGreaterThan(0.88);
    expect(offDiagonalMean(auc.values, 4, (value) => Math.abs(value - 0.5))).toBeLessThan(0.08);
    expect(offDiagonalMean(cosine.plain, 4, Math.abs)).toBeLessThan(3 / Math.sqrt(WIDTH));
    expect(cosine.chance).toBeCloseTo(1 / 24, 12);
    // The cell's intervals hold its value, and those off the diagonal meet what permuted labels reach.
    matrix.auc.values.forEach((value, at) => {
      expect(auc.low[at]).toBeLessThanOrEqual(value);
      expect(auc.high[at]).toBeGreaterThanOrEqual(value);
    });
    expect([0, 5, 10, 15].map((at) => matrix.meetsNull[at])).toEqual([0, 0, 0, 0]);
    expect(geometry.silhouetteByTask).toBeGreaterThan(geometry.silhouetteByLabel + 0.2);
  });

  it('have sparse supports that share no more than chance, and whose size is that of what was planted', () => {
    const sparse = tasks.map((task) => fitProbe('lr-l1', task, { strength: 0.04 }));
    const supports = sparse.map(({ weights }) => [...weights.keys()].filter((unit) => weights[unit] !== 0));
    for (const [k, support] of supports.entries()) {
      const found = support.filter((unit) => directions[k]![unit] !== 0).length;
      expect(found).toBeGreaterThanOrEqual(11);
      expect(support.length).toBeLessThanOrEqual(14);
    }
    const natural = pairs(4, (i, j) => jaccardOf(supports[i]!, supports[j]!));
    expect(Math.abs(offDiagonalMean(natural, 4) - jaccardChance(12, WIDTH))).toBeLessThan(0.05);
    const pair = tasks.slice(0, 2).map((task) => fitProbe('lr-l1', task));
    const path = supportsOf(pair, WIDTH);
    for (const { size, jaccard, jaccardChance: chance } of path) {
      expect(chance).toBeCloseTo(jaccardChance(size, WIDTH), 12);
      expect(Math.abs(offDiagonalMean(jaccard, 2) - chance)).toBeLessThan(0.05);
      expect(diagonalMean(jaccard, 2)).toBe(1);
    }
  });

  it('are found better by class means than by logistic regression', () => {
    const aligned = (family: LinearFamily, strength?: number) =>
      tasks.reduce((sum, task, k) => {
        const { weights } = fitProbe(family, task, strength === undefined ? {} : { strength });
        return sum + cosineOf(weights, directions[k]!) / 4;
      }, 0);
    const [means, logistic] = [aligned('mass-mean'), aligned('lr-l2', 0.01)];
    expect(means).toBeCloseTo(0.84, 1);
    expect(logistic).toBeCloseTo(0.71, 1);
    expect(means).toBeGreaterThan(logistic + 0.05);
  });

  it('are not rescued by mixtures', () => {
    const mixed = mixturesOf('lr-l2', probes, tasks, draws, { seed: 0, scores: 'raw' })!;
    for (const way of [mixed.union, mixed.mean, mixed.gate])
      way.values.forEach((value) => expect(Math.abs(value - 0.5)).toBeLessThan(0.12));
    mixed.r2.forEach((value) => expect(value).toBeLessThan(0.05));
    mixed.r2.forEach((value, k) => expect(mixed.r2NonNegative[k]).toBeLessThanOrEqual(value + 1e-9));
    expect(mixed.r2Chance).toBeCloseTo(3 / WIDTH, 12);
  });

  it('make every claim hold', () => {
    expect(verdicts(claims)).toMatchObject({
      ...{ 'in-task': 'holds', halves: 'holds', supports: 'holds', clusters: 'holds', flipped: 'absent' },
    });
    expect(['holds', 'part']).toContain(verdicts(claims).cosine);
    expect(['holds', 'part']).toContain(verdicts(claims)['no-transfer']);
    const { crossTaskDistance, crossTaskDistanceChance } = summaryOf(matrix);
    expect(crossTaskDistance).toBeLessThan(3 * crossTaskDistanceChance);
  });
});

describe('one direction for all tasks', () => {
  const { tasks } = planted({ shared: true });
  const { matrix, claims, probes, draws } = judged(tasks, 'lr-l2', 0.01);

  it('flips every verdict', () => {
    expect(offDiagonalMean(matrix.auc.values, 4)).toBeGreaterThan(0.88);
    expect(offDiagonalMean(matrix.cosine.plain, 4)).toBeGreaterThan(0.3);
    expect(verdicts(claims)).toMatchObject({
      'in-task': 'absent',
      'no-transfer': 'absent',
      cosine: 'absent',
      halves: 'absent',
      supports: 'absent',
    });
    expect([...matrix.meetsNull].every((meets) => meets === 0)).toBe(true);
  });

  it('lets mixtures do what the own probe does', () => {
    const mixed = mixturesOf('lr-l2', probes, tasks, draws, { seed: 0, scores: 'raw' })!;
    for (const way of [mixed.union, mixed.mean])
      way.values.forEach((value) => expect(value).toBeGreaterThan(0.9));
    mixed.r2.forEach((value) => expect(value).toBeGreaterThan(0.25));
  });
});

describe('one direction with its sign turned in every second task, and nothing that sets tasks apart', () => {
  const { tasks } = planted({ turned: true, offset: 0 });
  const { matrix, claims } = judged(tasks, 'lr-l2', 0.01);

  it('is transfer of either sign, though the mean of other tasks is near chance', () => {
    const { crossTaskMean, crossTaskDistance, crossTaskDistanceChance } = summaryOf(matrix);
    expect(Math.abs(crossTaskMean - 0.5)).toBeLessThan(0.2);
    expect(crossTaskDistance).toBeGreaterThan(10 * crossTaskDistanceChance);
    expect(verdicts(claims)).toMatchObject({ 'no-transfer': 'absent', halves: 'absent', flipped: 'holds' });
    expect(claims.find(({ id }) => id === 'flipped')!.count).toBe('8 of 12 pairs');
    // Tasks that differ in nothing but their labels are no clusters.
    expect(verdicts(claims).clusters).toBe('absent');
  });
});

it('labels at random give no probe that beats chance', () => {
  const { tasks } = planted({ gap: 0, tasks: 2 });
  const { matrix } = judged(tasks, 'lr-l2', 0.01);
  matrix.auc.values.forEach((value) => expect(Math.abs(value - 0.5)).toBeLessThan(0.1));
});
