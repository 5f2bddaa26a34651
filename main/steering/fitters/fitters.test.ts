/** @file Every method of the table against its own formula, written again in the plainest way; and what holds for the slopes of all. */
import { describe, expect, it } from 'vitest';
import { stream } from '../../../native-models';
import { codeOf } from '../../../native-models/testing/code-of';
import { expectClose } from '../../../native-models/testing/expect-close';
import type { RowMatrix } from '../../contract/projection';
import type { Sides } from '../samples';
import { fromUnits, randomSides } from '../testing/sides';
import type { UnitFit } from './fitter';
import { fitters, type FittedMethod } from './index';
import { averagePrecision } from './self-cond';

const [rows, units] = [60, 12];
const sides = randomSides(rows, units);
const fit = (method: FittedMethod, on: Sides = sides, groupWidth: number | null = null): UnitFit =>
  fitters[method](on, { seed: 1, groupWidth });

const column = ({ data, columns }: RowMatrix, unit: number) =>
  [...data].filter((_, at) => at % columns === unit).sort((a, b) => a - b);
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const perUnit = (of: (a: number[], b: number[]) => number) =>
  Array.from({ length: units }, (_, unit) => of(column(sides.source, unit), column(sides.target, unit)));
const deviation = (values: number[]) =>
  Math.sqrt(values.reduce((sum, x) => sum + (x - mean(values)) ** 2, 0) / (values.length - 1));
const difference = perUnit((a, b) => mean(b) - mean(a));
/** Every pair counted. */
const auroc = (high: number[], low: number[]) =>
  mean(high.flatMap((x) => low.map((y) => (x > y ? 1 : x === y ? 0.5 : 0))));
const ones = new Array<number>(units).fill(1);
const zeros = new Array<number>(units).fill(0);
const close = { rtol: 1e-10, atol: 1e-12 };

describe('the golden vector', () => {
  const made = { source: fromUnits([3, -1, 0.5, 2, -2.5, 1]), target: fromUnits([4, 1, 0, 6, 2, 5]) };

  it('has the slope and the shift of Linear-AcT', () => {
    const { w, beta } = fit('linear-act', made);
    expectClose([w[0]!, beta[0]!], [1.15, 2.425], { atol: 1e-12 });
  });

  it('has those of the Gaussian map', () => {
    const { w, beta } = fit('gaussian', made);
    expectClose([w[0]!, beta[0]!], [1.183216, 2.408392], { atol: 5e-7 });
  });
});

describe('each method is its own formula', () => {
  const shifts: FittedMethod[] = ['mean-act', 'caa', 'iti-m'];
  it.each(shifts)('%s moves by the difference of the means', (method) => {
    expectClose(fit(method).w, ones, {});
    expectClose(fit(method).beta, difference, close);
  });

  it('linear-act: the least squares of the sorted pairs', () => {
    const { w, beta } = fit('linear-act');
    const slope = (a: number[], b: number[]) =>
      a.reduce((sum, x, i) => sum + (x - mean(a)) * (b[i]! - mean(b)), 0) /
      a.reduce((sum, x) => sum + (x - mean(a)) ** 2, 0);
    expectClose(w, perUnit(slope), close);
    expectClose(
      beta,
      perUnit((a, b) => mean(b) - slope(a, b) * mean(a)),
      close,
    );
  });

  it('gaussian: the ratio of the deviations', () => {
    const { w, beta } = fit('gaussian');
    const ratios = perUnit((a, b) => deviation(b) / deviation(a));
    expectClose(w, ratios, close);
    expectClose(
      beta,
      perUnit((a, b) => mean(b) - (deviation(b) / deviation(a)) * mean(a)),
      close,
    );
  });

  it.each(['act-add', 'repe'] as const)('%s: the difference of one pair', (method) => {
    const pair = { source: fromUnits([1], [5]), target: fromUnits([4], [3]) };
    expect([...fit(method, pair).beta]).toEqual([3, -2]);
    expect(codeOf(() => fit(method))).toBe('steering-pair');
  });

  it('east: the mean of the target', () => {
    expectClose(
      fit('east').beta,
      perUnit((_, b) => mean(b)),
      close,
    );
  });

  it('aura: damped by the AUROC for the source where that is above a half', () => {
    const { w, beta, units: on } = fit('aura');
    const areas = perUnit((a, b) => auroc(a, b));
    expectClose(
      w,
      areas.map((area) => (area > 0.5 ? 1 - 2 * (area - 0.5) : 1)),
      close,
    );
    expectClose(beta, zeros, {});
    expect([...on!]).toEqual(areas.map((area) => Number(area > 0.5)));
    expect(new Set(on)).toEqual(new Set([0, 1]));
  });

  it('det-0: zero, the experts by AUROC', () => {
    const { w, beta, merit } = fit('det-0');
    expectClose([...w, ...beta], [...zeros, ...zeros], {});
    expectClose(
      merit!,
      perUnit((a, b) => auroc(a, b)),
      close,
    );
  });

  it('self-cond: the median of the target, the experts by average precision', () => {
    const { w, beta, merit } = fit('self-cond');
    expectClose(w, zeros, {});
    expectClose(
      beta,
      perUnit((_, b) => (b[29]! + b[30]!) / 2),
      close,
    );
    const precision = (a: number[], b: number[]) =>
      mean(b.map((x) => b.filter((y) => y >= x).length / [...a, ...b].filter((y) => y >= x).length));
    expectClose(merit!, perUnit(precision), close);
    expect(averagePrecision([2, 3], [0, 1])).toBe(1);
    expect(averagePrecision([1, 1], [1, 1])).toBe(0.5);
  });

  it('iti-c: the normal of a classifier per head, found again where it was planted', () => {
    const width = 8;
    const count = 400;
    const direction = Array.from({ length: width }, (_, k) => (k % 2 === 0 ? 1 : -1) / Math.sqrt(width));
    const head = (side: number, moved: number): RowMatrix => {
      const data = stream(2, 'heads', side).normal(new Float32Array(count * 2 * width));
      // The first head tells the sides apart along the direction; the second does not.
      for (let row = 0; row < count; row++)
        for (let k = 0; k < width; k++) data[row * 2 * width + k]! += moved * direction[k]!;
      return { data, rows: count, columns: 2 * width };
    };
    const planted = { source: head(0, -1.5), target: head(1, 1.5) };
    const { beta, merit, w } = fit('iti-c', planted, width);
    const cosine = direction.reduce((sum, value, k) => sum + value * beta[k]!, 0);
    expect(cosine).toBeGreaterThan(0.97);
    expect(Math.hypot(...beta.subarray(0, width))).toBeCloseTo(1, 12);
    expect(merit![0]).toBeGreaterThan(0.88);
    expect(Math.abs(merit![width]! - 0.5)).toBeLessThan(0.12);
    expect(new Set(w)).toEqual(new Set([1]));
    expect([...fit('iti-m', planted, width).merit!]).toEqual([...merit!]);
  });
});

describe('slopes', () => {
  const affine = (factor: number, offset: number): Sides => ({
    source: sides.source,
    target: {
      ...sides.source,
      data: sides.source.data.map((value) => Math.fround(factor * value + offset)),
    },
  });

  it('find an affine map again', () => {
    for (const method of ['linear-act', 'gaussian'] as const) {
      const { w, beta } = fit(method, affine(2, -3));
      expectClose(
        w,
        ones.map(() => 2),
        { rtol: 1e-6 },
      );
      expectClose(
        beta,
        ones.map(() => -3),
        { rtol: 1e-5 },
      );
    }
  });

  it('are positive where the target is turned round, for only the two distributions count', () => {
    expect(Math.min(...fit('linear-act', affine(-2, 1)).w)).toBeGreaterThan(1);
  });

  it('are never negative, and never above the ratio of the deviations', () => {
    for (let seed = 0; seed < 20; seed++) {
      const few = randomSides(2 + seed, 10, seed);
      const [linear, normal] = [fit('linear-act', few), fit('gaussian', few)];
      linear.w.forEach((w, unit) => {
        expect(w).toBeGreaterThanOrEqual(0);
        expect(w).toBeLessThanOrEqual(normal.w[unit]! * (1 + 1e-9));
      });
    }
  });

  it('do not depend on the order of the rows', () => {
    const order = stream(3, 'order').permutation(rows);
    const shuffled = {
      ...sides.target,
      data: Float32Array.from(
        sides.target.data,
        (_, at) => sides.target.data[order[Math.floor(at / units)]! * units + (at % units)]!,
      ),
    };
    expect(fit('linear-act', { ...sides, target: shuffled }).w).toEqual(fit('linear-act').w);
  });

  it('survive offsets and scales of either side', () => {
    // Multiples of 2^-10 lose nothing when 1,024 is added in 32 bits.
    const grid = (side: RowMatrix, factor: number, offset: number) => ({
      ...side,
      data: side.data.map((value) => factor * (Math.round(value * 1024) / 1024) + offset),
    });
    const plain = fit('linear-act', { source: grid(sides.source, 1, 0), target: grid(sides.target, 1, 0) });
    const moved = fit('linear-act', {
      source: grid(sides.source, 1, 1024),
      target: grid(sides.target, 2 ** -40, 0),
    });
    expectClose(
      moved.w,
      plain.w.map((w) => w * 2 ** -40),
      { rtol: 1e-9 },
    );
  });

  it('are 1 where the source has no spread: such a unit is shifted, and no noise is added', () => {
    const flat = { source: fromUnits([7, 7, 7], [0, 0, 0]), target: fromUnits([1, 2, 3], [5, 5, 8]) };
    for (const method of ['linear-act', 'gaussian'] as const) {
      const { w, beta, flat: count } = fit(method, flat);
      expect([...w, ...beta, count]).toEqual([1, 1, -5, 6, 2]);
    }
  });
});
