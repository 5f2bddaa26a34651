/** @file The transport scores as a run uses them: fitted on rows, opened from arrays, asked about candidates. */
import { afterAll, describe, expect, it } from 'vitest';
import { stream } from '../../../../native-models';
import { openCompute } from '../../../compute/session';
import { discreteMapOf } from '../../../transport/rank/discrete';
import { imageOf } from '../../../transport/rank/testing';
import type { Rows } from '../../../tables/encode';
import type { Arrays } from '../../../contract/define';
import type { Candidates, Prediction, ScoreContext, ScoreDefinition, ScoreSettings } from '../types';
import { logStandardisation, standardisedResiduals } from './norms';
import { otcp, otcpDiscrete, otcpStandardised, transportPicture } from './otcp';
import { otcpLocal } from './local';
import { madeUpPrediction, madeUpRows } from './testing';

const compute = openCompute({ threads: 2 });
afterAll(() => compute.close());

const settings: ScoreSettings = {
  epsilon: 0.05,
  gridSize: 1024,
  radii: 16,
  originCopies: 0,
  scaling: 'max',
  tailGuard: true,
  neighbours: 60,
  samples: 10,
};

function context(
  rows: Rows,
  prediction: Prediction,
  d: number,
  changes: Partial<ScoreContext> = {},
): ScoreContext {
  return {
    compute,
    device: 'cpu',
    seed: 9,
    shape: { d, features: rows.x.length / rows.count },
    now: () => 0,
    shouldStop: () => false,
    onProgress: () => undefined,
    alpha: 0.1,
    settings,
    fit: { rows, prediction },
    ...changes,
  };
}

const rowsOf = (count: number, d: number) => madeUpRows('fit', count, 3, d);
const predictionOf = (count: number, d: number) => madeUpPrediction('fit', count, d, 2);

async function fitted(definition: ScoreDefinition, count: number, d: number): Promise<Arrays> {
  return (await definition.fit(context(rowsOf(count, d), predictionOf(count, d), d)))!.arrays;
}

async function evaluated(
  definition: ScoreDefinition,
  arrays: Arrays,
  d: number,
  candidates: Candidates,
): Promise<Float64Array> {
  const open = await definition.open(compute, { d, features: 3 }, arrays);
  const scores = await open.evaluate(candidates, 0.1);
  await open.close();
  return scores;
}

/** One row of a prediction. */
function rowOf(prediction: Prediction, row: number): Prediction {
  return Object.fromEntries(
    Object.entries(prediction).map(([name, { data, shape }]) => {
      const width = data.length / shape[0]!;
      return [name, { data: data.slice(row * width, (row + 1) * width), shape: [1, ...shape.slice(1)] }];
    }),
  );
}

describe.each([otcp, otcpStandardised, otcpDiscrete, otcpLocal])('$id', (definition) => {
  it.each([1, 2, 3])('scores candidates at one row as it does row by row, d = %i', async (d) => {
    const arrays = await fitted(definition, 200, d);
    const [y, x, at] = [
      madeUpRows('asked', 20, 3, d).y,
      madeUpRows('asked', 20, 3, d).x,
      predictionOf(20, d),
    ];
    const scores = await evaluated(definition, arrays, d, { count: 20, y, prediction: at, x });
    for (const row of [0, 7, 19]) {
      // The row's own target among many others at the same place.
      const many = new Float32Array(700 * d);
      stream(0, 'others').normal(many);
      many.set(y.subarray(row * d, (row + 1) * d), 500 * d);
      const shared = await evaluated(definition, arrays, d, {
        count: 700,
        y: many,
        prediction: rowOf(at, row),
        x: x.slice(3 * row, 3 * row + 3),
      });
      expect(Math.abs(shared[500]! - scores[row]!)).toBeLessThan(2e-5);
    }
    expect(Math.min(...scores)).toBeGreaterThanOrEqual(0);
    expect(new Set(scores).size).toBeGreaterThan(10);
  });

  it('is keyed by the seed alone, and stops when asked', async () => {
    const [rows, prediction] = [rowsOf(150, 2), predictionOf(150, 2)];
    const one = openCompute({ threads: 1 });
    const first = (await definition.fit(context(rows, prediction, 2)))!;
    const again = (await definition.fit(context(rows, prediction, 2, { compute: one })))!;
    const other = (await definition.fit(context(rows, prediction, 2, { seed: 10 })))!;
    await one.close();
    expect(again.arrays).toEqual(first.arrays);
    expect(again.facts).toEqual(first.facts);
    expect(other.arrays.points).not.toEqual(first.arrays.points);
    if (definition !== otcpLocal && definition !== otcpDiscrete)
      expect(await definition.fit(context(rows, prediction, 2, { shouldStop: () => true }))).toBeNull();
  });
});

it('a standardised residual is W·(y − mean), and log det W the volume that it changes', async () => {
  const [count, d] = [30, 3];
  const [{ y }, prediction] = [rowsOf(count, d), predictionOf(count, d)];
  const arrays = await fitted(otcpStandardised, 300, d);
  const residuals = standardisedResiduals(y, prediction, d);
  // The same score with W = 1 and the mean at 0 takes residuals as they are.
  const plain: Prediction = {
    'gaussian.mean': { data: new Float32Array(count * d), shape: [count, d] },
    'gaussian.precision': { data: new Float32Array(count * d).fill(1), shape: [count, d] },
    'gaussian.lower': { data: new Float32Array(count * d * d), shape: [count, d, d] },
  };
  const x = new Float32Array(count * 3);
  const scores = await evaluated(otcpStandardised, arrays, d, { count, y, prediction, x });
  const again = await evaluated(otcpStandardised, arrays, d, {
    count,
    y: Float32Array.from(residuals),
    prediction: plain,
    x,
  });
  scores.forEach((score, k) => expect(Math.abs(score - again[k]!)).toBeLessThan(1e-5));
  // det W from the images of the unit vectors.
  const unit = Float32Array.of(0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1);
  const fourTimes = (name: string) => {
    const { data, shape } = rowOf(prediction, 5)[name]!;
    const repeated = new Float32Array(4 * data.length);
    for (let k = 0; k < 4; k++) repeated.set(data, k * data.length);
    return { data: repeated, shape: [4, ...shape.slice(1)] };
  };
  const names = ['gaussian.mean', 'gaussian.precision', 'gaussian.lower'];
  const images = standardisedResiduals(
    unit,
    Object.fromEntries(names.map((name) => [name, fourTimes(name)])),
    d,
  );
  const w = [0, 1, 2].map((k) => [0, 1, 2].map((i) => images[3 * (k + 1) + i]! - images[i]!));
  const minor = (a: number, b: number) => w[1]![a]! * w[2]![b]! - w[1]![b]! * w[2]![a]!;
  const determinant = w[0]![0]! * minor(1, 2) - w[0]![1]! * minor(0, 2) + w[0]![2]! * minor(0, 1);
  expect(logStandardisation(prediction, 5)).toBeCloseTo(Math.log(Math.abs(determinant)), 4);
});

it('the discrete map takes every fit residual to the point that it was assigned', async () => {
  const map = discreteMapOf(await fitted(otcpDiscrete, 300, 2));
  expect(imageOf(map, map.cloud)).toEqual(map.columns);
  expect(new Set(map.columns).size).toBe(300);
});

it('the picture of a map: ranks of the fit rows, images in the ball, and what lies far out', async () => {
  const arrays = await fitted(otcp, 300, 2);
  const picture = await transportPicture(compute, arrays, { seed: 9, radius: 0.8 });
  expect(picture.map.cloud.length).toBe(600);
  picture.ranks.forEach((rank, k) =>
    // No fit residual lies outside the ball, so none has a tail.
    expect(Math.abs(rank - Math.hypot(picture.images[2 * k]!, picture.images[2 * k + 1]!))).toBeLessThan(
      1e-5,
    ),
  );
  expect(picture.leak.map(({ share }) => share)).toEqual([0, 0, 0]);
  expect(picture.saturated).toBe(false);
});

/** Section 6.3's toy: three Gaussians in the shape of a V, divided by 10. */
function toy(label: string, count: number): Float32Array {
  const which = stream(21, `${label}.which`).integers(new Int32Array(count), 3);
  const z = stream(21, `${label}.z`).normal(new Float32Array(2 * count));
  const out = new Float32Array(2 * count);
  for (let row = 0; row < count; row++) {
    const [a, b] = [z[2 * row]!, z[2 * row + 1]!];
    const side = which[row]! - 1;
    // Covariance [[6, ±4], [±4, 6]] beside, 2·I in the middle.
    const [x, y] =
      side === 0
        ? [Math.SQRT2 * a, Math.SQRT2 * b]
        : [Math.sqrt(6) * a, (side * 4 * a) / Math.sqrt(6) + Math.sqrt(10 / 3) * b];
    out[2 * row] = (x + 4.5 * side) / 10;
    out[2 * row + 1] = y / 10;
  }
  return out;
}

it('R2: where noise grows with x, one shape covers too often and too rarely, local maps about right', async () => {
  const band = (label: string, count: number, low: number, high: number) => {
    const x = stream(22, label)
      .uniform(new Float32Array(count))
      .map((value) => low + (high - low) * value);
    const y = toy(label, count).map((value, k) => 5 * value * Math.sqrt(x[k >> 1]!));
    const rows: Rows = { count, index: new Uint32Array(count), x, raw: x, y };
    return { rows, prediction: { mean: { data: new Float32Array(2 * count), shape: [count, 2] } } };
  };
  const [fit, calibration] = [band('fit', 500, 0, 2), band('calibration', 500, 0, 2)];
  const tests = [band('narrow', 300, 0.25, 0.5), band('wide', 300, 1.5, 2)];
  const coverage: Record<string, number[]> = {};
  for (const definition of [otcp, otcpLocal]) {
    const { arrays } = (await definition.fit(
      context(fit.rows, fit.prediction, 2, { settings: { ...settings, neighbours: 100 } }),
    ))!;
    const open = await definition.open(compute, { d: 2, features: 1 }, arrays);
    const scores = async ({ rows, prediction }: typeof fit) =>
      open.evaluate({ count: rows.count, y: rows.y, x: rows.x, prediction }, 0.1);
    const radius = (await scores(calibration)).sort()[Math.ceil(0.9 * 501) - 1]!;
    coverage[definition.id] = [];
    for (const test of tests) {
      const hits = (await scores(test)).filter((score) => score <= radius).length;
      coverage[definition.id]!.push(hits / test.rows.count);
    }
    await open.close();
  }
  const [narrow, wide] = coverage.otcp as [number, number];
  expect(narrow).toBeGreaterThan(0.97);
  expect(wide).toBeLessThan(0.8);
  for (const share of coverage.otcpLocal!) {
    expect(share).toBeGreaterThan(0.82);
    expect(share).toBeLessThan(0.96);
  }
});
