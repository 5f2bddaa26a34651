/** @file Gates G3 and G4: no tiling or thread changes a coupling, and its marginals and draws are what P says. */
import { describe, expect, it } from 'vitest';
import { openCompute } from '../../compute/session';
import { sampleRows } from './sample';
import { centre } from '../../numerics/points';
import { engineOfFile, planTable, gaussians, onEngine } from './testing';

const compute = engineOfFile();
const { solved, draw, couple } = onEngine(compute);
const settings = { tolerance: 1e-4, maximumIterations: 5000 };

describe('G3: tiles and threads', () => {
  it('give the same potentials, and exactly the same draw', async () => {
    const n = 500;
    const problem = gaussians(n, 2, 1.5);
    const epsilon = 0.1;
    const options = { epsilon, tolerance: 1e-4, maximumIterations: 300 };
    const reference = await solved(problem, options, { tileRows: n });
    const expected = await draw(problem, reference.g, epsilon, 3, { tileRows: n });
    const single = openCompute({ threads: 1 });
    for (const tileRows of [64, 256]) {
      const tiled = await solved(problem, options, { tileRows });
      tiled.f.forEach((value, i) => expect(Math.abs(epsilon * (value - reference.f[i]!))).toBeLessThan(1e-5));
      tiled.g.forEach((value, j) => expect(Math.abs(epsilon * (value - reference.g[j]!))).toBeLessThan(1e-5));
      const drawn = await draw(problem, reference.g, epsilon, 3, { tileRows });
      expect([...drawn.columns]).toEqual([...expected.columns]);
      const clouds = { x: problem.x, y: problem.y, dimension: 2, epsilon, g: reference.g };
      const alone = (await sampleRows(single, clouds, { seed: 3, label: 'draw', tileRows }))!;
      expect([...alone.columns]).toEqual([...expected.columns]);
    }
    await single.close();
    const other = await draw(problem, reference.g, epsilon, 4);
    expect([...other.columns]).not.toEqual([...expected.columns]);
  });

  it('give the same pairs from end to end: tiles of 64, 256 and n, one thread and two', async () => {
    const n = 500;
    const single = openCompute({ threads: 1 });
    for (const [d, changes] of [
      [2, {}],
      [40, {}],
      [2, { sharpness: 0.3 }],
      [2, { sampling: 'flat' }],
      [2, { sampling: 'likeliest' }],
    ] as const) {
      const problem = gaussians(n, d, 1.5);
      const expected = await couple(problem, { ...changes, tileRows: n });
      for (const tileRows of [64, 256])
        for (const on of [compute, single]) {
          const tiled = await couple(problem, { ...changes, tileRows }, on);
          expect([...tiled.columns]).toEqual([...expected.columns]);
          expect([...tiled.rows]).toEqual([...expected.rows]);
        }
    }
    await single.close();
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
      const table = planTable(problem, f, g, epsilon);
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
    const table = planTable(problem, f, g, epsilon);
    const counts = new Float64Array(n * m);
    const keys = 1500;
    for (let seed = 0; seed < keys; seed++)
      (await draw(problem, g, epsilon, seed)).columns.forEach((j, i) => counts[i * m + j]!++);
    let statistic = 0;
    table.forEach((p, at) => (statistic += (counts[at]! - keys * n * p) ** 2 / (keys * n * p)));
    // 3 rows of 199 degrees of freedom: mean 597, deviation 34.6.
    console.info(`χ² of the draw: ${statistic.toFixed(0)} at 597 ± 35`);
    expect(statistic).toBeLessThan(597 + 4 * 34.6);
    expect(statistic).toBeGreaterThan(597 - 4 * 34.6);
  });

  it('takes rows and columns of flat draws as often as P says (χ² over coarse cells)', async () => {
    const problem = gaussians(60, 1, 1);
    const counts = new Float64Array(36);
    let table: Float64Array = new Float64Array(0);
    const keys = 100;
    for (let seed = 0; seed < keys; seed++) {
      const drawn = await couple(problem, { epsilon: 0.5, sampling: 'flat', seed, measuredRows: 0 });
      drawn.rows.forEach((row, k) => counts[(row % 6) * 6 + (drawn.columns[k]! % 6)]!++);
      const moved = { x: centre(problem.x, 1), y: centre(problem.y, 1), d: 1 };
      table = planTable(moved, drawn.f, drawn.g, drawn.epsilon * drawn.deviation);
    }
    const cells = new Float64Array(36);
    table.forEach((p, at) => (cells[(Math.floor(at / 60) % 6) * 6 + ((at % 60) % 6)]! += p));
    let statistic = 0;
    cells.forEach((p, k) => (statistic += (counts[k]! - 60 * keys * p) ** 2 / (60 * keys * p)));
    // 35 degrees of freedom: mean 35, deviation 8.4.
    console.info(`χ² of flat draws: ${statistic.toFixed(1)} at 35 ± 8.4`);
    expect(statistic).toBeLessThan(35 + 4 * 8.4);
    expect(statistic).toBeGreaterThan(8);
  });
});
