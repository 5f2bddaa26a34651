/** @file A whole coupling with each of its knobs, against tables in double precision. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCompute } from '../../compute/session';
import { config } from '../../methods/flows/config';
import { coupleOptions, coupleSinkhorn, type CoupleOptions, type SinkhornCoupling } from './couple';
import { slope } from '../../experiments/statistics';
import { costDeviation, squaredCostDeviation } from '../scale';
import { drawnCost, gaussians, marginalErrors, planOf, type TestClouds } from './testing';

const compute = openCompute({ threads: 2 });
afterAll(() => compute.close());

const settings: CoupleOptions = {
  epsilon: 0.1,
  tolerance: 1e-4,
  maximumIterations: 5000,
  momentum: 'adaptive',
  seed: 1,
  label: 'couple',
};
const couple = async ({ x, y, d }: TestClouds, changes: Partial<CoupleOptions> = {}) =>
  (await coupleSinkhorn(compute, x, y, d, { ...settings, ...changes }))!;

describe('diagnostics', () => {
  const n = 200;
  const problem = gaussians(n, 3, 1.5);
  let coupling: SinkhornCoupling;
  let table: Float64Array;
  beforeAll(async () => {
    coupling = await couple(problem, { measuredRows: Infinity });
    table = planOf(problem, coupling);
  });

  it('are those of the table: entropy, cost, conditional variance, marginals', () => {
    const { x, y, d } = problem;
    let [cost, variance, targets, entropy] = [0, 0, 0, 0];
    for (let i = 0; i < n; i++) {
      let own = 0;
      const mean = new Float64Array(d);
      let square = 0;
      for (let j = 0; j < n; j++) {
        const p = n * table[i * n + j]!;
        if (p > 0) own -= p * Math.log(p);
        for (let k = 0; k < d; k++) {
          cost += (p * (x[i * d + k]! - y[j * d + k]!) ** 2) / 2 / n;
          mean[k]! += p * y[j * d + k]!;
          square += p * y[j * d + k]! ** 2;
        }
      }
      variance += (square - mean.reduce((sum, value) => sum + value ** 2, 0)) / n;
      targets += Math.exp(own) / n;
      entropy += own / n;
    }
    expect(coupling.conditionalVariance / variance).toBeCloseTo(1, 3);
    expect(coupling.effectiveTargets / targets).toBeCloseTo(1, 3);
    expect(coupling.sharpness).toBeCloseTo(entropy / Math.log(n), 3);
    const errors = marginalErrors(table, n);
    expect(errors.rows).toBeLessThan(2e-5);
    expect(errors.columns).toBeLessThan(2e-4);
    // What was drawn costs about what P does.
    expect(Math.abs(drawnCost(problem, coupling) / cost - 1)).toBeLessThan(0.1);
  });

  it('of some rows stand for all', async () => {
    const large = gaussians(3000, 2, 1);
    const [some, all] = [await couple(large), await couple(large, { measuredRows: Infinity })];
    expect(some.conditionalVariance).not.toBe(all.conditionalVariance);
    expect(some.conditionalVariance / all.conditionalVariance).toBeCloseTo(1, 1);
    expect([...some.columns]).toEqual([...all.columns]);
  });
});

describe('sharpness as the knob', () => {
  it.each([0.05, 0.3, 0.8])('solves for ε at E* = %f', async (sharpness) => {
    const problem = gaussians(512, 2, 1);
    const found = await couple(problem, { sharpness, tolerance: 1e-3 });
    expect(found.sharpnessReached).toBe(true);
    expect(Math.abs(found.sharpness - sharpness)).toBeLessThan(0.01);
    expect(found.notices).toEqual([]);
    expect(found.converged).toBe(true);
    // The ε found gives that sharpness from anywhere.
    const plain = await couple(problem, { epsilon: found.epsilon });
    expect(Math.abs(plain.sharpness - sharpness)).toBeLessThan(0.01);
  });

  it('says so where repeated points put a floor under it', async () => {
    const { x, y, d } = gaussians(240, 2, 1);
    const repeated = { x, y: y.map((_, at) => y[at % (2 * 30)]!), d };
    const found = await couple(repeated, { sharpness: 0.1, tolerance: 1e-2, maximumIterations: 300 });
    // Every row has 8 equal columns: E ≥ log 8 / log 240.
    expect(found.sharpness).toBeGreaterThan(Math.log(8) / Math.log(240) - 0.01);
    expect(found.sharpnessReached).toBe(false);
    expect(found.notices.join()).toContain('out of reach');
  });

  it('needs fewer iterations with the pool before as a guess', async () => {
    const [first, second] = [gaussians(512, 2, 1), gaussians(512, 2, 1, 5)];
    const wanted = { sharpness: 0.5, tolerance: 1e-3 };
    const { previous } = await couple(first, wanted);
    const alone = await couple(second, wanted);
    const guided = await couple(second, { ...wanted, previous });
    console.info(`iterations: alone ${alone.iterations}, with a guess ${guided.iterations}`);
    expect(guided.sharpnessReached).toBe(true);
    expect(guided.iterations).toBeLessThan(alone.iterations);
  });
});

describe('the cost', () => {
  it('in all components, or in those that hold the data, is the same coupling', async () => {
    const { x, y } = gaussians(150, 12, 1);
    const flat = y.map((value, at) => (at % 12 < 3 ? value : 0));
    const problem = { x, y: flat, d: 12 };
    const whole = await couple(problem, { measuredRows: Infinity });
    const part = await couple(problem, { components: 3, measuredRows: Infinity });
    expect(part.previous.space.projection!.explained).toBeCloseTo(1, 6);
    expect(part.deviation / whole.deviation).toBeCloseTo(1, 4);
    expect(part.sharpness).toBeCloseTo(whole.sharpness, 3);
    // The variance is that of whole points either way.
    expect(part.conditionalVariance / whole.conditionalVariance).toBeCloseTo(1, 3);
    const fewer = await couple(problem, { components: 1 });
    expect(fewer.previous.space.projection!.explained).toBeLessThan(0.9);
    expect(fewer.previous.space.dimension).toBe(1);
  });

  it('has the deviation of the clouds as they lie where asked: the paper’s scale', async () => {
    const problem = gaussians(150, 2, 1);
    const moved = { ...problem, y: problem.y.map((value) => value + 3) };
    const paper = await couple(moved, { centre: false });
    expect(paper.deviation).toBeCloseTo(costDeviation(moved.x, moved.y, 2), 4);
    const centred = await couple(moved);
    expect(centred.deviation).toBeLessThan(0.6 * paper.deviation);
    // The same absolute ε is the same coupling.
    const same = await couple(moved, { epsilon: (0.1 * paper.deviation) / centred.deviation });
    expect(same.sharpness).toBeCloseTo(paper.sharpness, 3);
    const squared = await couple(moved, { centre: false, cost: 'squared' });
    expect(squared.deviation).toBeCloseTo(squaredCostDeviation(moved.x, moved.y, 2), 4);
  });
});

describe('soft marginals', () => {
  it('meet the optimality of unbalanced transport, and approach exact ones as ρ grows', async () => {
    const n = 120;
    const problem = gaussians(n, 2, 1);
    const soft = await couple(problem, { cost: 'squared', marginalPenalty: 0.5, tolerance: 1e-6 });
    expect(soft.converged).toBe(true);
    const table = planOf(problem, soft, true);
    const kappa = 0.5 / (0.5 + soft.epsilon);
    // At the optimum f_i = −log n − κ·log Σ_j exp(g_j − C_ij/ε), that is P1_i = (1/n)^(1/κ)·e^{f_i(1 − 1/κ)}.
    for (let i = 0; i < n; i += 7) {
      let mass = 0;
      for (let j = 0; j < n; j++) mass += table[i * n + j]!;
      const logMass = -Math.log(n) / kappa + soft.f[i]! * (1 - 1 / kappa);
      expect(Math.log(mass)).toBeCloseTo(logMass, 3);
    }
    expect(marginalErrors(table, n).rows).toBeGreaterThan(0.1);
    expect(soft.sharpness).toBeGreaterThan(0);
    expect(soft.sharpness).toBeLessThan(1);
    const exact = await couple(problem, { cost: 'squared' });
    const nearly = await couple(problem, { cost: 'squared', marginalPenalty: 1e5 });
    expect(nearly.sharpness).toBeCloseTo(exact.sharpness, 3);
    expect(marginalErrors(planOf(problem, nearly, true), n).columns).toBeLessThan(1e-3);
  });

  it('let an outlier go unpaired', async () => {
    const { x, y, d } = gaussians(100, 2, 1);
    y.set([30, 30]);
    const soft = await couple({ x, y, d }, { cost: 'squared', marginalPenalty: 0.05 });
    const exact = await couple({ x, y, d }, { cost: 'squared' });
    const ofOutlier = ({ columns }: SinkhornCoupling) => columns.filter((column) => column === 0).length;
    expect(ofOutlier(soft)).toBe(0);
    expect(ofOutlier(exact)).toBeGreaterThan(0);
  });
});

describe('the start', () => {
  it.each(['dot', 'squared'] as const)('changes the iterations, not the coupling: cost %s', async (cost) => {
    const [first, second] = [gaussians(1024, 2, 1.5), gaussians(1024, 2, 1.5, 9)];
    const moved = {
      ...second,
      x: second.x.map((value) => value + 0.2),
      y: second.y.map((value) => value - 0.3),
    };
    const common: Partial<CoupleOptions> = { cost, epsilon: 0.1, momentum: 'none' };
    const { previous } = await couple(first, common);
    const cold = await couple(moved, { ...common, start: 'cold' });
    const ladder = await couple(moved, common);
    const after = await couple(moved, { ...common, start: 'previous', previous });
    console.info(
      `iterations: cold ${cold.iterations}, ladder ${ladder.iterations}, previous ${after.iterations}`,
    );
    expect(after.iterations).toBeLessThan(cold.iterations);
    for (const other of [ladder, after]) expect(other.sharpness).toBeCloseTo(cold.sharpness, 3);
    // The very same points start where they ended, and so do they moved: the centres are accounted for.
    for (const problem of [first, { ...first, x: first.x.map((value) => value + 5) }]) {
      const again = await couple(problem, { ...common, start: 'previous', previous });
      expect(again.iterations).toBeLessThanOrEqual(3);
    }
    // Most of the points stay, and with them most of the potential.
    const half = { ...moved, y: first.y, x: first.x.slice() };
    half.x.set(moved.x.subarray(0, 64));
    const near = await couple(half, { ...common, start: 'previous', previous });
    expect(near.iterations).toBeLessThan((await couple(half, { ...common, start: 'cold' })).iterations);
  });
});

describe('the draw', () => {
  it('is stratified, flat or likeliest', async () => {
    const n = 300;
    const problem = gaussians(n, 2, 1);
    const inOrder = Array.from({ length: n }, (_, k) => k);
    const [stratified, flat, likeliest] = [
      await couple(problem),
      await couple(problem, { sampling: 'flat' }),
      await couple(problem, { sampling: 'likeliest' }),
    ];
    expect([...stratified.rows]).toEqual(inOrder);
    expect([...likeliest.rows]).toEqual(inOrder);
    // n draws with replacement leave out a share of 1/e.
    const missing = 1 - new Set(flat.rows).size / n;
    expect(Math.abs(missing - Math.exp(-1))).toBeLessThan(0.08);
    const table = planOf(problem, likeliest);
    likeliest.columns.forEach((column, i) => {
      const row = [...table.subarray(i * n, (i + 1) * n)];
      expect(row[column]! / Math.max(...row)).toBeGreaterThan(1 - 1e-6);
    });
    expect(flat.sharpness).toBeCloseTo(stratified.sharpness, 4);
    expect(drawnCost(problem, likeliest)).toBeLessThan(drawnCost(problem, stratified));
  });
});

describe('settings', () => {
  it('become options in one place, and stop when asked', async () => {
    const parsed = config.parse({ sharpness: 0.2, cost: 'squared', sampling: 'flat' });
    const options = coupleOptions(parsed, { seed: 3, label: 'here' });
    expect(options).toMatchObject({
      sharpness: 0.2,
      cost: 'squared',
      sampling: 'flat',
      seed: 3,
      epsilon: 0.05,
    });
    const { x, y, d } = gaussians(50, 2, 1);
    expect(await coupleSinkhorn(compute, x, y, d, { ...options, shouldStop: () => true })).toBeNull();
  });
});

describe('Var(x₁|x₀) against n', () => {
  it('falls with n at one sharpness, the slower the more dimensions', async () => {
    const counts = [64, 256, 1024];
    const wanted = { sharpness: 0.1, tolerance: 1e-3, maximumIterations: 1000 };
    const slopeIn = async (d: number) => {
      const variances: number[] = [];
      for (const count of counts) {
        const { conditionalVariance } = await couple(gaussians(count, d, 1), {
          ...wanted,
          label: `couple.${count}.0`,
        });
        variances.push(conditionalVariance);
      }
      return slope(counts.map(Math.log), variances.map(Math.log));
    };
    const [plane, wide] = [await slopeIn(2), await slopeIn(10)];
    expect(plane).toBeLessThan(-0.4);
    expect(wide).toBeGreaterThan(plane + 0.2);
  });
});
