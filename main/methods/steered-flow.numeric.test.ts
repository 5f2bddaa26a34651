/** @file A flow trained here on two kinds of small images and steered from one to the other by the method Steer, as a person would. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeModel, stream } from '../../native-models';
import { expectClose } from '../../native-models/testing/expect-close';
import { openCompute } from '../compute/session';
import type { SteerFlowPoint } from '../contract/steer';
import { withOutputs } from '../models/surgery';
import { applyToChannels } from '../steering/map';
import { randomMapsLike } from '../steering/control';
import { flows } from './flows';
import { steer } from './steer';
import { openField, untold } from './steer/flow/field';
import { openFlow, type OpenedFlow } from './steer/flow/opened';
import {
  asker,
  datasetInMemory,
  recorded,
  runAt,
  storedRun,
  undeclared,
  type RecordOptions,
} from './testing';

const image = { height: 8, width: 8, channels: 1 };
const ROWS = 600;
const kinds = ['dark', 'light', 'striped'];
const labels = Int32Array.from({ length: ROWS }, (_, row) => row % 3);
/**
 * A square somewhere: light on dark, dark on light, or on stripes. They differ in how an image is and not in where something
 * lies, which means over positions, and so maps, do not know.
 */
const pixels = (() => {
  const noise = stream(1, 'pixels').normal(new Float32Array(64 * ROWS));
  const places = stream(1, 'places').integers(new Int32Array(2 * ROWS), 6);
  return noise.map((value, at) => {
    const [row, column] = [Math.floor((at % 64) / 8), at % 8];
    const image = Math.floor(at / 64);
    const inside = [row - places[2 * image]!, column - places[2 * image + 1]!].every((k) => k >= 0 && k < 3);
    const ground = [-0.7, 0.7, column % 2 === 0 ? -0.7 : 0.7][labels[image]!]!;
    return (inside ? -ground : ground) + 0.1 * value;
  });
})();
const data = {
  ...datasetInMemory(pixels, 64, image),
  labels: async () => ({ codes: labels, names: kinds }),
};

const networks = {
  unet: { network: 'unet', channels: 4, levels: 2, blocks: 1, hooks: 'resid_post' },
  transformer: { network: 'transformer', patch: 2, width: 24, depth: 2, heads: 2, hooks: 'norm_*' },
} as const;
const training = { steps: 200, batchSize: 32, learningRate: 5e-3, emaDecay: 0.97, coupling: 'independent' };
const settings = (hooks: string) =>
  steer.config.parse({
    hooks,
    ...{
      subject: 'flow',
      from: 'dark',
      to: 'light',
      n: 64,
      lambda: '0,0.2,1',
      noises: 64,
      evaluations: 12,
      times: 4,
    },
  });

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'monge-steered-flow-'));
});
afterAll(() => rm(folder, { recursive: true }));

const compute = openCompute({ threads: 1 });
afterAll(() => compute.close());

describe.each(Object.entries(networks))('a flow with the network %s', (name, { hooks, ...network }) => {
  const config = settings(hooks);
  const inputs = () => ({ flow: runAt(join(folder, name), ['artifacts/velocity.onnx']), images: data });
  const run = async (options: RecordOptions = {}) => {
    const record = recorded({ seed: 3, ...options });
    const outcome = await steer.run(record.context, inputs(), config);
    return { ...record, outcome };
  };
  let flow: OpenedFlow;
  let whole: Awaited<ReturnType<typeof run>>;

  beforeAll(async () => {
    const record = recorded({ seed: 5 });
    const trained = flows.config.parse({
      ...{ ...training, ...network, poolSize: 256, pairs: 4096, frechetSamples: 0, directions: 8 },
    });
    expect(await flows.run(record.context, { data }, trained)).toBe('done');
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'velocity.onnx'), record.artifacts.get('velocity.onnx')!);
    flow = await openFlow(inputs());
    whole = await run();
  }, 300_000);

  const point = (arm: 'fitted' | 'random', lambda: number) => async () => {
    const ask = asker(steer, storedRun(whole, inputs(), config));
    const sweep = (await ask('flowSweep'))!;
    return sweep.points.find((one) => one.arm === arm && one.lambda === lambda) as SteerFlowPoint;
  };

  it('makes more of the target class the stronger it is steered, which random maps of the same norm do not', async () => {
    const [none, little, full, random] = [
      await point('fitted', 0)(),
      await point('fitted', 0.2)(),
      await point('fitted', 1)(),
      await point('random', 1)(),
    ];
    expect(whole.outcome).toBe('done');
    expect(whole.final['judge.accuracy']).toBeGreaterThan(0.95);
    expect(little.target.value).toBeGreaterThan(none.target.value + 0.05);
    expect(full.target.value).toBeGreaterThan(Math.max(little.target.value - 0.02, none.target.value + 0.4));
    expect(full.source.value).toBeLessThan(none.source.value / 2);
    expect(random.target.value).toBeLessThan(none.target.value + 0.1);
    // The same noises move further the stronger they are steered, and stay images that the judge is sure of.
    expect([none.moved.value, little.moved.value < full.moved.value]).toEqual([0, true]);
    expect(full.confidence.value).toBeGreaterThan(0.85);
    expect(undeclared(whole, steer.metrics)).toEqual([]);
  });

  it('is the unsteered flow bit for bit at λ = 0, at `basic`', async () => {
    const { maps } = await asker(steer, storedRun(whole, inputs(), config))('maps');
    const field = await openField(compute, flow, flow.hooks, 'basic');
    const plain = await compute.open(encodeModel(flow.model), { graphLevel: 'basic' });
    const x = stream(2, 'points').normal(new Float32Array(5 * 64));
    const t = new Float32Array(5).fill(0.3);
    const answer = await plain.run({
      x: { type: 'float32', data: x, dims: [5, 64] },
      t: { type: 'float32', data: t, dims: [5, 1] },
    });
    const unsteered = answer.velocity!.data as Float32Array;
    expect(await field.velocity({ maps, lambda: 0 }, untold)(0.3, x)).toEqual(unsteered);
    const moved = await field.velocity({ maps, lambda: 1 }, untold)(0.3, x);
    expect(Math.max(...moved.map((value, k) => Math.abs(value - unsteered[k]!)))).toBeGreaterThan(0.05);
    await field.close();
    await plain.close();
  });

  it('reads the means of every hook, each moved by its map as the formula says', async () => {
    const [hook] = flow.hooks;
    const field = await openField(compute, flow, flow.hooks);
    const plain = await compute.open(encodeModel(withOutputs(flow.model, [{ value: hook!.value }])));
    const x = stream(2, 'points').normal(new Float32Array(4 * 64));
    const t = Float32Array.of(0.1, 0.4, 0.6, 0.9);
    const answer = await plain.run({
      x: { type: 'float32', data: x, dims: [4, 64] },
      t: { type: 'float32', data: t, dims: [4, 1] },
    });
    const { data: values, dims } = answer[hook!.value]!;
    const channelsFirst = hook!.layout === 'channels';
    const positions = values.length / (4 * hook!.units);
    expect(dims).toHaveLength(channelsFirst ? 4 : 3);
    const meanOf = (all: ArrayLike<number>) =>
      Float32Array.from({ length: 4 * hook!.units }, (_, at) => {
        const [row, unit] = [Math.floor(at / hook!.units), at % hook!.units];
        let sum = 0;
        for (let k = 0; k < positions; k++)
          sum += channelsFirst
            ? all[(row * hook!.units + unit) * positions + k]!
            : all[(row * positions + k) * hook!.units + unit]!;
        return sum / positions;
      });
    const none = new Int32Array(0);
    const before = (await field.means(x, t, none, [])).get(hook!.id)!;
    expectClose(before, meanOf(values as Float32Array), { atol: 1e-5 });
    const { maps } = await asker(steer, storedRun(whole, inputs(), config))('maps');
    const map = { ...randomMapsLike(maps, 1)[0]!, hook: hook!.id };
    const after = (await field.means(x, t, none, [map])).get(hook!.id)!;
    // A map is affine where it has no support, so that means move as single values do.
    expectClose(after, applyToChannels(map, before, 1, 1), { atol: 1e-5 });
    await field.close();
    await plain.close();
  });

  it('stopped in the sweep and resumed ends in the same numbers', async () => {
    const stopped = await run({ stop: (_, stage) => stage?.startsWith('images at λ = 0.2') ?? false });
    expect(stopped.outcome).toBe('stopped');
    const resumed = await run({ resume: stopped.checkpoints.at(-1)!, artifacts: stopped.artifacts });
    expect(resumed.outcome).toBe('done');
    const { fitSeconds: _, ...expected } = whole.final;
    expect(expected).toMatchObject(resumed.final);
    expect(resumed.artifacts.get('steered.png')).toEqual(whole.artifacts.get('steered.png'));
  });

  it('shows the images of the same noises, those of the source class first, also at other strengths', async () => {
    const ask = asker(steer, storedRun(whole, inputs(), config));
    const sweep = (await ask('flowSweep'))!;
    const grid = await ask('flowImages', { rows: 6 });
    expect([grid.lambdas, grid.available, grid.pixels.length]).toEqual([[0, 0.2, 1], 64, 6 * 3 * 64]);
    expect([0, 3, 6].map((at) => grid.judged[at])).toEqual([sweep.from, sweep.from, sweep.from]);
    const again = await ask('flowAt', { rows: 6, lambda: 0.2 });
    expect(again.noises).toEqual(grid.noises);
    const column = (row: number) => grid.pixels.subarray((3 * row + 1) * 64, (3 * row + 2) * 64);
    for (const row of grid.noises.keys())
      expectClose(again.pixels.subarray(row * 64, (row + 1) * 64), column(row), { atol: 1 });
    const overview = await ask('overview');
    expect([overview.subject, overview.swept, overview.source.name]).toEqual(['flow', 5, 'dark']);
    expect(overview.hooks.every(({ state }) => state === 'fitted')).toBe(true);
  });
});
