/** @file Gate G8: curvature and density of the exact Gaussian flow; divergences of real networks; runs of known problems. */
import { describe, expect, it } from 'vitest';
import { stream } from '../../../native-models';
import { openCompute } from '../../compute/session';
import { config as schema } from './config';
import { curvature } from './measure/final';
import { negativeLogLikelihood, openDivergence, signs } from './measure/likelihood';
import { openVelocityModel } from './model';
import { velocityNetwork } from './network';
import { runFlows } from './run';
import { recorded } from '../testing';

const small = { hidden: 16, layers: 2, steps: 40, batchSize: 64, poolSize: 64, pairs: 128 };

it('G8: the flow of the exact Gaussian coupling has the closed curvature and density within 2 %', async () => {
  const [s, c, d] = [2, 0.5, 3];
  const slope = (t: number) => -(1 - t) + t * s ** 2 + (1 - 2 * t) * c;
  const variance = (t: number) => (1 - t) ** 2 + t ** 2 * s ** 2 + 2 * t * (1 - t) * c;
  const rate = (t: number) => slope(t) / variance(t);
  const start = stream(0, 'start').normal(new Float32Array(d * 4000));
  const measured = await curvature(async (t, x) => x.map((value) => rate(t) * value), start, d, 200);
  let kappa = -((s - 1) ** 2);
  for (let k = 0; k < 4000; k++) kappa += slope((k + 0.5) / 4000) ** 2 / variance((k + 0.5) / 4000) / 4000;
  const moment = start.reduce((sum, x) => sum + x * x, 0) / 4000;
  expect(measured.mean / (moment * kappa)).toBeCloseTo(1, 1.7);
  expect(measured.kineticGap / measured.mean).toBeCloseTo(1, 2);

  const points = start.map((value) => s * value);
  const law = { mean: new Float64Array(d), deviation: new Float64Array(d).fill(1) };
  const { perRow } = await negativeLogLikelihood(
    async (t, x) => ({
      velocity: x.map((value) => rate(t) * value),
      divergence: new Float32Array(x.length / d).fill(d * rate(t)),
    }),
    points,
    law,
  );
  for (let row = 0; row < 200; row++) {
    let nats = d * (Math.log(s) + Math.log(2 * Math.PI) / 2);
    for (let k = 0; k < d; k++) nats += (points[row * d + k]! / s) ** 2 / 2;
    expect(Math.abs(perRow[row]! - nats)).toBeLessThan(0.02 * nats);
  }
});

it('the exact divergence is that of finite differences, and the estimate right in the mean', async () => {
  const [d, rows] = [3, 400];
  const compute = openCompute({ threads: 1 });
  const settings = schema.parse(small);
  const units = { mean: Float64Array.of(1, 2, 3), scale: Float64Array.of(2, 1, 0.5) };
  const shape = { dimension: d, standardisation: units };
  const network = velocityNetwork(settings, { dimension: d });
  const values = network.initialise(3);
  const parameters = Object.fromEntries(
    Object.entries(network.parameters).map(([name, type]) => [
      name,
      { data: values[name] as unknown as Float32Array, shape: type.shape as number[] },
    ]),
  );
  const plain = await openVelocityModel(compute, settings, shape);
  const velocity = plain.at(parameters);
  const one = stream(4, 'point').normal(new Float32Array(d));
  const points = Float32Array.from({ length: rows * d }, (_, k) => one[k % d]!);
  const exact = await openDivergence(compute, settings, shape, 'exact');
  const estimate = await openDivergence(compute, settings, shape, 'hutchinson');
  const trace = await exact.at(parameters)(0.3, points);
  let differences = 0;
  for (let k = 0; k < d; k++) {
    const [up, down] = [1e-2, -1e-2].map((step) => one.map((value, j) => value + (j === k ? step : 0)));
    differences += ((await velocity(0.3, up!))[k]! - (await velocity(0.3, down!))[k]!) / 2e-2;
  }
  expect(trace.divergence[0]).toBeCloseTo(differences, 2);
  const guesses = (await estimate.at(parameters, { probes: signs(1, rows * d) })(0.3, points)).divergence;
  const mean = guesses.reduce((sum, value) => sum + value, 0) / rows;
  const deviation = Math.sqrt(guesses.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows);
  expect(Math.abs(mean - trace.divergence[0]!)).toBeLessThan(4 * (deviation / Math.sqrt(rows)) + 1e-4);
  for (const model of [plain, exact, estimate]) await model.close();
});

describe('a run of a problem', () => {
  it('needs no data and ends with its distance from the truth', async () => {
    const run = recorded();
    const settings = schema.parse({
      ...small,
      problem: 'piecewise-affine',
      dimension: 3,
      problemRows: 600,
      likelihood: 'exact',
      likelihoodRows: 20,
      metrics: 'all',
    });
    expect(await runFlows(run.context, {}, settings)).toBe('done');
    for (const name of [
      'uvp.nfe1',
      'uvp.nfe4',
      'uvp.nfe50',
      'bitsPerDimension',
      'exactW2.nfe64',
      'recall.nfe4',
    ])
      expect(Number.isFinite(run.final[name]), name).toBe(true);
    expect(run.stages).toEqual(expect.arrayContaining(['training', 'measuring', 'likelihood']));
    expect(run.final['uvp.nfe50']).toBeGreaterThan(0);
    expect(run.final['uvp.nfe50']).toBeLessThan(200);
  });
});
