/** @file Base models: each learns a curve that a constant cannot, says the same as a program, and repeats bit for bit. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { add, constant, float32, matmul, toOnnx, trace } from '../../../../native-models';
import { expectClose } from '../../../../native-models/testing/expect-close';
import { settings } from '../testing';
import { modelAt } from '../../testing';
import type { ConformalConfig } from '../config';
import type { Split } from '../../../tables/encode';
import type { Arrays } from '../../../contract/define';
import type { Part } from '../types';
import { openClassifier } from '../classes/classifier';
import { fitModel, openBaseModel } from './index';
import { trainNetwork } from './networks';
import { curvedRows, curvedSplit, fitContext, squaredErrorOf, PLAIN } from './testing';

const quick = { steps: 300, hidden: 48, learningRate: 5e-3, trees: 30 };

async function fitted(base: ConformalConfig['base'], split: Split, parts: Part[] = ['mean'], given = {}) {
  const context = fitContext();
  const config = settings({ base, ...quick, ...given });
  const arrays = (await fitModel(context, config, split.train, new Set(parts), PLAIN))!;
  return {
    arrays,
    config,
    model: await openBaseModel(context, config, arrays, PLAIN),
    context,
  };
}

const values = (prediction: Arrays, name: string) => prediction[name]!.data as Float32Array;

describe('a base model', () => {
  const split = curvedSplit(1000);

  it.each(['ridge', 'mlp', 'gaussian', 'quantile', 'mixture', 'forest'] as const)(
    '%s explains most of a curve on rows that it has not seen, and is its own program',
    async (base) => {
      const { model, arrays, context } = await fitted(base, split);
      const prediction = await model.predict(split.test);
      const constantError = squaredErrorOf(split.test.y, new Float32Array(split.test.y.length));
      const error = squaredErrorOf(values(prediction, 'mean'), split.test.y);
      // The noise alone is .04; a constant has about .75.
      expect(error).toBeLessThan(0.35 * constantError);
      expect(Object.keys(arrays).every((name) => name.startsWith('base.'))).toBe(true);

      const graph = trace('export', { x: float32(500, 3) }, ({ x }) => model.build(x!));
      const session = await context.compute.open(toOnnx(graph));
      const exported = await session.run({ x: { type: 'float32', data: split.test.x, dims: [500, 3] } });
      expect(Object.keys(exported).sort()).toEqual(Object.keys(prediction).sort());
      for (const [name, { data, dims }] of Object.entries(exported)) {
        expectClose(data as Float32Array, values(prediction, name), { atol: 1e-5, rtol: 1e-5 });
        expect(dims).toEqual(prediction[name]!.shape);
      }
      await session.close();
      await model.close();
      const again = await fitted(base, split);
      expect(again.arrays).toEqual(arrays);
      await again.model.close();
    },
  );

  it('trains heads for what scores ask and the base does not give', async () => {
    const { model, arrays } = await fitted('ridge', split, ['mean', 'gaussian', 'quantiles', 'mixture'], {
      components: 3,
    });
    expect(new Set(Object.keys(arrays).map((name) => name.split('.')[0]))).toEqual(
      new Set(['base', 'gaussian', 'quantile', 'mixture']),
    );
    const prediction = await model.predict(split.test);
    const shapes = Object.fromEntries(Object.entries(prediction).map(([name, { shape }]) => [name, shape]));
    expect(shapes).toEqual({
      mean: [500, 2],
      'gaussian.mean': [500, 2],
      'gaussian.precision': [500, 2],
      'gaussian.lower': [500, 2, 2],
      quantiles: [500, 3, 2],
      'mixture.weights': [500, 3],
      'mixture.mean': [500, 3, 2],
      'mixture.precision': [500, 3, 2],
      'mixture.lower': [500, 3, 2, 2],
    });
    const weights = values(prediction, 'mixture.weights');
    expect(weights[0]! + weights[1]! + weights[2]!).toBeCloseTo(1, 5);
    const quantiles = values(prediction, 'quantiles');
    let inside = 0;
    for (let row = 0; row < 500; row++) {
      const level = (k: number) => quantiles[row * 6 + 2 * k]!;
      expect(level(0) <= level(1) && level(1) <= level(2)).toBe(true);
      if (split.test.y[2 * row]! >= level(0) && split.test.y[2 * row]! <= level(2)) inside += 1;
    }
    // Asked for 90 %.
    expect(inside / 500).toBeGreaterThan(0.75);
    expect(inside / 500).toBeLessThan(0.99);
    await model.close();
  });

  it('has the median as centre of quantiles, and the mean of a mixture', async () => {
    const quantile = await fitted('quantile', split, ['quantiles']);
    const said = await quantile.model.predict(split.test);
    expect(Object.keys(said).sort()).toEqual(['mean', 'quantiles']);
    const middle = values(said, 'quantiles').filter((_, at) => Math.floor(at / 2) % 3 === 1);
    expect(values(said, 'mean')).toEqual(middle);
    const mixture = await fitted('mixture', split, ['mixture'], { components: 2 });
    const { 'mixture.weights': w, 'mixture.mean': m, mean } = await mixture.model.predict(split.test);
    const first = Number(w!.data[0]) * Number(m!.data[0]) + Number(w!.data[1]) * Number(m!.data[2]);
    expect(Number(mean!.data[0])).toBeCloseTo(first, 5);
    await quantile.model.close();
    await mixture.model.close();
  });

  it.each(['ridge', 'mlp', 'gaussian', 'quantile', 'mixture', 'forest'] as const)(
    '%s takes a table of 12 training rows, and one of a single row',
    async (base) => {
      for (const rows of [12, 1]) {
        const small = curvedSplit(rows, 10);
        const { model } = await fitted(base, small, ['mean'], { steps: 20 });
        const { mean } = await model.predict(small.test);
        expect((mean!.data as Float32Array).every(Number.isFinite)).toBe(true);
        await model.close();
      }
    },
  );

  it('takes predictions along, with heads beside them', async () => {
    const brought = { ...split, train: { ...split.train, given: split.train.y } };
    const test = { ...split.test, given: split.test.y };
    const { model } = await fitted('column', brought, ['mean', 'gaussian']);
    expect(model.meanGiven).toBe(true);
    const said = await model.predict(test);
    expect(new Set(Object.keys(said).map((name) => name.split('.')[0]))).toEqual(
      new Set(['mean', 'gaussian']),
    );
    expect(values(said, 'mean')).toEqual(test.given);
    expect(said['gaussian.mean']!.shape).toEqual([500, 2]);
    await expect(model.predict(split.test)).rejects.toMatchObject({ code: 'predictions-missing' });
    await model.close();
  });

  it('stops when asked, and says how far it is', async () => {
    for (const base of ['ridge', 'mlp', 'forest'] as const) {
      const stopped = fitContext({ shouldStop: () => true });
      expect(
        await fitModel(stopped, settings({ base }), split.train, new Set(['mean'] as const), PLAIN),
      ).toBeNull();
      const shares: number[] = [];
      const watched = fitContext({ onProgress: (share) => void shares.push(share) });
      await fitModel(
        watched,
        settings({ base, ...quick }),
        split.train,
        new Set(['mean', 'gaussian'] as const),
        PLAIN,
      );
      expect(shares.at(-1)).toBe(1);
      expect(shares).toEqual([...shares].sort((a, b) => a - b));
    }
  });

  it('says so when training leaves the numbers', async () => {
    const wild = curvedSplit(100);
    wild.train.y.fill(1e30, 0, 100);
    const config = settings({ base: 'mlp', ...quick });
    await expect(
      fitModel(fitContext(), config, wild.train, new Set(['mean'] as const), PLAIN),
    ).rejects.toMatchObject({
      code: 'diverged',
    });
  });
});

describe('a model of the user', () => {
  it('takes features in data units and answers in data units', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'conformal-'));
    const file = async (name: string, features: number, targets: number, offset = 10) => {
      const weight = constant([...new Array<number>(features * targets).keys()], [features, targets]);
      const graph = trace('linear', { features: float32('rows', features) }, ({ features: x }) => ({
        targets: add(matmul(x!, weight), offset),
      }));
      await writeFile(join(folder, name), toOnnx(graph));
      return join(folder, name);
    };
    const encoding = {
      ...PLAIN,
      targetMean: Float32Array.of(10, 0),
      targetScale: Float32Array.of(2, 5),
    };
    const split = curvedSplit(50, 3);
    const context = fitContext();
    const config = settings({ base: 'onnx' });
    const fit = (path: string) =>
      fitModel(
        { ...context, userModel: modelAt(path) },
        config,
        split.train,
        new Set(['mean'] as const),
        encoding,
      );
    const good = await file('good.onnx', 3, 2);
    const arrays = (await fit(good))!;
    const model = await openBaseModel({ ...context, userModel: modelAt(good) }, config, arrays, encoding);
    const { mean } = await model.predict(split.test);
    const [a, b, c] = split.test.raw;
    expectClose(mean!.data.slice(0, 2), [(2 * b! + 4 * c!) / 2, (a! + 3 * b! + 5 * c! + 10) / 5], {
      atol: 1e-5,
    });
    await model.close();

    await file('good.onnx', 3, 2, 11);
    await expect(
      openBaseModel({ ...context, userModel: modelAt(good) }, config, arrays, encoding),
    ).rejects.toMatchObject({
      code: 'model-file-changed',
    });
    await expect(fit(await file('wide.onnx', 4, 2))).rejects.toMatchObject({ code: 'model-input' });
    await expect(fit(await file('long.onnx', 3, 4))).rejects.toMatchObject({ code: 'model-output' });
    await expect(
      fitModel(context, config, split.train, new Set(['mean'] as const), encoding),
    ).rejects.toMatchObject({
      code: 'input-missing',
    });
    await expect(fit(join(folder, 'none.onnx'))).rejects.toMatchObject({ code: 'file-not-found' });
  });
});

describe('a classifier', () => {
  it('gives the right class more than half of the probability nearly always', async () => {
    const rows = (count: number, seed: number) => {
      const made = curvedRows(count, seed);
      return {
        ...made,
        y: Float32Array.from({ length: count }, (_, row) =>
          made.x[3 * row]! > 0 ? 2 : made.x[3 * row + 1]! > 0 ? 1 : 0,
        ),
      };
    };
    const [train, test] = [rows(600, 1), rows(300, 2)];
    const context = fitContext();
    const config = settings(quick);
    const task = { kind: 'classifier', label: 'classes', rows: train, dimension: 3 } as const;
    const arrays = (await trainNetwork(context, config, task))!;
    const model = await openClassifier(context.compute, config, { features: 3, classes: 3 }, arrays);
    const probabilities = await model.probabilities(test);
    let right = 0;
    test.y.forEach((label, row) => (right += probabilities[3 * row + label]! > 0.5 ? 1 : 0));
    expect(right / 300).toBeGreaterThan(0.9);
    await model.close();
  });
});
