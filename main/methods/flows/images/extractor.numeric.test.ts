/** @file The feature extractors: trained ones learn and repeat, random ones are fixed, and the distance tells good images from bad. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { float32, inferenceModel, reduceMean, stream } from '../../../../native-models';
import { openCompute } from '../../../compute/session';
import { openDataset } from '../../../data';
import { config } from '../config';
import { prepareInputs, setRowsAside, type PreparedInputs } from '../points/prepare';
import { gatherRows } from '../../../numerics/gather';
import type { Velocity } from '../../../ode/fixed';
import { Parts } from '../../../training/parts';
import { fitFeatureNetwork, type LabelledImages } from '../../../images/feature-network';
import { openExtractor } from './extractor';
import { judgeImages } from './measures';
import { fitImages, openUserExtractor } from './user-extractor';
import { datasetInMemory, modelAt, recorded, type RecordOptions } from '../../testing';
import type { TrainingContext } from '../../../training/loop';

const image = { height: 6, width: 5, channels: 1 };
const compute = openCompute({ threads: 1 });
afterAll(() => compute.close());

/** Stripes along or across, in noise. */
function stripes(rows: number) {
  const labels = Int32Array.from({ length: rows }, (_, row) => row % 2);
  const data = stream(3, 'stripes')
    .normal(new Float32Array(rows * 30))
    .map((noise, at) => {
      const [row, column] = [Math.floor((at % 30) / 5), at % 5];
      const bright = (labels[Math.floor(at / 30)] === 0 ? row : column) % 2 === 0;
      return Math.min(1, Math.max(-1, (bright ? 0.5 : -0.5) + 0.3 * noise));
    });
  return { data, labels };
}

const { data, labels } = stripes(600);
const images: LabelledImages = {
  matrix: { rows: 600, columns: 30, data, names: [] },
  ...{ image, labels, classes: 2 },
};
const partsOf = (stopRequested: () => boolean) => Parts.ofNothing({ compute, now: () => 0, stopRequested });
const open = (changes: Partial<LabelledImages> = {}, stop = () => false) =>
  openExtractor(compute, { ...images, ...changes, image }, partsOf(stop));

describe('openExtractor', () => {
  it('learns to tell the classes, and gives the same numbers for the same data, remembered or not', async () => {
    const first = (await open())!;
    expect([first.name, first.features]).toEqual(['lenet', 64]);
    expect(first.accuracy).toBeGreaterThan(0.9);
    const features = await first.extract(data.subarray(0, 300 * 30));
    const second = (await open())!;
    expect(second.model).toEqual(first.model);
    // Two others push it out of the memory.
    for (const shift of [1, 2]) {
      const other = (await open({
        matrix: { ...images.matrix, data: data.map((value) => value / (1 + shift)) },
      }))!;
      expect(other.model).not.toEqual(first.model);
      await other.close();
    }
    const again = (await open())!;
    expect(again.model).toEqual(first.model);
    expect(again.accuracy).toBe(first.accuracy);
    expect(await again.extract(data.subarray(0, 300 * 30))).toEqual(features);
    for (const extractor of [first, second, again]) await extractor.close();
  });

  it('without two classes is random, and the same for all data of a shape', async () => {
    const [none, one] = [
      (await open({ labels: null, classes: 0 }))!,
      (await open({ labels: new Int32Array(600).fill(1) }))!,
    ];
    expect([none.name, one.name, none.accuracy]).toEqual(['random', 'random', null]);
    expect(none.model).toEqual(one.model);
    const features = await none.extract(data);
    expect(features.some((value) => value !== features[0])).toBe(true);
    await none.close();
    await one.close();
  });

  it('stops when asked', async () => {
    const fresh = { ...images.matrix, data: data.map((value) => value / 7) };
    expect(await open({ matrix: fresh }, () => true)).toBeNull();
  });

  it('stopped inside its training goes on there, with the same bits', async () => {
    const rows = Int32Array.from({ length: 500 }, (_, row) => row);
    const fit = async (options: RecordOptions) => {
      const run = recorded(options);
      const parts = new Parts(run.context, () => ({ step: 0, json: {}, arrays: {} }));
      const work = (inner: TrainingContext) => fitFeatureNetwork(inner, images, rows, 5);
      return { ...run, fitted: await parts.run('extractor', work) };
    };
    const whole = await fit({});
    const stopped = await fit({ stop: (asked) => asked >= 30, tick: 160 });
    expect([whole.fitted === null, stopped.fitted]).toEqual([false, null]);
    const resume = stopped.checkpoints.at(-1)!;
    expect(resume.json.parts).toMatchObject({ done: [], current: { name: 'extractor' } });
    expect((await fit({ resume, tick: 3 })).fitted).toEqual(whole.fitted);
  });

  const folder = join(import.meta.dirname, '../../../../../shared/data/images');
  const mnist = join(folder, 'mnist-t3k-images-idx3-ubyte.gz');
  it.skipIf(!existsSync(mnist))('reads digits of MNIST (skipped without ../shared/data)', async () => {
    const dataset = await openDataset(mnist);
    const prepared = await prepareInputs({ data: dataset }, config.parse({}));
    expect(prepared.labels).toHaveLength(3000);
    const extractor = (await openExtractor(
      compute,
      { ...prepared, image: prepared.image! },
      partsOf(() => false),
    ))!;
    expect(extractor.accuracy).toBeGreaterThan(0.9);
    await extractor.close();
    await dataset.close();
  });
});

describe('judgeImages', () => {
  let prepared: PreparedInputs & { image: typeof image };
  let rows: ReturnType<typeof setRowsAside>;
  beforeAll(async () => {
    prepared = {
      ...(await prepareInputs({ data: datasetInMemory(data, 30, image, labels) }, config.parse({}))),
      image,
    };
    rows = setRowsAside(600, 0.4, 1);
  });
  /** Carries every point straight to a real image. */
  const perfect: Velocity = (() => {
    let start: Float32Array | null = null;
    return (time, points) => {
      if (time === 0) start = points.slice();
      const goal = gatherRows(
        data,
        30,
        Int32Array.from({ length: points.length / 30 }, (_, k) => (7 * k) % 600),
      );
      return Promise.resolve(goal.map((value, k) => value - start![k]!));
    };
  })();
  const idle: Velocity = (_time, points) => Promise.resolve(new Float32Array(points.length));

  it('finds real images at the floor and noise far from it', async () => {
    const judge = (velocity: Velocity, options: RecordOptions = {}) =>
      judgeImages(
        recorded({ seed: 1, ...options }).context,
        { frechetSamples: 240 },
        velocity,
        prepared,
        rows,
        new Map(),
      );
    const [good, bad] = [(await judge(perfect))!, (await judge(idle))!];
    const floor = good['frechet.floor']!;
    expect(bad['frechet.floor']).toBe(floor);
    expect(floor).toBeGreaterThan(0);
    // 60 images in a quarter are too few for 64 features.
    const budgets = ['frechet.nfe4', 'frechet.nfe8', 'frechet.nfe64'];
    expect(Object.keys(good)).toEqual(['frechet.floor', ...budgets]);
    for (const name of budgets) expect(good[name]).toBeLessThan(2 * floor);
    for (const name of budgets) expect(bad[name]).toBeGreaterThan(10 * floor);
    expect(await judge(idle, { stop: () => true })).toBeNull();
  });

  it('tells the run what it was, keeps the extractor, and leaves other data alone', async () => {
    const run = recorded();
    const settings = { frechetSamples: 100 };
    const metrics = await judgeImages(run.context, settings, perfect, prepared, rows, new Map());
    expect(metrics!['frechet.nfe8']).toBeGreaterThan(0);
    expect([...run.artifacts.keys()]).toEqual(['extractor.onnx']);
    expect(run.notices.join()).toContain('FD[lenet] over 100 images');
    const none = { ...prepared, image: undefined };
    expect(await judgeImages(run.context, settings, perfect, none, rows, new Map())).toEqual({});
    expect(
      await judgeImages(run.context, { ...settings, frechetSamples: 0 }, perfect, prepared, rows, new Map()),
    ).toEqual({});
  });
});

describe('an extractor of the user', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'monge-extractor-'));
    const model = (height: number | 'height') =>
      inferenceModel({
        name: 'means',
        parameters: {},
        inputs: { x: float32('batch', 3, height, height) },
        build: (_, { x }) => ({ features: reduceMean(x!, [2, 3]) }),
      });
    await writeFile(join(folder, 'inception.onnx'), model(8));
    await writeFile(join(folder, 'text.onnx'), 'not a model');
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('gets images in its size and colours, and gives its name', async () => {
    const extractor = await openUserExtractor(compute, modelAt(join(folder, 'inception.onnx')), image);
    expect([extractor.name, extractor.features]).toEqual(['inception.onnx', 3]);
    const flat = new Float32Array(20 * 30).map((_, at) => Math.floor(at / 30) / 20);
    const features = await extractor.extract(flat);
    features.forEach((value, at) => expect(value).toBeCloseTo(Math.floor(at / 3) / 20, 6));
    await extractor.close();
  });

  it('is refused where it is none, or takes other images', async () => {
    await expect(openUserExtractor(compute, modelAt(join(folder, 'text.onnx')), image)).rejects.toThrow();
    await expect(openUserExtractor(compute, modelAt(join(folder, 'none.onnx')), image)).rejects.toMatchObject(
      {
        code: 'file-not-found',
      },
    );
    const colours = { ...image, channels: 2 };
    await expect(
      openUserExtractor(compute, modelAt(join(folder, 'inception.onnx')), colours),
    ).rejects.toMatchObject({
      code: 'model-input',
    });
  });

  it('scales between pixel centres', () => {
    const two = { height: 1, width: 2, channels: 1 };
    expect([...fitImages(Float32Array.of(0, 1), two, { ...two, width: 4 })]).toEqual([0, 0.25, 0.75, 1]);
    expect([...fitImages(Float32Array.of(0, 1), two, { ...two, width: 1, channels: 2 })]).toEqual([0.5, 0.5]);
    const coloured = { height: 1, width: 2, channels: 2 };
    expect([...fitImages(Float32Array.of(1, 2, 3, 4), coloured, coloured)]).toEqual([1, 3, 2, 4]);
  });
});
