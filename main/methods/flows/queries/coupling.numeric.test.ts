/** @file What the Coupling tab is told: plans of the same points, their tables, the price of sharpness, the study of n, and the blur benchmark. */
import { describe, expect, it } from 'vitest';
import { stream } from '../../../../native-models';
import { config as schema } from '../config';
import { flows } from '../index';
import { asker, datasetInMemory, recorded, storedRun } from '../../testing';

const ROWS = 1200;
/** A disc of two dimensions in three columns. */
function plane(rows: number): Float32Array {
  const noise = stream(3, 'plane').normal(new Float32Array(2 * rows));
  return Float32Array.from({ length: 3 * rows }, (_, at) => {
    const [row, column] = [Math.floor(at / 3), at % 3];
    const [u, v] = [noise[2 * row]!, noise[2 * row + 1]!];
    return column === 0 ? u : column === 1 ? v : u + v;
  });
}

const classes = Int32Array.from({ length: ROWS }, (_, row) => row % 2);
const data = datasetInMemory(plane(ROWS), 3, undefined, classes);
const settings = schema.parse({ poolSize: 64, pairs: 64 });
const asking = (over = data, config = settings) =>
  asker(flows, storedRun(recorded(), { data: over }, config));
const ask = asking();

const choice = (coupling: string, value = 0.1, knob = 'epsilon') => ({ coupling, knob, value, count: 200 });
const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, v) => sum + v, 0) / values.length;

describe('a coupling of a few points', () => {
  it('has the same points whatever its kind, and the extremes at the ends', async () => {
    const [plain, blurred, exact] = await Promise.all(
      ['independent', 'sinkhorn', 'assignment'].map((kind) => ask('coupling', choice(kind))),
    );
    for (const answer of [plain!, blurred!, exact!]) {
      expect([...answer.source]).toEqual([...plain!.source]);
      expect([...answer.target]).toEqual([...plain!.target]);
      expect(answer.draws.reduce((sum, times) => sum + times, 0)).toBe(200);
    }
    expect([...exact!.draws]).toEqual(Array.from({ length: 200 }, () => 1));
    expect(mean(exact!.effectiveTargets)).toBeCloseTo(1, 6);
    expect(mean(plain!.effectiveTargets)).toBeCloseTo(200, 2);
    expect(exact!.conditionalVariance).toBeCloseTo(0, 6);
    expect(plain!.conditionalVariance).toBeCloseTo(1, 4);
    expect(mean(exact!.cost)).toBeLessThan(mean(blurred!.cost));
    expect(mean(blurred!.cost)).toBeLessThan(mean(plain!.cost));
    expect(blurred!.converged).toBe(true);
    // The mean row entropy over log n is E(P): two ways to the same number.
    const entropy = mean(Array.from(blurred!.effectiveTargets, Math.log)) / Math.log(200);
    expect(entropy).toBeCloseTo(blurred!.sharpness, 4);
  });

  it('is solved for a wanted sharpness', async () => {
    const answer = await ask('coupling', choice('sinkhorn', 0.3, 'sharpness'));
    expect(answer.sharpness).toBeCloseTo(0.3, 2);
    const same = await ask('coupling', choice('sinkhorn', answer.epsilon));
    expect(same.sharpness).toBeCloseTo(answer.sharpness, 2);
  });
});

describe('the table of P', () => {
  it('is sorted, has rows that sum to 1 and columns that nearly do', async () => {
    const args = choice('sinkhorn', 0.3);
    const answer = await ask('coupling', args);
    const table = await ask('couplingTable', { ...args, order: 'component' });
    const n = table.count;
    for (let row = 0; row < n; row++)
      expect(table.shares.subarray(row * n, (row + 1) * n).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 4);
    let error = 0;
    for (let column = 0; column < n; column++) {
      let sum = 0;
      for (let row = 0; row < n; row++) sum += table.shares[row * n + column]!;
      error += Math.abs(sum - 1) / n;
    }
    expect(error).toBeLessThan(2e-3);
    // The drawn cell of a source point, found through both orders.
    const place = table.rowOrder.indexOf(17);
    const column = table.columnOrder.indexOf(answer.columns[17]!);
    expect(table.shares[place * n + column]).toBeCloseTo(answer.share[17]!, 6);
    expect([...table.rowOrder].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, k) => k));
  });

  it('knows the points as a whole finite data set, sharp and blurred', async () => {
    const sharp = await ask('coupling', choice('semidiscrete', 0));
    const blurred = await ask('coupling', choice('semidiscrete', 0.3));
    const exact = await ask('coupling', choice('assignment'));
    expect(sharp.sharpness).toBe(0);
    expect(mean(sharp.effectiveTargets)).toBeCloseTo(1, 6);
    expect(sharp.iterations).toBeGreaterThan(0);
    // χ²: the data points are used evenly by fresh noise, not by these 200 points one each.
    expect(sharp.marginalError).toBeLessThan(0.1);
    expect(Math.max(...sharp.draws)).toBeGreaterThan(1);
    // Free of the marginals of 200 points, it costs no more than their best permutation.
    expect(mean(sharp.cost)).toBeLessThan(1.1 * mean(exact.cost));
    expect([blurred.epsilon, blurred.converged]).toEqual([0.3, true]);
    // Two ways to the same number: the table in double precision, and the entropies of the draw.
    const entropy = mean(Array.from(blurred.effectiveTargets, Math.log)) / Math.log(200);
    expect(entropy).toBeCloseTo(blurred.sharpness, 4);
  }, 60_000);

  it('pairs as the run is set: by components of the cost', async () => {
    const projected = schema.parse({ poolSize: 64, pairs: 64, components: 1 });
    const of = (asked: typeof ask) => asked('coupling', choice('sinkhorn', 0.02));
    const [all, one] = await Promise.all([of(ask), of(asking(data, projected))]);
    // What the cost does not see, the pairing leaves to chance.
    expect(mean(one.cost)).toBeGreaterThan(1.3 * mean(all.cost));
    const entropy = mean(Array.from(one.effectiveTargets, Math.log)) / Math.log(200);
    expect(entropy).toBeCloseTo(one.sharpness, 3);
  });

  it('groups classes when asked', async () => {
    const args = { ...choice('assignment'), order: 'class' };
    const answer = await ask('coupling', choice('assignment'));
    const { columnOrder, rowOrder, count } = await ask('couplingTable', args);
    const columns = Array.from(columnOrder, (j) => answer.targetRows[j]! % 2);
    expect(columns).toEqual([...columns].sort());
    const rows = Array.from(rowOrder, (i) => answer.targetRows[answer.columns[i]!]! % 2);
    expect(rows).toEqual([...rows].sort());
    expect(count).toBe(200);
  });
});

it('sharpness rises with ε, and a small ε costs iterations', async () => {
  const at = (epsilon: number) => ask('couplingCurve', { epsilon, count: 200 });
  const curve = await Promise.all([0.02, 0.1, 1, 10].map(at));
  const sharpness = curve.map((point) => point.sharpness);
  expect(sharpness).toEqual([...sharpness].sort((a, b) => a - b));
  expect(sharpness[0]).toBeLessThan(0.5);
  expect(sharpness[3]).toBeGreaterThan(0.98);
  expect(curve[0]!.iterations).toBeGreaterThan(curve[2]!.iterations);
  for (const { seconds } of curve) expect(seconds).toBeGreaterThanOrEqual(0);
});

describe('the study of n', () => {
  it('finds the variance of independent pairs at any n, and less of it with larger batches', async () => {
    const at = (coupling: string, size: number) =>
      ask('couplingScaling', { coupling, knob: 'epsilon', value: 0.05, size });
    const plain = await at('independent', 256);
    expect(plain.conditionalVariance).toBeGreaterThan(0.9);
    expect(plain.conditionalVariance).toBeLessThan(1.1);
    const [few, many] = [await at('assignment', 16), await at('assignment', 256)];
    expect(many.conditionalVariance).toBeLessThan(few.conditionalVariance / 2);
    // Two dimensions in three columns.
    expect(few.intrinsicDimension).toBeGreaterThan(1.7);
    expect(few.intrinsicDimension).toBeLessThan(2.3);
  });

  it('has no batches for a semidiscrete coupling', async () => {
    const args = { coupling: 'semidiscrete', knob: 'epsilon', value: 0.1, size: 64 };
    await expect(ask('couplingScaling', args)).rejects.toMatchObject({ code: 'query-invalid' });
  });

  it('refuses batches that the rows cannot fill twice', async () => {
    const args = { coupling: 'independent', knob: 'epsilon', value: 1, size: 700 };
    await expect(ask('couplingScaling', args)).rejects.toMatchObject({ code: 'coupling-batch-too-large' });
  });
});

describe('the blur benchmark', () => {
  const SIZE = 12;
  const pixels = stream(9, 'pictures').normal(new Float32Array(96 * SIZE * SIZE));
  const images = datasetInMemory(pixels, SIZE * SIZE, { height: SIZE, width: SIZE, channels: 1 });

  it('finds the identity when ε is small and loses it when ε is large', async () => {
    const at = (epsilon: number) => asking(images)('couplingBlur', { epsilon, count: 96 });
    const [sharp, blurred] = [await at(0.05), await at(3)];
    expect(sharp.count).toBe(96);
    expect(sharp.diagonal).toBeGreaterThan(0.9);
    expect(blurred.diagonal).toBeLessThan(0.5);
  });

  it('says what it needs', async () => {
    await expect(ask('couplingBlur', { epsilon: 1, count: 10 })).rejects.toMatchObject({
      code: 'blur-needs-images',
    });
  });
});

it('questions that make no sense are refused', async () => {
  for (const [name, args] of [
    ['coupling', { ...choice('sinkhorn'), count: 513 }],
    ['coupling', { ...choice('sinkhorn'), knob: 'temperature' }],
    ['couplingTable', choice('sinkhorn')],
    ['couplingCurve', { epsilon: 0, count: 10 }],
    ['couplingScaling', { coupling: 'independent', knob: 'epsilon', value: 1, size: 4 }],
  ] as const)
    await expect(ask(name, args), name).rejects.toMatchObject({ code: 'query-invalid' });
  await expect(ask('coupling', choice('sinkhorn', 1, 'sharpness'))).rejects.toMatchObject({
    code: 'coupling-knob-out-of-range',
  });
});
