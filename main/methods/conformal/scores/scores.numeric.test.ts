/** @file Every score that is a program against its formula in plain loops, for rows of their own and for one row shared by all. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCompute } from '../../../compute/session';
import { momentsOf } from '../../../numerics/cholesky';
import { radiusFor, sortScores } from '../../../calibration/quantile';
import { residualsOf, slicePrediction, type Predicted } from '../predicted';
import { evaluateRows } from '../run/score';
import type { Rows } from '../../../tables/encode';
import type { Arrays } from '../../../contract/define';
import type { Prediction, ScoreContext, ScoreDefinition } from '../types';
import { box, copula, mcp } from './boxes';
import { chdr, cpcp, drcp, hdpcp, pcp } from './mixture';
import { l1, l2, linf, mahalanobis, maxStd } from './norms';
import { localEllipsoid } from './local';
import { madeUpPrediction, madeUpRows } from './testing';

const [D, K, FEATURES, DRAWS] = [3, 4, 2, 20];
const ALPHA = 0.2;
const compute = openCompute({ threads: 1 });
const settings: ScoreContext['settings'] = {
  epsilon: 0.05,
  gridSize: 256,
  radii: 8,
  originCopies: 1,
  scaling: 'max',
  tailGuard: true,
  neighbours: 20,
  samples: DRAWS,
};

const part = (label: string, count: number) => ({
  rows: madeUpRows(label, count, FEATURES, D),
  prediction: madeUpPrediction(label, count, D, K),
});
const fit = part('fit', 60);
const calibration = part('calibration', 41);
const test = part('test', 30);

async function fitted(definition: ScoreDefinition): Promise<Arrays> {
  const result = await definition.fit({
    compute,
    device: 'cpu',
    seed: 1,
    shape: { d: D, features: FEATURES },
    alpha: ALPHA,
    settings,
    now: () => 0,
    shouldStop: () => false,
    onProgress: () => undefined,
    fit,
    ...(definition.takes ? { taken: calibration } : {}),
  });
  return result!.arrays;
}

/** Scores of rows by their own predictions. */
async function scoresOf(
  definition: ScoreDefinition,
  arrays: Arrays,
  asked: Predicted,
): Promise<Float64Array> {
  const open = await definition.open(compute, { d: D, features: FEATURES }, arrays);
  try {
    return await evaluateRows(open, asked, ALPHA);
  } finally {
    await open.close();
  }
}

/** Scores of the test rows, by their own predictions or all by that of row 0. */
function scores(definition: ScoreDefinition, arrays: Arrays, shared = false): Promise<Float64Array> {
  if (!shared) return scoresOf(definition, arrays, test);
  const x = test.rows.x.slice(0, FEATURES);
  const prediction = slicePrediction(test.prediction, 0, 1);
  return scoresOf(definition, arrays, { rows: { ...test.rows, x }, prediction });
}

afterAll(() => compute.close());

type Reference = (arrays: Arrays, y: number[], prediction: Prediction) => number;

const residual = (y: number[], prediction: Prediction) =>
  y.map((value, j) => value - prediction.mean!.data[j]!);

/** log density of component k of a mixture with one row. */
function logNormal(prediction: Prediction, k: number, y: number[]): number {
  const at = (name: string, index: number) => prediction[`mixture.${name}`]!.data[index]!;
  let sum = -0.5 * D * Math.log(2 * Math.PI);
  for (let i = 0; i < D; i++) {
    let z = Math.sqrt(at('precision', k * D + i)) * (y[i]! - at('mean', k * D + i));
    for (let j = 0; j < i; j++) z += at('lower', (k * D + i) * D + j) * (y[j]! - at('mean', k * D + j));
    sum += -0.5 * z * z + 0.5 * Math.log(at('precision', k * D + i));
  }
  return sum;
}

function logDensity(prediction: Prediction, y: number[]): number {
  let density = 0;
  for (let k = 0; k < K; k++)
    density += prediction['mixture.weights']!.data[k]! * Math.exp(logNormal(prediction, k, y));
  return Math.log(density);
}

/** Draws of a mixture with one row, by stored noise. */
function draws(prediction: Prediction, arrays: Arrays, label: string): number[][] {
  const at = (name: string, index: number) => prediction[`mixture.${name}`]!.data[index]!;
  return Array.from({ length: DRAWS }, (_, l) => {
    let [k, sum] = [0, at('weights', 0)];
    while (k < K - 1 && arrays[`${label}.uniforms`]!.data[l]! >= sum) sum += at('weights', ++k);
    const offset: number[] = [];
    for (let i = 0; i < D; i++) {
      let right = arrays[`${label}.normals`]!.data[l * D + i]!;
      for (let j = 0; j < i; j++) right -= at('lower', (k * D + i) * D + j) * offset[j]!;
      offset.push(right / Math.sqrt(at('precision', k * D + i)));
    }
    return offset.map((value, i) => value + at('mean', k * D + i));
  });
}

const distance = (a: number[], b: number[]) => Math.hypot(...a.map((value, j) => value - b[j]!));
const nearest = (y: number[], points: number[][]) => Math.min(...points.map((point) => distance(y, point)));
const share = (values: readonly boolean[]) => values.filter(Boolean).length / values.length;

const references: [ScoreDefinition, Reference][] = [
  [l2, (_, y, p) => Math.hypot(...residual(y, p))],
  [l1, (_, y, p) => residual(y, p).reduce((sum, value) => sum + Math.abs(value), 0)],
  [linf, (_, y, p) => Math.max(...residual(y, p).map(Math.abs))],
  [
    maxStd,
    (_, y, p) => {
      const { mean, covariance } = momentsOf(residualsOf(fit), D);
      return Math.max(
        ...residual(y, p).map((value, j) => Math.abs(value - mean[j]!) / Math.sqrt(covariance[j * D + j]!)),
      );
    },
  ],
  [
    mcp,
    (_, y, { quantiles }) =>
      Math.max(
        ...y.map((value, j) => Math.max(quantiles!.data[j]! - value, value - quantiles!.data[2 * D + j]!)),
      ),
  ],
  [drcp, (_, y, p) => -logDensity(p, y)],
  [
    chdr,
    (arrays, y, p) => {
      const own = logDensity(p, y);
      const denser = share(draws(p, arrays, 'draws').map((draw) => logDensity(p, draw) > own));
      return denser + 0.99 / DRAWS / (1 + Math.exp(0.1 * own));
    },
  ],
  [pcp, (arrays, y, p) => nearest(y, draws(p, arrays, 'draws'))],
  [
    hdpcp,
    (arrays, y, p) => {
      const kept = draws(p, arrays, 'draws')
        .sort((a, b) => logDensity(p, b) - logDensity(p, a))
        .slice(0, Math.floor((1 - ALPHA) * DRAWS));
      return nearest(y, kept);
    },
  ],
  [
    cpcp,
    (arrays, y, p) => {
      const points = draws(p, arrays, 'draws');
      const own = nearest(y, points);
      const usual = draws(p, arrays, 'fresh').map((draw) => nearest(draw, points));
      return share(usual.map((value) => value < own)) + (0.99 / DRAWS) * (own / (1 + own));
    },
  ],
];

const rowOf = (rows: Rows, row: number) => [...rows.y.subarray(row * D, (row + 1) * D)];

describe.each(references)('$id', (definition, reference) => {
  let arrays: Arrays;
  beforeAll(async () => {
    arrays = await fitted(definition);
  });

  it.each([false, true])('is its formula (one prediction for all rows: %s)', async (shared) => {
    const found = await scores(definition, arrays, shared);
    for (let row = 0; row < test.rows.count; row++) {
      const own = shared ? 0 : row;
      const expected = reference(
        arrays,
        rowOf(test.rows, row),
        slicePrediction(test.prediction, own, own + 1),
      );
      expect(found[row]).toBeCloseTo(expected, 4);
    }
  });
});

describe('mahalanobis', () => {
  it('is the distance under the fit residuals’ covariance: on those rows its mean square is d', async () => {
    const found = await scoresOf(mahalanobis, await fitted(mahalanobis), fit);
    const mean = found.reduce((sum, value) => sum + value ** 2, 0) / (fit.rows.count - 1);
    expect(mean).toBeCloseTo(D, 3);
  });
});

describe('localEllipsoid', () => {
  it('with all rows as neighbours is the global ellipsoid', async () => {
    const arrays = await fitted(localEllipsoid);
    arrays.neighbours!.data[0] = fit.rows.count;
    const local = await scores(localEllipsoid, arrays);
    const global = await scores(mahalanobis, await fitted(mahalanobis));
    local.forEach((value, row) => expect(value).toBeCloseTo(global[row]!, 4));
  });
});

describe('box', () => {
  it('is an interval per target between order statistics of the calibration residuals', async () => {
    const arrays = await fitted(box);
    const residuals = residualsOf(calibration);
    const found = await scores(box, arrays);
    // n = 41, α/(2d) = 1/30: the first and the last of 41 leave out 1/42 on each side.
    for (let row = 0; row < test.rows.count; row++) {
      const own = residual(rowOf(test.rows, row), slicePrediction(test.prediction, row, row + 1));
      const inside = own.every((value, j) => {
        const others = Array.from({ length: 41 }, (_, i) => residuals[i * D + j]!);
        return value >= Math.min(...others) && value <= Math.max(...others);
      });
      expect(found[row]! <= 0).toBe(inside);
    }
  });

  it('is everything where there are too few rows for the level', async () => {
    const open = await box.open(compute, { d: D, features: FEATURES }, await fitted(box));
    const { rows, prediction } = test;
    const far = rows.y.map((value) => 1e6 * value);
    const found = await open.evaluate({ count: rows.count, y: far, prediction, x: rows.x }, 0.01);
    expect([...found].every((value) => value <= 0)).toBe(true);
    expect(open.logVolume!(0, slicePrediction(prediction, 0, 1), rows.x, 0.01)).toBe(Infinity);
    await open.close();
  });
});

describe('copula', () => {
  it('covers about as often as asked on rows of the same law', async () => {
    const arrays = await fitted({
      ...copula,
      fit: (context) => copula.fit({ ...context, taken: part('many', 2000) }),
    });
    const found = await scoresOf(copula, arrays, part('fresh', 2000));
    expect(share([...found].map((value) => value <= 0))).toBeGreaterThan(0.77);
    expect(share([...found].map((value) => value <= 0))).toBeLessThan(0.83);
  });
});

describe('scores that are compared with a radius', () => {
  it('cover by the order statistic: as many calibration rows as the rank says', async () => {
    const found = await scoresOf(l2, await fitted(l2), calibration);
    const radius = radiusFor(sortScores(found), ALPHA);
    expect(found.filter((value) => value <= radius)).toHaveLength(34);
  });
});
