/** @file Gates G5 and G7: the limit of a sharp coupling is the exact assignment, and acceleration changes no coupling. */
import { describe, expect, it } from 'vitest';
import { assign } from '../testing';
import { scoreTiles } from '../programs';
import { costDeviation } from '../scale';
import { ladderAbove } from '../solve';
import { engineOfFile, drawnCost, gaussians, onEngine, planOf } from './testing';

const compute = engineOfFile();
const { solved, draw, couple } = onEngine(compute);

describe('G5: ε → 0', () => {
  it('approaches the exact assignment: cost within 1 %', async () => {
    const n = 256;
    const problem = gaussians(n, 2, 1.5);
    const epsilon = 0.003;
    const { g } = await solved(problem, {
      epsilon,
      tolerance: 1e-3,
      maximumIterations: 20000,
      ladder: ladderAbove(epsilon, 1.5),
      momentumFrom: 20,
    });
    const cost = new Float64Array(n * n);
    for (let i = 0, at = 0; i < n; i++)
      for (let j = 0; j < n; j++, at++)
        for (let k = 0; k < 2; k++) cost[at]! += (problem.x[2 * i + k]! - problem.y[2 * j + k]!) ** 2 / 2;
    const exact = assign(cost, n)!;
    const tiles: Float32Array[] = [];
    const clouds = { x: problem.x, y: problem.y, dimension: 2, epsilon, g };
    for await (const { scores } of scoreTiles(compute, clouds, { tileRows: n })) tiles.push(scores);
    const total = (columns: ArrayLike<number>) =>
      Array.from({ length: n }, (_, i) => cost[i * n + columns[i]!]!).reduce((a, b) => a + b, 0);
    const likeliest = Int32Array.from({ length: n }, (_, i) => {
      const row = tiles[0]!.subarray(i * n, (i + 1) * n);
      return row.indexOf(Math.max(...row));
    });
    expect(Math.abs(total(likeliest) / total(exact) - 1)).toBeLessThan(0.01);
  });

  it('has the assignment as its likeliest columns, and its cost as the cost of P', async () => {
    const n = 200;
    for (const d of [2, 8]) {
      const problem = gaussians(n, d, 1.5, d);
      const { x, y } = problem;
      const table = new Float64Array(n * n);
      for (let i = 0, at = 0; i < n; i++)
        for (let j = 0; j < n; j++, at++)
          for (let k = 0; k < d; k++) table[at]! += (x[i * d + k]! - y[j * d + k]!) ** 2 / 2;
      const exact = assign(table, n)!;
      const least = exact.reduce((sum, column, i) => sum + table[i * n + column]!, 0) / n;
      const costs: number[] = [];
      for (const epsilon of [0.1, 0.01, 0.001]) {
        const coupling = await couple(problem, { epsilon, sampling: 'likeliest', measuredRows: 0 });
        costs.push(planOf(problem, coupling).reduce((sum, share, at) => sum + share * table[at]!, 0));
        if (epsilon < 0.01) expect(Math.abs(drawnCost(problem, coupling) / least - 1)).toBeLessThan(0.01);
      }
      console.info(`cost of P over the exact: ${costs.map((cost) => (cost / least).toFixed(4)).join(', ')}`);
      expect(costs[0]).toBeGreaterThan(costs[1]!);
      expect(costs[1]).toBeGreaterThan(costs[2]!);
      expect(Math.abs(costs[2]! / least - 1)).toBeLessThan(0.01);
    }
  });
});

describe('G7: acceleration', () => {
  it('leaves the coupling as it is and saves iterations', async () => {
    const problem = gaussians(512, 8, 1);
    const deviation = costDeviation(problem.x, problem.y, 8);
    const epsilon = 0.03 * deviation;
    const options = { epsilon, tolerance: 1e-5, maximumIterations: 20000 };
    const sharpness = async (g: Float64Array) => (await draw(problem, g, epsilon)).sharpness;
    const cold = await solved(problem, options);
    const momentum = await solved(problem, { ...options, momentumFrom: 20 });
    const annealed = await solved(problem, {
      ...options,
      ladder: ladderAbove(epsilon, deviation),
      momentumFrom: 20,
    });
    console.info(
      `iterations: cold ${cold.iterations}, momentum ${momentum.iterations}, ladder ${annealed.iterations}`,
    );
    const truth = await sharpness(cold.g);
    for (const { g, converged } of [momentum, annealed]) {
      expect(converged).toBe(true);
      expect(Math.abs((await sharpness(g)) / truth - 1)).toBeLessThan(0.005);
    }
    expect(momentum.iterations).toBeLessThan(cold.iterations);
  });

  it('goes down the whole ladder in at most 60 % of the cold iterations at ε = .003', async () => {
    const problem = gaussians(512, 16, 1);
    const deviation = costDeviation(problem.x, problem.y, 16);
    const options = { epsilon: 0.003 * deviation, tolerance: 1e-3, maximumIterations: 20000 };
    const cold = await solved(problem, options);
    const annealed = await solved(problem, { ...options, ladder: ladderAbove(options.epsilon, deviation) });
    console.info(`iterations: cold ${cold.iterations}, ladder ${annealed.iterations}`);
    expect(annealed.converged).toBe(true);
    expect(annealed.iterations).toBeLessThanOrEqual(0.6 * cold.iterations);
  });
});
