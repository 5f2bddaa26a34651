/** @file The method as a whole on a small problem: it learns, stops, resumes to the same bits, answers and exports. */
import { beforeAll, describe, expect, it } from 'vitest';
import { stream } from '../../../native-models';
import type { AnswerOf } from '../../contract/query';
import { config as schema, type FlowsConfig } from './config';
import { flows } from './index';
import { runFlows } from './run';
import {
  asker,
  datasetInMemory,
  queryContext,
  recorded,
  storedRun,
  undeclared,
  type Recorded,
} from '../testing';

/** Two tight clusters around (±2, 0), in units of ten. */
function clusters(rows: number): Float32Array {
  const noise = stream(5, 'clusters').normal(new Float32Array(2 * rows));
  return noise.map((value, k) => 10 * (0.2 * value + (k % 2 === 0 ? (k % 4 === 0 ? 2 : -2) : 0)));
}

const data = datasetInMemory(
  clusters(800),
  2,
  undefined,
  Int32Array.from({ length: 800 }, (_, k) => k % 2),
);
const small: Record<string, unknown> = {
  poolSize: 128,
  pairs: 512,
  epsilon: 0.1,
  steps: 300,
  batchSize: 64,
  hidden: 32,
  layers: 2,
  learningRate: 5e-3,
  emaDecay: 0.98,
};
const settings = (changes: Record<string, unknown> = {}): FlowsConfig =>
  schema.parse({ ...small, ...changes });

describe('a run', () => {
  let sinkhorn: Recorded;
  let independent: Recorded;

  beforeAll(async () => {
    sinkhorn = recorded();
    independent = recorded();
    expect(await runFlows(sinkhorn.context, { data }, settings())).toBe('done');
    expect(await runFlows(independent.context, { data }, settings({ coupling: 'independent' }))).toBe('done');
  });

  it('ends with exactly the promised numbers', () => {
    const promised =
      'coupling.conditionalVariance coupling.cost coupling.distinctTargets coupling.effectiveTargets curvature curvature.kineticGap curvature.mean energy.floor energy.nfe1 energy.nfe4 energy.nfe64 epsilon loss memory.estimate pairSeconds sharpness sinkhorn.iterations sinkhorn.marginalError slicedW2.floor slicedW2.nfe1 slicedW2.nfe4 slicedW2.nfe64 stepsPerSecond trainSeconds';
    expect(Object.keys(sinkhorn.final).sort()).toEqual(promised.split(' ').sort());
    expect(undeclared(sinkhorn, flows.metrics)).toEqual([]);
    for (const value of Object.values(sinkhorn.final)) expect(Number.isFinite(value)).toBe(true);
    expect(independent.final).toMatchObject({
      sharpness: 1,
      'sinkhorn.iterations': 0,
      'sinkhorn.marginalError': 0,
    });
    expect(sinkhorn.final['sinkhorn.marginalError']).toBeLessThan(1e-3);
    expect(sinkhorn.stages).toEqual(
      expect.arrayContaining(['pairing the first pool', 'training', 'measuring']),
    );
  });

  it('learns, and Sinkhorn pairs make the paths straighter and one step better', () => {
    const losses = sinkhorn.metrics.filter(({ name }) => name === 'loss').map(({ value }) => value);
    expect(losses).toHaveLength(300);
    expect(sinkhorn.final.loss).toBeLessThan(0.9 * losses[0]!);
    expect(sinkhorn.final.loss).toBeLessThan(independent.final.loss! / 2);
    expect(sinkhorn.final.curvature).toBeLessThan(independent.final.curvature! / 4);
    expect(sinkhorn.final['slicedW2.nfe1']).toBeLessThan(0.8 * independent.final['slicedW2.nfe1']!);
  });

  it('keeps early, regular and last snapshots', () => {
    const steps = [...sinkhorn.snapshots.keys()];
    expect(steps.slice(0, 2)).toEqual([0, 8]);
    expect(steps.at(-1)).toBe(300);
  });

  it('changes with the seed and with nothing else', async () => {
    const again = recorded();
    const other = recorded({ seed: 1 });
    await runFlows(again.context, { data }, settings());
    await runFlows(other.context, { data }, settings());
    const { stepsPerSecond: _speed, trainSeconds: _train, pairSeconds: _pair, ...numbers } = sinkhorn.final;
    expect(again.final).toMatchObject(numbers);
    expect(other.final.loss).not.toBe(sinkhorn.final.loss);
  });

  it.each([
    ['in the first pool', (asked: number) => asked >= 3],
    ['while training', (asked: number) => asked >= 160],
    ['while measuring', (_asked: number, stage?: string) => stage === 'measuring'],
  ])('stopped %s and resumed, is bit for bit the run that never stopped', async (_when, stop) => {
    // Another clock: other chunk lengths and checkpoints, the same numbers.
    const first = recorded({ stop, tick: 37 });
    expect(await runFlows(first.context, { data }, settings())).toBe('stopped');
    const { artifacts } = first;
    const second = recorded({ resume: first.checkpoints.at(-1)!, artifacts, tick: 5 });
    expect(await runFlows(second.context, { data }, settings())).toBe('done');
    expect(second.checkpoints.at(-1)!.arrays).toEqual(sinkhorn.checkpoints.at(-1)!.arrays);
    expect(second.artifacts.get('velocity.onnx')).toEqual(sinkhorn.artifacts.get('velocity.onnx'));
    expect([...first.metrics, ...second.metrics]).toEqual(sinkhorn.metrics);
  });

  it('resumes from any checkpoint on the way', async () => {
    const whole = recorded({ tick: 1500 });
    await runFlows(whole.context, { data }, settings());
    expect(whole.checkpoints.length).toBeGreaterThan(5);
    const middle = whole.checkpoints[Math.floor(whole.checkpoints.length / 2)]!;
    const resumed = recorded({ resume: middle, artifacts: whole.artifacts });
    await runFlows(resumed.context, { data }, settings());
    expect(resumed.checkpoints.at(-1)!.arrays).toEqual(sinkhorn.checkpoints.at(-1)!.arrays);
  });

  describe('answers the panel', () => {
    const asking = (over = data, changes = {}) =>
      asker(flows, storedRun(sinkhorn, { data: over }, settings(changes)));
    const ask: ReturnType<typeof asking> = (...question) => asking()(...question);

    it('with the clouds', async () => {
      const answer = await ask('display', { count: 50 });
      expect(answer).toMatchObject({ dimension: 2, axes: ['x1', 'x2'], image: null });
      expect(answer.source).toHaveLength(100);
      answer.targetRows.forEach((row, k) => {
        expect(answer.target[2 * k]).toBe(clusters(800)[2 * row]);
      });
    });

    it('with particle paths that share their noise across counts, solvers and budgets', async () => {
      const common = { step: 'latest', noiseSeed: 4 };
      const few = await ask('trajectories', {
        ...common,
        solver: 'heun',
        evaluations: 8,
        count: 3,
      });
      const many = await ask('trajectories', {
        ...common,
        solver: 'euler',
        evaluations: 8,
        count: 9,
      });
      expect(few.evaluations).toBe(8);
      expect([few.times.length, many.times.length]).toEqual([5, 9]);
      expect(few.positions).toHaveLength(5 * 3 * 2);
      expect([...few.positions.subarray(0, 6)]).toEqual([...many.positions.subarray(0, 6)]);
      const adaptive = await ask('trajectories', {
        ...common,
        solver: 'dopri5',
        evaluations: 1,
        count: 3,
      });
      expect(adaptive.times.at(-1)).toBe(1);
    });

    it('with another picture for another snapshot', async () => {
      const args = { solver: 'euler', evaluations: 4, count: 5, noiseSeed: 0 };
      const early = await ask('trajectories', { ...args, step: 0 });
      const late = await ask('trajectories', { ...args, step: 300 });
      expect([early.step, late.step]).toEqual([0, 300]);
      expect([...early.positions]).not.toEqual([...late.positions]);
    });

    it('with curvature in squared data units', async () => {
      const answer = await ask('curvature', { step: 'latest', count: 200, noiseSeed: 1 });
      const mean = answer.perPath.reduce((sum, value) => sum + value, 0) / 200;
      expect(mean / answer.profile.reduce((sum, value) => sum + value / 50, 0)).toBeCloseTo(1, 4);
      expect(mean / sinkhorn.final.curvature!).toBeGreaterThan(0.3);
      expect(mean / sinkhorn.final.curvature!).toBeLessThan(3);
    });

    it('with pairs of the same points under any coupling', async () => {
      const [plain, exact, blurred] = await Promise.all(
        ['independent', 'assignment', 'sinkhorn'].map((coupling) => ask('pairs', { coupling, count: 100 })),
      );
      const total = ({ cost }: AnswerOf<'flows', 'pairs'>) => cost.reduce((sum, value) => sum + value, 0);
      expect(total(exact!)).toBeLessThan(total(blurred!));
      expect(total(blurred!)).toBeLessThan(total(plain!));
      expect([...exact!.source]).toEqual([...plain!.source]);
      const points = (answer: AnswerOf<'flows', 'pairs'>) => [...answer.target].sort((a, b) => a - b);
      expect(points(exact!)).toEqual(points(plain!));
      expect([plain!.sharpness, exact!.sharpness]).toEqual([1, 0]);
      expect(blurred!.sharpness).toBeGreaterThan(0);
    });

    it('with pairs as a semidiscrete run makes them, and none by a map that is not there', async () => {
      const { cost, sharpness } = await ask('pairs', { coupling: 'semidiscrete', count: 100 });
      const plain = await ask('pairs', { coupling: 'independent', count: 100 });
      const total = (of: Float32Array) => of.reduce((sum, value) => sum + value, 0);
      expect(total(cost)).toBeLessThan(total(plain.cost));
      expect(sharpness).toBe(0);
      await expect(ask('pairs', { coupling: 'map', count: 100 })).rejects.toMatchObject({
        code: 'known-map-missing',
      });
    });

    it('with the vector field, in two dimensions only', async () => {
      const args = { step: 'latest', time: 0.5, grid: 4, extent: [-30, 30, -10, 10] };
      const answer = await ask('field', args);
      expect([...answer.positions.subarray(0, 4)]).toEqual([-30, -10, -10, -10]);
      expect(answer.velocities).toHaveLength(32);
      const wide = datasetInMemory(
        new Float32Array(60).map((_, k) => k),
        3,
      );
      await expect(asking(wide)('field', args)).rejects.toMatchObject({ code: 'field-needs-two-dimensions' });
      await expect(
        ask('samples', { step: 'latest', solver: 'euler', evaluations: [1], count: 1, noiseSeed: 0 }),
      ).rejects.toMatchObject({
        code: 'samples-need-images',
      });
    });

    it('and refuses questions that make no sense', async () => {
      for (const [name, args] of [
        ['display', { count: 0 }],
        ['display', null],
        ['trajectories', { step: 'latest', solver: 'rk5', evaluations: 4, count: 1, noiseSeed: 0 }],
        ['field', { step: -1, time: 0.5, grid: 4, extent: [0, 1, 0, 1] }],
        ['field', { step: 1, time: 0.5, grid: 4, extent: [0, 1, 0, NaN] }],
        ['pairs', { coupling: 'sinkhorn', count: 0 }],
        ['curvature', { step: 'latest', count: 10, noiseSeed: 0, extra: 1 }],
      ] as const)
        await expect(ask(name, args), `${name} ${JSON.stringify(args)}`).rejects.toMatchObject({
          code: 'query-invalid',
        });
      const large = datasetInMemory(clusters(6000), 2);
      await expect(asking(large)('pairs', { coupling: 'assignment', count: 5000 })).rejects.toMatchObject({
        code: 'assignment-pool-too-large',
      });
    });
  });

  it('exports a model that needs nothing else: data units in and out, any batch', async () => {
    const stored = storedRun(sinkhorn, { data }, settings());
    const bytes = await flows.exportOnnx!(queryContext(flows, stored));
    expect(bytes).toEqual(sinkhorn.artifacts.get('velocity.onnx'));
    const session = await stored.compute.open(bytes);
    expect([session.inputNames, session.outputNames]).toEqual([['x', 't'], ['velocity']]);
    const args = { step: 'latest', time: 0.25, grid: 3, extent: [-20, 20, -5, 5] };
    const field = await asker(flows, stored)('field', args);
    const result = await session.run({
      x: { type: 'float32', data: field.positions, dims: [9, 2] },
      t: { type: 'float32', data: new Float32Array(9).fill(0.25), dims: [9, 1] },
    });
    (result.velocity!.data as Float32Array).forEach((value, k) =>
      expect(value).toBeCloseTo(field.velocities[k]!, 4),
    );
    await session.close();
  });
});

describe('other inputs', () => {
  it('flow from a second data set', async () => {
    const source = datasetInMemory(
      clusters(300).map((value) => value / 2 + 50),
      2,
    );
    const run = recorded();
    expect(await runFlows(run.context, { data, source }, settings({ steps: 200 }))).toBe('done');
    const answer = await asker(flows, storedRun(run, { data, source }, settings()))('display', {
      count: 20,
    });
    for (let k = 1; k < 40; k += 2) expect(answer.source[k]).toBeGreaterThan(35);
  });

  it('make images, from the same noise at every budget', async () => {
    const image = { height: 2, width: 3, channels: 1 };
    const pixels = stream(1, 'images')
      .uniform(new Float32Array(6 * 100))
      .map((value) => 2 * value - 1);
    const run = recorded();
    const images = datasetInMemory(pixels, 6, image);
    const changes = settings({ steps: 20, poolSize: 64, pairs: 64 });
    expect(await runFlows(run.context, { data: images }, changes)).toBe('done');
    const answer = await asker(flows, storedRun(run, { data: images }, changes))('samples', {
      step: 'latest',
      solver: 'euler',
      evaluations: [1, 4],
      count: 7,
      noiseSeed: 0,
    });
    expect(answer).toMatchObject({ image, evaluations: [1, 4], count: 7 });
    expect(answer.pixels).toHaveLength(2 * 7 * 6);
  });

  it.each([
    ['too-few-rows', { data: datasetInMemory(new Float32Array(6), 2) }],
    ['data-not-finite', { data: datasetInMemory(new Float32Array(40).fill(NaN), 2) }],
    ['source-columns-differ', { data, source: datasetInMemory(new Float32Array(60), 3) }],
    ['input-missing', {}],
    ['sinkhorn-flat-cost', { data: datasetInMemory(new Float32Array(40), 2) }],
  ])('are refused: %s', async (code, inputs) => {
    await expect(runFlows(recorded().context, inputs, settings())).rejects.toMatchObject({ code });
  });

  it('and settings that cannot be kept are refused before any work', async () => {
    const run = (changes: Record<string, unknown>) =>
      runFlows(recorded().context, { data }, settings(changes));
    await expect(run({ coupling: 'assignment', poolSize: 8192 })).rejects.toMatchObject({
      code: 'assignment-pool-too-large',
    });
    await expect(run({ learningRate: 1, weightDecay: 10, steps: 3000 })).rejects.toMatchObject({
      code: 'diverged',
    });
  });
});
