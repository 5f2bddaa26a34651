/** @file The panel's questions about a trained flow: distances as the run measured them, speed, error and divergence. */
import { beforeAll, describe, expect, it } from 'vitest';
import { stream } from '../../../../native-models';
import { config as schema } from '../config';
import { flows } from '../index';
import { runFlows } from '../run';
import { asker, datasetInMemory, recorded, storedRun, type Recorded } from '../../testing';

const noise = stream(5, 'clusters').normal(new Float32Array(1200));
const data = datasetInMemory(
  noise.map((value, k) => 10 * (0.2 * value + (k % 2 === 0 ? (k % 4 === 0 ? 2 : -2) : 0))),
  2,
);
const config = schema.parse({
  poolSize: 128,
  pairs: 512,
  epsilon: 0.1,
  steps: 300,
  batchSize: 64,
  hidden: 32,
  layers: 2,
  learningRate: 5e-3,
  emaDecay: 0.98,
});

describe('questions about a trained flow', () => {
  let run: Recorded;
  let ask: ReturnType<typeof asking>;
  const asking = () => asker(flows, storedRun(run, { data }, config));

  beforeAll(async () => {
    run = recorded();
    await runFlows(run.context, { data }, config);
    ask = asking();
  });

  it('curves at the run’s own budgets are the run’s final numbers', async () => {
    for (const evaluations of [1, 4, 64]) {
      const args = { step: 'latest', solver: 'euler', evaluations, count: 20_000 };
      const answer = await ask('curves', args);
      expect(answer).toMatchObject({ count: 120, evaluations });
      expect(answer.floor).toBe(run.final['slicedW2.floor']);
      expect(answer.slicedW2).toBe(run.final[`slicedW2.nfe${evaluations}`]);
    }
  });

  it('curves of an early snapshot are worse, and fewer points are fewer', async () => {
    const args = { solver: 'euler', evaluations: 64, count: 64 };
    const early = await ask('curves', { ...args, step: 0 });
    const late = await ask('curves', { ...args, step: 'latest' });
    expect([early.step, late.step, early.count]).toEqual([0, 300, 64]);
    expect(early.slicedW2).toBeGreaterThan(late.slicedW2);
  });

  it('speed starts from the same particles as curvature and stays between its quantiles', async () => {
    const args = { step: 'latest', count: 64, noiseSeed: 7 };
    const speed = await ask('speed', args);
    const { times } = await ask('curvature', args);
    expect([...speed.times]).toEqual([...times]);
    speed.mean.forEach((mean, k) => {
      expect(speed.low[k]).toBeLessThan(mean);
      expect(speed.high[k]).toBeGreaterThan(mean);
    });
  });

  it('few-step error falls with the budget and is none at the reference', async () => {
    const args = { step: 'latest', solver: 'euler', count: 64, noiseSeed: 7 };
    const mean = async (evaluations: number) => {
      const { errors } = await ask('fewStepError', { ...args, evaluations });
      return errors.reduce((sum, error) => sum + error, 0) / errors.length;
    };
    const [one, eight, all] = [await mean(1), await mean(8), await mean(64)];
    expect(one).toBeGreaterThan(eight);
    expect(eight).toBeGreaterThan(0);
    expect(all).toBe(0);
  });

  it('divergence agrees with differences of the field’s own arrows', async () => {
    const extent = [-30, 30, -10, 10];
    const cells = await ask('divergence', { step: 'latest', time: 0.5, grid: 2, extent });
    const along = async (box: number[]) =>
      (await ask('field', { step: 'latest', time: 0.5, grid: 2, extent: box })).velocities;
    // The first cell is [−30, 0] × [−10, 0]; the corners of a flat box are the midpoints of its sides.
    const across = await along([-30, 0, -5, -5]);
    const up = await along([-15, -15, -10, 0]);
    const expected = (across[2]! - across[0]!) / 30 + (up[5]! - up[1]!) / 10;
    expect(cells.values[0]).toBeCloseTo(expected, 4);
  });
});
