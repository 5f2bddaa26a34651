import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { stream } from '../../../../native-models';
import type { Point, Space } from '../../../contract/study';
import { axesOf } from '../../space/axes';
import { readSpace } from '../../space/read';
import { Parzen } from './parzen';
import { goodCount, Ranking } from './ranking';
import { tpe } from './tpe';

interface Case {
  magicClip: boolean;
  endpoints: boolean;
  observations: Record<string, number[]>;
  weights: number[];
  kernels: Record<string, { means: number[]; widths: number[] }>;
  asked: Record<string, number[]>;
  logDensity: number[];
}
const fixture = JSON.parse(readFileSync(new URL('../testing/parzen.json', import.meta.url), 'utf8')) as {
  gamma: Record<string, number>;
  cases: Case[];
};
const choices = ['a', 'b', 'c'];
const space: Space = readSpace({
  rate: { type: 'float', low: 1e-4, high: 1, log: true },
  share: { type: 'float', low: -2, high: 3 },
  dropout: { type: 'float', low: 0, high: 0.5, step: 0.1 },
  layers: { type: 'int', low: 1, high: 9, step: 2 },
  width: { type: 'int', low: 8, high: 512, log: true },
  kind: { type: 'categorical', choices },
});
const axes = axesOf(space);
/** Width of the ranges in the units of Optuna's kernels. */
const ranges: Record<string, number> = {
  ...{ rate: Math.log(1e4), share: 5, dropout: 0.6, layers: 10 },
  width: Math.log(512.5 / 7.5),
};

function columnsOf(values: Record<string, number[]>): Float64Array[] {
  return axes.map((axis) =>
    Float64Array.from(values[axis.key]!, (value) =>
      axis.toUnit(axis.key === 'kind' ? choices[value]! : value),
    ),
  );
}

describe.each(fixture.cases.map((one) => [one.weights.length - 1, one] as const))(
  "Optuna's Parzen estimator over %d observations",
  (count, { magicClip, endpoints, observations, weights, kernels, asked, logDensity }) => {
    const parzen = new Parzen({ axes, columns: columnsOf(observations) }, { magicClip, endpoints });
    // In any order.
    for (const row of stream(1, 'test').permutation(count)) parzen.insert(row);

    it('has the same weights, middles and widths', () => {
      parzen.weights().forEach((weight, k) => expect(weight).toBeCloseTo(weights[k]!, 12));
      for (const [key, range] of Object.entries(ranges))
        parzen.kernels(key).widths.forEach((width, k) => {
          expect(width * range).toBeCloseTo(kernels[key]!.widths[k]!, 9);
        });
    });

    it('has the same density', () => {
      const columns = columnsOf(asked);
      const scale = Math.log(ranges.rate! * ranges.share!);
      logDensity.forEach((expected, row) => {
        const got = parzen.logDensity(columns.map((column) => column[row]!));
        expect(got - scale).toBeCloseTo(expected, 8);
      });
    });
  },
);

describe('a Parzen estimator', () => {
  const rows = 300;
  const draws = stream(2, 'test').uniform(new Float32Array(rows * axes.length));
  const columns = axes.map((axis, a) =>
    Float64Array.from({ length: rows }, (_, row) =>
      axis.toUnit(axis.fromUnit(draws[row * axes.length + a]!)),
    ),
  );
  const seen = { axes, columns };
  const options = { magicClip: true, endpoints: false };

  it('is the same whatever came and went before, to the bit', () => {
    const fresh = new Parzen(seen, options);
    for (let row = 0; row < rows; row += 2) fresh.insert(row);
    const changed = new Parzen(seen, options);
    for (const row of stream(3, 'test').permutation(rows)) changed.insert(row);
    const place = columns.map((column) => column[7]!);
    changed.logDensity(place);
    for (let row = 1; row < rows; row += 2) changed.remove(row);
    expect(changed.size).toBe(rows / 2);
    expect(changed.logDensity(place)).toBe(fresh.logDensity(place));
  });

  it('draws from its own density', () => {
    const line = axesOf(
      readSpace({ x: { type: 'float', low: 0, high: 1 }, n: { type: 'int', low: 1, high: 3 } }),
    );
    const parzen = new Parzen(
      { axes: line, columns: [Float64Array.of(0.2, 0.3), Float64Array.of(1 / 6, 1 / 6)] },
      options,
    );
    parzen.insert(0);
    parzen.insert(1);
    // Over a fine lattice of the plane the density sums to 1, and draws fall into its halves as it says.
    let [whole, left] = [0, 0];
    for (const n of [1 / 6, 1 / 2, 5 / 6])
      for (let k = 0; k < 1000; k++) {
        const density = Math.exp(parzen.logDensity([(k + 0.5) / 1000, n])) / 1000;
        whole += density;
        if (k < 300 && n < 0.2) left += density;
      }
    expect(whole).toBeCloseTo(1, 6);
    const shares = stream(4, 'test').uniform(new Float32Array(3 * 20_000));
    let drawn = 0;
    for (let k = 0; k < 20_000; k++) {
      const [x, n] = parzen.sample(shares.subarray(3 * k, 3 * k + 3));
      if (x! < 0.3 && n! < 0.2) drawn++;
    }
    expect(Math.abs(drawn / 20_000 - left)).toBeLessThan(0.015);
  });
});

describe('good trials', () => {
  it('are as many as Optuna says', () => {
    for (const [n, count] of Object.entries(fixture.gamma)) expect(goodCount(Number(n))).toBe(count);
  });

  it('are complete ones before pruned ones, and of these the ones that came far', () => {
    const ranking = new Ranking();
    for (let row = 0; row < 17; row++) ranking.add(row, -1, 10);
    ranking.add(20, 5, null);
    ranking.add(21, 3, null);
    ranking.add(22, -2, 20);
    expect([...ranking.good()]).toEqual([21, 20]);
    ranking.remove(21);
    expect([...ranking.good()]).toEqual([20, 22]);
  });
});

describe('the sampler', () => {
  const line = readSpace({
    x: { type: 'float', low: 0, high: 1 },
    kind: { type: 'categorical', choices },
    y: { type: 'float', low: 0, high: 1, when: { key: 'kind', values: ['b'] } },
  });
  const begin = () => tpe.create({ space: line, seed: 1, trials: 100, options: {} });

  it('goes where good points were, and keeps apart from what runs and what diverged', () => {
    const sampler = begin();
    for (let trial = 0; trial < 40; trial++) {
      const point = { x: (trial + 0.5) / 40, kind: 'a' };
      const diverged = point.x > 0.6;
      const value = diverged ? null : (point.x - 0.4) ** 2;
      sampler.tell({ kind: 'asked', trial, point, enqueued: true });
      sampler.tell({ kind: 'ended', trial, state: diverged ? 'diverged' : 'complete', value, values: [] });
    }
    const xs = (first: number) => Array.from({ length: 100 }, (_, k) => sampler.ask(first + k)!.x as number);
    const near = (x: number) => Math.abs(x - 0.4) < 0.1;
    const alone = xs(40);
    expect(alone.filter((x) => x > 0.6).length).toBeLessThan(10);
    expect(alone.filter(near).length).toBeGreaterThan(50);
    for (let trial = 40; trial < 50; trial++)
      sampler.tell({ kind: 'asked', trial, point: { x: 0.4, kind: 'a' }, enqueued: false });
    expect(xs(50).filter(near).length).toBeLessThan(alone.filter(near).length / 2);
  });

  it('learns of a setting from the trials that have it', () => {
    const sampler = begin();
    for (let trial = 0; trial < 60; trial++) {
      const y = (trial + 0.5) / 60;
      const point: Point = trial % 2 ? { x: 0.5, kind: 'b', y } : { x: 0.5, kind: 'a' };
      sampler.tell({ kind: 'asked', trial, point, enqueued: true });
      const value = trial % 2 ? (y - 0.8) ** 2 : 1;
      sampler.tell({ kind: 'ended', trial, state: 'complete', value, values: [value] });
    }
    const ys = Array.from({ length: 40 }, (_, k) => sampler.ask(60 + k)!).flatMap(({ y }) => y ?? []);
    expect(ys.length).toBeGreaterThan(25);
    expect(ys.filter((y) => Math.abs((y as number) - 0.8) < 0.15).length).toBeGreaterThan(0.7 * ys.length);
  });
});
