/** @file The fused iteration against plain loops in double precision; its bits over tiles and lanes; its fall back. */
import { describe, expect, it } from 'vitest';
import { stream } from '../../native-models';
import type { Compute } from '../contract/compute';
import type { SinkhornKernel, TileOptions } from './kernel';
import { openKernel } from './programs';
import { planShards } from './shards';
import { engineOfFile, lanesOf } from './testing';
import { solveSinkhorn, type SinkhornOptions, type SinkhornSolution } from './solve';

const compute = engineOfFile();
const withLanes = lanesOf(compute);

function normal(label: string, count: number, scale = 1): Float32Array {
  return stream(5, label)
    .normal(new Float32Array(count))
    .map((value) => value * scale);
}

/** [n, m] x·y / ε in double precision. */
function products(x: Float32Array, y: Float32Array, d: number, epsilon: number): Float64Array[] {
  return Array.from({ length: x.length / d }, (_, i) =>
    Float64Array.from({ length: y.length / d }, (_unused, j) => {
      let dot = 0;
      for (let k = 0; k < d; k++) dot += x[i * d + k]! * y[j * d + k]!;
      return dot / epsilon;
    }),
  );
}

async function solved(
  x: Float32Array,
  y: Float32Array,
  d: number,
  options: SinkhornOptions,
  tiles?: TileOptions,
  on: Compute = compute,
) {
  const kernel = await openKernel(on, x, y, d, tiles);
  const solution = (await solveSinkhorn(kernel, options))!;
  await kernel.close();
  return solution;
}

describe('the fused step', () => {
  it.each([
    ['few dimensions, one shard', 300, 200, 2, {}],
    ['many dimensions', 100, 130, 20, { tileRows: 64 }],
    ['a kept table', 150, 90, 40, { keepTable: true }],
    ['several shards, the last one short', 1500, 900, 3, {}],
  ] as const)('agrees with plain loops: %s', async (_name, n, m, d, tiles) => {
    const [x, y] = [normal('x', n * d), normal('y', m * d)];
    const [epsilon, exponent] = [1.5, -1.3];
    const f = normal('f', n, 0.3).map((value) => value - Math.log(m));
    const g = normal('g', m, 0.3);
    const shift = normal('shift', n, 0.1);
    const kernel = await openKernel(compute, x, y, d, tiles);
    const sums = await kernel.step!({ f, g, epsilon, exponent, shift });
    await kernel.close();
    const columns = new Float64Array(m);
    products(x, y, d, epsilon).forEach((scores, i) => {
      const entries = scores.map((score, j) => Math.exp(score + f[i]! + g[j]!));
      const row = entries.reduce((sum, entry) => sum + entry, 0);
      expect(Math.abs(sums.rows[i]! / row - 1)).toBeLessThan(2e-5);
      const weight = Math.exp(shift[i]! + exponent * Math.log(row));
      entries.forEach((entry, j) => (columns[j]! += weight * entry));
    });
    columns.forEach((column, j) => expect(Math.abs(sums.columns[j]! / column - 1)).toBeLessThan(2e-5));
  });

  it('gives the same bits for pieces of 64, 256 and all rows, on one lane, two, or none', async () => {
    const n = 1500;
    expect(planShards(n, n).shards).toBeGreaterThan(2);
    for (const d of [2, 20]) {
      const [x, y] = [normal('x', n * d), normal('y', n * d)];
      const options = {
        epsilon: 0.2 * Math.sqrt(d),
        tolerance: 1e-3,
        maximumIterations: 60,
        momentumFrom: 10,
      };
      const reference = await solved(x, y, d, options);
      expect(reference.iterations).toBeGreaterThan(10);
      for (const tileRows of [64, 256, n])
        for (const on of [compute, withLanes(1), withLanes(2)]) {
          const { f, g } = await solved(x, y, d, options, { tileRows }, on);
          expect(f).toEqual(reference.f);
          expect(g).toEqual(reference.g);
        }
    }
  }, 60_000);
});

describe('where a fused step cannot be used', () => {
  const n = 200;
  const [x, y] = [normal('x', 2 * n), normal('y', 2 * n, 1.5)];
  const options = { epsilon: 0.3, tolerance: 1e-6, maximumIterations: 2000 };

  /** The kernel with a count of its passes, and its steps changed. */
  async function counted(change: (kernel: SinkhornKernel) => SinkhornKernel['step']) {
    const kernel = await openKernel(compute, x, y, 2);
    const counts = { step: 0, rows: 0 };
    const step = change(kernel);
    const watched: SinkhornKernel = {
      ...kernel,
      reduceRows: (...args) => (counts.rows++, kernel.reduceRows(...args)),
      step: step && ((request) => (counts.step++, step(request))),
    };
    return { kernel: watched, counts };
  }

  it('half-steps give the same potentials: the iteration is the same, with or without it', async () => {
    const fused = await counted((kernel) => kernel.step!.bind(kernel));
    const plain = await counted(() => undefined);
    const [one, two] = [
      await solveSinkhorn(fused.kernel, options),
      await solveSinkhorn(plain.kernel, options),
    ];
    await fused.kernel.close();
    await plain.kernel.close();
    expect(fused.counts.rows).toBe(1);
    expect(fused.counts.step).toBe(one!.iterations - 1);
    expect(plain.counts.rows).toBe(two!.iterations);
    // A constant may move between f and g; only their sums are determined.
    const sums = ({ f, g }: SinkhornSolution) => f.map((value, i) => value + g[(7 * i) % n]!);
    const other = sums(two!);
    sums(one!).forEach((value, i) => expect(Math.abs(value - other[i]!)).toBeLessThan(1e-3));
  });

  it('sums out of range are taken again by half-steps', async () => {
    for (const wrong of [NaN, Infinity, 0, 1e-20]) {
      const bad = await counted((kernel) => async (request) => {
        const sums = await kernel.step!(request);
        sums.columns[3] = wrong;
        return sums;
      });
      const solution = (await solveSinkhorn(bad.kernel, options))!;
      await bad.kernel.close();
      expect(solution.converged).toBe(true);
      expect(bad.counts.rows).toBe(solution.iterations);
    }
  });

  it('a start far from the solution overflows and is solved all the same', async () => {
    const { kernel, counts } = await counted((own) => own.step!.bind(own));
    const noise = (label: string) => Float64Array.from(normal(label, n, 60));
    const far = { f: noise('far f'), g: noise('far g') };
    const solution = (await solveSinkhorn(kernel, { ...options, initial: far }))!;
    await kernel.close();
    expect(solution.converged).toBe(true);
    expect(counts.rows).toBeGreaterThan(0);
    expect(counts.step).toBeGreaterThan(solution.iterations / 2);
  });
});

describe('starts', () => {
  it('a solution starts at itself; either potential alone is enough', async () => {
    const n = 300;
    const [x, y] = [normal('x', 2 * n), normal('y', 2 * n)];
    const options = { epsilon: 0.4, tolerance: 1e-3, maximumIterations: 500 };
    const cold = await solved(x, y, 2, { ...options, tolerance: 1e-5 });
    const { f, g } = cold;
    expect(cold.iterations).toBeGreaterThan(3);
    for (const initial of [{ f, g }, { f }, { g }])
      expect((await solved(x, y, 2, { ...options, initial })).iterations).toBe(1);
  });
});

describe('soft marginals and offsets of the cost', () => {
  const [n, m, d, epsilon] = [80, 60, 2, 0.4];
  const [x, y] = [normal('x', n * d), normal('y', m * d, 1.2)];
  const half = (points: Float32Array, count: number) =>
    Float64Array.from({ length: count }, (_, i) => (points[2 * i]! ** 2 + points[2 * i + 1]! ** 2) / 2);
  const [rowOffset, columnOffset] = [half(x, n), half(y, m)];

  /** P by plain scaling of the kernel against the product of uniform weights, in double precision. */
  function reference(penalty: number): Float64Array[] {
    const kappa = penalty === Infinity ? 1 : penalty / (penalty + epsilon);
    const gibbs = products(x, y, d, epsilon).map((scores, i) =>
      scores.map((score, j) => Math.exp(score - (rowOffset[i]! + columnOffset[j]!) / epsilon)),
    );
    const u = new Float64Array(n).fill(1);
    const v = new Float64Array(m).fill(1);
    for (let iteration = 0; iteration < 5000; iteration++) {
      gibbs.forEach((row, i) => {
        u[i] = (row.reduce((sum, entry, j) => sum + entry * v[j]!, 0) / m) ** -kappa;
      });
      for (let j = 0; j < m; j++)
        v[j] = (gibbs.reduce((sum, row, i) => sum + row[j]! * u[i]!, 0) / n) ** -kappa;
    }
    return gibbs.map((row, i) => row.map((entry, j) => (entry * u[i]! * v[j]!) / (n * m)));
  }

  it.each([Infinity, 5, 0.5])('penalty %d: P is that of the plain scaling', async (penalty) => {
    const options = { epsilon, tolerance: 1e-6, maximumIterations: 5000, penalty, rowOffset, columnOffset };
    const { f, g, converged } = await solved(x, y, d, options);
    expect(converged).toBe(true);
    const scores = products(x, y, d, epsilon);
    let mass = 0;
    reference(penalty).forEach((row, i) =>
      row.forEach((expected, j) => {
        const cost = (rowOffset[i]! + columnOffset[j]!) / epsilon;
        const p = Math.exp(f[i]! + g[j]! + scores[i]![j]! - cost);
        mass += p;
        expect(Math.abs(p - expected)).toBeLessThan(1e-4 * expected + 1e-12);
      }),
    );
    if (penalty === Infinity) expect(mass).toBeCloseTo(1, 5);
    else expect(mass).toBeLessThan(1);
  });

  it('mass fades as the penalty does, and a large penalty comes near exact marginals', async () => {
    const masses: number[] = [];
    const scores = products(x, y, d, epsilon);
    for (const penalty of [0.1, 1, 10, 1000]) {
      const options = {
        epsilon,
        tolerance: 1e-6,
        maximumIterations: 20000,
        penalty,
        rowOffset,
        columnOffset,
      };
      const { f, g } = await solved(x, y, d, options);
      let mass = 0;
      scores.forEach((row, i) =>
        row.forEach((score, j) => {
          mass += Math.exp(f[i]! + g[j]! + score - (rowOffset[i]! + columnOffset[j]!) / epsilon);
        }),
      );
      masses.push(mass);
    }
    expect(masses).toEqual([...masses].sort((a, b) => a - b));
    expect(masses.at(-1)).toBeCloseTo(1, 2);
  });
});
