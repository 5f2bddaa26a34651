/** @file Sinkhorn on ONNX Runtime against plain loops, closed forms and the exact assignment (gates G1–G5 and G7). */
import { afterAll, describe, expect, it } from 'vitest';
import { stream, uniformAt } from '../../../../native-models';
import { openCompute } from '../../../compute/session';
import { assign } from '../coupling/assignment';
import { openKernel, scoreTiles, type TileOptions } from './programs';
import { blockLabel, COLUMN_BLOCK, sampleRows } from './sample';
import { centre, costDeviation } from './scale';
import { ladderAbove, solveSinkhorn, type SinkhornOptions } from './solve';

const compute = openCompute({ threads: 2 });
afterAll(() => compute.close());

interface Problem {
  x: Float32Array;
  y: Float32Array;
  d: number;
}

function gaussians(n: number, d: number, scale: number, seed = 0): Problem {
  return {
    x: stream(seed, 'x').normal(new Float32Array(n * d)),
    y: stream(seed, 'y')
      .normal(new Float32Array(n * d))
      .map((value) => value * scale),
    d,
  };
}

/** Each coordinate moved and scaled to mean 0 and deviation 1 (x) and s (y), so that the sample's own spread adds no error. */
function withExactMoments({ x, y, d }: Problem, s: number): Problem {
  const exact = (points: Float32Array, deviation: number) => {
    const centred = centre(points, d);
    const squares = new Float64Array(d);
    centred.forEach((value, k) => (squares[k % d]! += (value ** 2 * d) / points.length));
    return centred.map((value, k) => (value * deviation) / Math.sqrt(squares[k % d]!));
  };
  return { x: exact(x, 1), y: exact(y, s), d };
}

const settings = { tolerance: 1e-4, maximumIterations: 5000 };

async function solved({ x, y, d }: Problem, options: SinkhornOptions, tiles?: TileOptions) {
  const kernel = await openKernel(compute, x, y, d, tiles);
  const solution = (await solveSinkhorn(kernel, options))!;
  await kernel.close();
  return solution;
}

function draw({ x, y, d }: Problem, g: Float64Array, epsilon: number, seed = 0, tiles?: TileOptions) {
  return sampleRows(compute, { x, y, dimension: d, epsilon, g }, { seed, label: 'draw', ...tiles });
}

/** P as a table in double precision. */
function coupling({ x, y, d }: Problem, f: Float64Array, g: Float64Array, epsilon: number): Float64Array {
  const table = new Float64Array(f.length * g.length);
  for (let i = 0, at = 0; i < f.length; i++)
    for (let j = 0; j < g.length; j++, at++) {
      let dot = 0;
      for (let k = 0; k < d; k++) dot += x[i * d + k]! * y[j * d + k]!;
      table[at] = Math.exp(f[i]! + g[j]! + dot / epsilon);
    }
  return table;
}

describe('the half-step', () => {
  it.each([
    ['scanned tiles', 2, {}],
    ['tiles that do not divide n', 3, { tileRows: 16 }],
    ['pieces of two blocks', 2, { tileRows: 128 }],
    ['a kept table', 40, { keepTable: true }],
  ] as const)('agrees with plain loops: %s', async (_name, d, tiles) => {
    const { x, y } = gaussians(70, d, 1.5);
    const [n, m] = [70, 60];
    const some = y.subarray(0, m * d);
    const kernel = await openKernel(compute, x, some, d, tiles);
    const g = Float64Array.from(stream(0, 'g').normal(new Float32Array(m)));
    const rows = await kernel.reduceRows(g, 0.3);
    const columns = await kernel.reduceColumns(new Float64Array(n), 0.3);
    await kernel.close();
    const table = coupling({ x, y: some, d }, new Float64Array(n), new Float64Array(m), 0.3);
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < m; j++) sum += table[i * m + j]! * Math.exp(g[j]!);
      expect(rows[i]).toBeCloseTo(Math.log(sum), 3);
    }
    for (let j = 0; j < m; j++) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += table[i * m + j]!;
      expect(columns[j]).toBeCloseTo(Math.log(sum), 3);
    }
  });
});

it('a kept table knows the deviation of the cost without the moments', async () => {
  const { x, y, d } = gaussians(90, 40, 1.5);
  const kernel = await openKernel(compute, x, y, d, { keepTable: true });
  expect(kernel.deviation! / costDeviation(x, y, d)).toBeCloseTo(1, 4);
  await kernel.close();
});

describe('G1: sharpness and the Gaussian closed form', () => {
  it('is 0 for one dominant column per row, 1 for equal scores, and log k / log n for blocks of k', async () => {
    const n = 64;
    const flat = { x: new Float32Array(n), y: new Float32Array(n), dimension: 1, epsilon: 1 };
    const sharpness = async (g: number[]) =>
      (await sampleRows(compute, { ...flat, g: Float64Array.from(g) }, { seed: 0, label: 'draw' }))!
        .sharpness;
    const columns = Array.from({ length: n }, (_, j) => j);
    expect(await sharpness(columns.map((j) => (j === 5 ? 1e4 : 0)))).toBe(0);
    expect(await sharpness(columns.map(() => 0))).toBeCloseTo(1, 6);
    const ofEight = await sharpness(columns.map((j) => (j < 8 ? 0 : -1e4)));
    expect(ofEight).toBeCloseTo(Math.log(8) / Math.log(n), 6);
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
    const { sharpness } = (await draw(problem, g, epsilon))!;
    expect(Math.abs(sharpness - expected)).toBeLessThan(0.01);
    const table = coupling(problem, f, g, epsilon);
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
      const { sharpness } = (await draw(problem, g, epsilon))!;
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
    const table = coupling(problem, f, g, epsilon);
    const squared = plainSinkhorn(problem, epsilon);
    for (let k = 0; k < table.length; k++)
      if (squared[k]! > 1e-9) expect(Math.abs(table[k]! / squared[k]! - 1)).toBeLessThan(1e-3);
  });

  /** The textbook iteration in the log domain and double precision, with the squared distance. */
  function plainSinkhorn({ x, y, d }: Problem, epsilon: number): Float64Array {
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
      results.push((await draw(centred, g, epsilon))!);
    }
    expect(results[1]!.sharpness).toBeCloseTo(results[0]!.sharpness, 4);
  });
});

describe('G3: tiles and threads', () => {
  it('give the same potentials, and exactly the same draw', async () => {
    const n = 500;
    const problem = gaussians(n, 2, 1.5);
    const epsilon = 0.1;
    const options = { epsilon, tolerance: 1e-4, maximumIterations: 300 };
    const reference = await solved(problem, options, { tileRows: n });
    const expected = (await draw(problem, reference.g, epsilon, 3, { tileRows: n }))!;
    const single = openCompute({ threads: 1 });
    for (const tileRows of [64, 256]) {
      const tiled = await solved(problem, options, { tileRows });
      tiled.f.forEach((value, i) => expect(Math.abs(epsilon * (value - reference.f[i]!))).toBeLessThan(1e-5));
      tiled.g.forEach((value, j) => expect(Math.abs(epsilon * (value - reference.g[j]!))).toBeLessThan(1e-5));
      const drawn = (await draw(problem, reference.g, epsilon, 3, { tileRows }))!;
      expect([...drawn.columns]).toEqual([...expected.columns]);
      const clouds = { x: problem.x, y: problem.y, dimension: 2, epsilon, g: reference.g };
      const alone = (await sampleRows(single, clouds, { seed: 3, label: 'draw', tileRows }))!;
      expect([...alone.columns]).toEqual([...expected.columns]);
    }
    await single.close();
    const other = (await draw(problem, reference.g, epsilon, 4))!;
    expect([...other.columns]).not.toEqual([...expected.columns]);
  });
});

describe('the draw', () => {
  it('is Gumbel-max over blocks, then over the columns of the block, noise cell by noise cell', async () => {
    const n = 150;
    const gumbel = (label: string, i: number, k: number) => -Math.log(-Math.log(uniformAt(9, label, i, k)));
    const winner = (values: number[]) => values.indexOf(Math.max(...values));
    for (const epsilon of [0.02, 0.3, 5]) {
      const { x, y, d } = gaussians(n, 2, 1.5, 7);
      const { g } = await solved({ x, y, d }, { ...settings, epsilon });
      const { columns, rowEntropy } = (await draw({ x, y, d }, g, epsilon, 9))!;
      for (let i = 0; i < n; i++) {
        const scores = Array.from({ length: n }, (_, j) => {
          const dot = x[2 * i]! * y[2 * j]! + x[2 * i + 1]! * y[2 * j + 1]!;
          return dot / epsilon + g[j]!;
        });
        const parts = [0, 1, 2].map((b) => scores.slice(b * COLUMN_BLOCK, (b + 1) * COLUMN_BLOCK));
        const sums = parts.map((part) => part.reduce((sum, score) => sum + Math.exp(score), 0));
        const block = winner(sums.map((sum, b) => Math.log(sum) + gumbel(blockLabel('draw'), i, b)));
        const first = block * COLUMN_BLOCK;
        const column = first + winner(parts[block]!.map((s, k) => s + gumbel('draw', i, first + k)));
        expect(columns[i]).toBe(column);
        const total = sums.reduce((sum, part) => sum + part, 0);
        const entropy = scores.reduce((sum, score) => {
          const p = Math.exp(score) / total;
          return p > 0 ? sum - p * Math.log(p) : sum;
        }, 0);
        expect(rowEntropy[i]).toBeCloseTo(entropy, 3);
      }
    }
  });
});

describe('G4: marginals and frequencies', () => {
  it('meets the tolerance in both marginals', async () => {
    const problem = gaussians(300, 2, 2);
    const epsilon = 0.2;
    for (const momentumFrom of [Infinity, 10]) {
      const { f, g, marginalError, converged } = await solved(problem, {
        epsilon,
        tolerance: 1e-3,
        maximumIterations: 5000,
        momentumFrom,
      });
      expect(converged).toBe(true);
      expect(marginalError).toBeLessThan(1e-3);
      const table = coupling(problem, f, g, epsilon);
      const [rows, columns] = [new Float64Array(300), new Float64Array(300)];
      table.forEach((p, at) => {
        rows[Math.floor(at / 300)]! += p;
        columns[at % 300]! += p;
      });
      const violation = (sums: Float64Array) =>
        sums.reduce((total, sum) => total + Math.abs(sum - 1 / 300), 0);
      expect(violation(rows)).toBeLessThan(1e-4);
      expect(violation(columns)).toBeLessThan(1.1e-3);
    }
  });

  it('draws each column as often as P says, across blocks and within them (χ², 1,500 keys)', async () => {
    const [n, m] = [3, 200];
    const problem = { x: gaussians(n, 1, 1).x, y: gaussians(m, 1, 1).y, d: 1 };
    const epsilon = 0.5;
    const { f, g } = await solved(problem, { ...settings, epsilon });
    const table = coupling(problem, f, g, epsilon);
    const counts = new Float64Array(n * m);
    const keys = 1500;
    for (let seed = 0; seed < keys; seed++)
      (await draw(problem, g, epsilon, seed))!.columns.forEach((j, i) => counts[i * m + j]!++);
    let statistic = 0;
    table.forEach((p, at) => (statistic += (counts[at]! - keys * n * p) ** 2 / (keys * n * p)));
    // 3 rows of 199 degrees of freedom: mean 597, deviation 34.6.
    console.info(`χ² of the draw: ${statistic.toFixed(0)} at 597 ± 35`);
    expect(statistic).toBeLessThan(597 + 4 * 34.6);
    expect(statistic).toBeGreaterThan(597 - 4 * 34.6);
  });
});

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
});

describe('G7: acceleration', () => {
  it('leaves the coupling as it is and saves iterations', async () => {
    const problem = gaussians(512, 8, 1);
    const deviation = costDeviation(problem.x, problem.y, 8);
    const epsilon = 0.03 * deviation;
    const options = { epsilon, tolerance: 1e-5, maximumIterations: 20000 };
    const sharpness = async (g: Float64Array) => (await draw(problem, g, epsilon))!.sharpness;
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
