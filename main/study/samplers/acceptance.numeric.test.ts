/** @file What samplers must reach, beside what Optuna's reach (bench/reference/study/samplers.py). */
import { describe, expect, it } from 'vitest';
import { SAMPLERS } from './registry';
import { bestOverSeeds, medianOf, minimise, optuna, problems, type ProblemName } from './testing/problems';

const names = Object.keys(problems) as ProblemName[];

describe.each(['random', 'tpe', 'cma-es'] as const)('%s', (kind) => {
  it.each(names)('reaches what Optuna does on %s, in the median of 20 seeds', (name) => {
    const ours = medianOf(bestOverSeeds(SAMPLERS[kind]!.create, name));
    // Not worse than all but the three worst of 20; a median of 20 draws from the same law hardly ever is.
    const [least, most] = [optuna.best[kind][name][1]!, optuna.best[kind][name][16]!];
    expect(ours).toBeLessThanOrEqual(most);
    if (kind === 'random') expect(ours).toBeGreaterThanOrEqual(least);
  });
});

describe('acceptance', () => {
  it('of TPE: Branin and Hartmann-6 within 60 evaluations', () => {
    const { create } = SAMPLERS.tpe!;
    expect(medianOf(bestOverSeeds(create, 'branin'))).toBeLessThanOrEqual(0.8);
    expect(medianOf(bestOverSeeds(create, 'hartmann6'))).toBeLessThanOrEqual(-2.6);
  });

  it("of CMA-ES: Rosenbrock's valley of ten dimensions within 12,000 evaluations, about as many as Optuna's", () => {
    const problem = { ...problems.rosenbrock10, budget: 12_000 };
    const needed = Array.from({ length: 20 }, (_, seed) => {
      const best = minimise(SAMPLERS['cma-es']!.create, problem, seed, {}, 1e-8);
      return best.at(-1)! < 1e-8 ? best.length : Infinity;
    }).sort((a, b) => a - b);
    expect(medianOf(needed)).toBeLessThan(12_000);
    const theirs = optuna.evaluations['cma-es'].map((count) => count ?? Infinity).sort((a, b) => a - b);
    expect(medianOf(needed)).toBeGreaterThan(theirs[3]!);
    expect(medianOf(needed)).toBeLessThan(theirs[16]!);
  });

  it('of all: divergence behind a cliff is not in the way', () => {
    const medians = (['tpe', 'cma-es', 'random'] as const).map((kind) =>
      medianOf(bestOverSeeds(SAMPLERS[kind]!.create, 'cliff')),
    );
    expect(medians[0]).toBeLessThan(medians[2]! / 3);
    expect(medians[1]).toBeLessThan(medians[2]! / 3);
  });
});
