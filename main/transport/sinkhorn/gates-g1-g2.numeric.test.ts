/** @file Gates G1 and G2: sharpness with its closed form, and the two costs. */
import { describe, expect, it } from 'vitest';
import type { CoupleOptions } from './couple';
import { centre, halfSquares } from '../../numerics/points';
import { costDeviation, squaredCostDeviation } from '../scale';
import { ladderAbove } from '../solve';
import { engineOfFile, planTable, gaussians, onEngine, withExactMoments, type TestClouds } from './testing';

const { solved, draw, couple } = onEngine(engineOfFile());
const settings = { tolerance: 1e-4, maximumIterations: 5000 };

describe('G1: sharpness and the Gaussian closed form', () => {
  it('is 0 for one dominant column per row, 1 for equal scores, and log k / log n for blocks of k', async () => {
    const n = 64;
    const flat = { x: new Float32Array(n), y: new Float32Array(n), d: 1 };
    const sharpness = async (g: number[]) => (await draw(flat, Float64Array.from(g), 1)).sharpness;
    const columns = Array.from({ length: n }, (_, j) => j);
    expect(await sharpness(columns.map((j) => (j === 5 ? 1e4 : 0)))).toBe(0);
    expect(await sharpness(columns.map(() => 0))).toBeCloseTo(1, 6);
    const ofEight = await sharpness(columns.map((j) => (j < 8 ? 0 : -1e4)));
    expect(ofEight).toBeCloseTo(Math.log(8) / Math.log(n), 6);
  });

  it('is 0 for a permutation, 1 for independence and log k / log n for k-fold points, of whole couplings', async () => {
    const n = 240;
    const { x, d } = gaussians(n, 16, 1);
    const same = { x, y: x.slice(), d };
    expect((await couple(same, { epsilon: 0.01 })).sharpness).toBeLessThan(1e-3);
    expect((await couple(same, { epsilon: 100 })).sharpness).toBeGreaterThan(0.999);
    for (const k of [2, 8]) {
      const repeated = x.map((_, at) => x[at % ((n / k) * d)]!);
      const { sharpness } = await couple({ x: repeated, y: repeated.slice(), d }, { epsilon: 0.01 });
      expect(Math.abs(sharpness - Math.log(k) / Math.log(n))).toBeLessThan(1e-3);
    }
  });

  it('does not change with the scale or the place of a cloud at one relative ε', async () => {
    const problem = gaussians(200, 2, 1);
    const other = {
      x: problem.x.map((value) => 7 * value - 2),
      y: problem.y.map((value) => 0.3 * value + 5),
      d: 2,
    };
    const [here, there] = [await couple(problem, {}), await couple(other, {})];
    expect(there.sharpness).toBeCloseTo(here.sharpness, 4);
  });

  it.each([
    [1, 2, 0.5],
    [4, 1, 2],
    [4, 1, 0.5],
  ])('d = %i, s = %d, ε = %d: E within .01 and the cross-covariance within .03', async (d, s, epsilon) => {
    const n = 2048;
    const problem = withExactMoments(gaussians(n, d, s, 1), s);
    const { f, g } = await solved(problem, { ...settings, epsilon });
    // c(ε) = √(s² + ε²/4) − ε/2 and E ≈ 1 + d·log(1 − c²/s²) / (2 log n), notes 0.6.
    const c = Math.sqrt(s ** 2 + epsilon ** 2 / 4) - epsilon / 2;
    const expected = 1 + (d * Math.log(1 - c ** 2 / s ** 2)) / (2 * Math.log(n));
    const { sharpness } = await draw(problem, g, epsilon);
    expect(Math.abs(sharpness - expected)).toBeLessThan(0.01);
    const table = planTable(problem, f, g, epsilon);
    let cross = 0;
    for (let i = 0, at = 0; i < n; i++)
      for (let j = 0; j < n; j++, at++) cross += table[at]! * problem.x[i * d]! * problem.y[j * d]!;
    expect(Math.abs(cross - c)).toBeLessThan(0.03);
  });

  it('rises with ε from a permutation to independence', async () => {
    const problem = gaussians(256, 2, 1);
    let last = 0;
    for (const epsilon of [0.01, 0.1, 1, 10, 1000]) {
      const { g } = await solved(problem, { ...settings, epsilon, ladder: ladderAbove(epsilon, 1.4) });
      const { sharpness } = await draw(problem, g, epsilon);
      expect(sharpness).toBeGreaterThan(last);
      last = sharpness;
    }
    expect(last).toBeGreaterThan(0.999);
  });
});

describe('G2: the cost', () => {
  it('may be −x·y or ½‖x−y‖²: the coupling is the same', async () => {
    const problem = gaussians(128, 3, 1.3);
    const epsilon = 0.5;
    const { f, g } = await solved(problem, { epsilon, tolerance: 1e-5, maximumIterations: 5000 });
    const table = planTable(problem, f, g, epsilon);
    const squared = plainSinkhorn(problem, epsilon);
    for (let k = 0; k < table.length; k++)
      if (squared[k]! > 1e-9) expect(Math.abs(table[k]! / squared[k]! - 1)).toBeLessThan(1e-3);
  });

  /** Like images against noise: data of few directions, in clusters, far from the noise's own spread. */
  function clustered(n: number, d: number): TestClouds {
    const { x, y } = gaussians(n, d, 0.2);
    const centres = gaussians(8, d, 1, 6).y.map((value, at) => value * 0.9 ** (at % d));
    const data = y.map((value, at) => value + centres[(Math.floor(at / d) % 8) * d + (at % d)]!);
    return { x: centre(x, d), y: centre(data, d), d };
  }

  /** Both costs at one absolute ε, given relative to the deviation of the dot product: the deviations differ. */
  async function both(problem: TestClouds, epsilon: number, changes: Partial<CoupleOptions>) {
    const { x, y, d } = problem;
    const dot = await couple(problem, { ...changes, epsilon });
    const scale = dot.deviation / squaredCostDeviation(x, y, d);
    const squared = await couple(problem, { ...changes, cost: 'squared', epsilon: epsilon * scale });
    return { dot, squared, absolute: epsilon * dot.deviation };
  }

  it.each([0.3, 0.1])('by dot product or by distance gives the same P at ε = %f', async (epsilon) => {
    const problem = clustered(128, 48);
    const { dot, squared, absolute } = await both(problem, epsilon, { tolerance: 1e-6 });
    expect([dot.converged, squared.converged]).toEqual([true, true]);
    // ½‖x‖² and ½‖y‖² belong to the potentials of the distance.
    const without = (potential: Float64Array, points: Float32Array) =>
      potential.map((value, i) => value - halfSquares(points, problem.d)[i]! / absolute);
    const p = planTable(problem, dot.f, dot.g, absolute);
    const q = planTable(problem, without(squared.f, problem.x), without(squared.g, problem.y), absolute);
    let worst = 0;
    // Where P is more than a ten-thousandth of a cell of independence.
    p.forEach((value, k) => {
      if (value > 1e-4 / 128 ** 2) worst = Math.max(worst, Math.abs(q[k]! / value - 1));
    });
    console.info(`largest difference of P at ε ${epsilon}: ${worst.toExponential(1)}`);
    expect(worst).toBeLessThan(1e-3);
  });

  it.each([0.3, 0.1, 0.05])(
    'by dot product takes no more iterations than by distance at ε = %f',
    async (epsilon) => {
      const settings = { tolerance: 1e-3, start: 'cold', momentum: 'none', measuredRows: 0 } as const;
      const { dot, squared } = await both(clustered(256, 48), epsilon, settings);
      console.info(`iterations at ε ${epsilon}: dot ${dot.iterations}, squared ${squared.iterations}`);
      expect(dot.converged).toBe(true);
      expect(dot.iterations).toBeLessThanOrEqual(squared.iterations);
    },
  );

  /** The textbook iteration in the log domain and double precision, with the squared distance. */
  function plainSinkhorn({ x, y, d }: TestClouds, epsilon: number): Float64Array {
    const n = x.length / d;
    const cost = new Float64Array(n * n);
    for (let i = 0, at = 0; i < n; i++)
      for (let j = 0; j < n; j++, at++)
        for (let k = 0; k < d; k++) cost[at]! += (x[i * d + k]! - y[j * d + k]!) ** 2 / 2;
    const f = new Float64Array(n);
    const g = new Float64Array(n);
    for (let iteration = 0; iteration < 2000; iteration++)
      for (const [own, other, byRow] of [
        [f, g, true],
        [g, f, false],
      ] as const)
        for (let i = 0; i < n; i++) {
          let sum = 0;
          for (let j = 0; j < n; j++)
            sum += Math.exp(other[j]! - cost[byRow ? i * n + j : j * n + i]! / epsilon);
          own[i] = -Math.log(n) - Math.log(sum);
        }
    return cost.map((value, at) => Math.exp(f[Math.floor(at / n)]! + g[at % n]! - value / epsilon));
  }

  it('does not change the coupling when a cloud is moved, once both are centred', async () => {
    const problem = gaussians(200, 2, 1);
    const moved = { ...problem, y: problem.y.map((value) => value + 30) };
    const results = [];
    for (const { x, y, d } of [problem, moved]) {
      const centred = { x: centre(x, d), y: centre(y, d), d };
      const epsilon = 0.1 * costDeviation(centred.x, centred.y, d);
      const { g } = await solved(centred, { ...settings, epsilon });
      results.push(await draw(centred, g, epsilon));
    }
    expect(results[1]!.sharpness).toBeCloseTo(results[0]!.sharpness, 4);
  });
});
