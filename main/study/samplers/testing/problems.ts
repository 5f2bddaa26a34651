/** @file The functions of bench/reference/study/problems.py, with what Optuna's samplers reach on them. */
import { readFileSync } from 'node:fs';
import type { Json } from '../../../contract/schema';
import type { Point, Space } from '../../../contract/study';
import type { Sampler, SamplerFactory } from '../sampler';

export type ProblemName = 'branin' | 'hartmann6' | 'rosenbrock10' | 'cliff';

interface Reference {
  budgets: Record<ProblemName, number>;
  cliff: { optimum: number[]; weights: number[]; normals: number[][]; distance: number };
  /** Best values by seed, ascending; null where none was found. */
  best: Record<'random' | 'tpe' | 'cma-es' | 'gp', Record<ProblemName, (number | null)[]>>;
  evaluations: Record<'cma-es', (number | null)[]>;
}

export const optuna = JSON.parse(readFileSync(new URL('optuna.json', import.meta.url), 'utf8')) as Reference;

export interface Problem {
  space: Space;
  budget: number;
  /** Smaller is better; null where it diverges. */
  value: (point: Point) => number | null;
}

export const problems: Record<ProblemName, Problem> = {
  branin: problem(
    'branin',
    [
      [-5, 10],
      [0, 15],
    ],
    ([a, b]) => {
      const inner = b! - (5.1 / (4 * Math.PI ** 2)) * a! ** 2 + (5 / Math.PI) * a! - 6;
      return inner ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(a!) + 10;
    },
  ),
  hartmann6: problem(
    'hartmann6',
    boxes(6, 0, 1),
    (x) =>
      -sum(
        ALPHA,
        (alpha, i) => alpha * Math.exp(-sum(x, (xk, k) => A[i]![k]! * (xk - P[i]![k]! / 1e4) ** 2)),
      ),
  ),
  rosenbrock10: problem('rosenbrock10', boxes(10, -5, 10), (x) =>
    sum(x.slice(1), (next, k) => 100 * (next - x[k]! ** 2) ** 2 + (1 - x[k]!) ** 2),
  ),
  cliff: problem('cliff', boxes(10, -4, 4), (x) => {
    const { optimum, weights, normals, distance } = optuna.cliff;
    const away = x.map((xk, k) => xk - optimum[k]!);
    if (normals.some((normal) => sum(normal, (nk, k) => nk * away[k]!) > distance)) return null;
    return sum(weights, (weight, k) => weight * away[k]! ** 2);
  }),
};

/** Runs one trial after the other. @returns the best value after each one; Infinity before there is one */
export function minimise(
  factory: SamplerFactory,
  { space, budget, value }: Problem,
  seed: number,
  options: Record<string, Json> = {},
  stop = -Infinity,
): number[] {
  const sampler: Sampler = factory({ space, seed, trials: budget, options });
  const best: number[] = [];
  for (let trial = 0; trial < budget && !((best.at(-1) ?? Infinity) < stop); trial++) {
    const point = sampler.ask(trial)!;
    sampler.tell({ kind: 'asked', trial, point, enqueued: false });
    const got = value(point);
    const state = got === null ? 'diverged' : 'complete';
    sampler.tell({ kind: 'ended', trial, state, value: got, values: got === null ? [] : [got] });
    best.push(Math.min(best.at(-1) ?? Infinity, got ?? Infinity));
  }
  return best;
}

/** The best values of the seeds 0, 1, …, ascending. */
export function bestOverSeeds(factory: SamplerFactory, name: ProblemName, seeds = 20): number[] {
  return Array.from({ length: seeds }, (_, seed) => minimise(factory, problems[name], seed).at(-1)!).sort(
    (a, b) => a - b,
  );
}

/** Middle of an ascending list. */
export function medianOf(sorted: readonly (number | null)[]): number {
  const at = (k: number) => sorted[k] ?? Infinity;
  return (at(Math.floor((sorted.length - 1) / 2)) + at(Math.ceil((sorted.length - 1) / 2))) / 2;
}

function problem(name: ProblemName, box: [number, number][], of: (x: number[]) => number | null): Problem {
  const space: Space = Object.fromEntries(
    box.map(([low, high], k) => [`x${k}`, { type: 'float', low, high, scale: 'linear' }]),
  );
  return {
    space,
    budget: optuna.budgets[name],
    value: (point) => of(Object.keys(space).map((key) => point[key] as number)),
  };
}

function boxes(count: number, low: number, high: number): [number, number][] {
  return Array.from({ length: count }, () => [low, high]);
}

function sum(values: readonly number[], of: (value: number, index: number) => number): number {
  return values.reduce((total, value, index) => total + of(value, index), 0);
}

const ALPHA = [1, 1.2, 3, 3.2];
const A = [
  [10, 3, 17, 3.5, 1.7, 8],
  [0.05, 10, 17, 0.1, 8, 14],
  [3, 3.5, 1.7, 10, 17, 8],
  [17, 8, 0.05, 10, 0.1, 14],
];
const P = [
  [1312, 1696, 5569, 124, 8283, 5886],
  [2329, 4135, 8307, 3736, 1004, 9991],
  [2348, 1451, 3522, 2883, 3047, 6650],
  [4047, 8828, 8732, 5743, 1091, 381],
];
