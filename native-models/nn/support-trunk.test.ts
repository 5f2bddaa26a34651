/** @file Non-negative layers: the starting rule at depth 8, rectifiers and their inverses, widths from a budget. */
import { describe, expect, it } from 'vitest';
import { expectClose } from '../testing/expect-close';
import { normalArray, runDouble, startOf } from '../testing/run-module';
import {
  leaky,
  leakyValue,
  rectifiers,
  rectify,
  softLeaky,
  type LeakyActivation,
  type Rectifier,
} from './convex';
import { supportTrunk, widthForBudget, type TrunkOptions } from './support-trunk';

const names = Object.keys(rectifiers) as Rectifier[];

const ROWS = 1500;
const WIDTH = 20;

/** The pre-activations of all layers of a trunk of depth 8 on standard normal inputs. */
function layersAtStart(options: Partial<TrunkOptions>) {
  const trunk = supportTrunk({
    inputs: 16,
    outputs: WIDTH,
    widths: new Array<number>(8).fill(WIDTH),
    inject: false,
    activation: softLeaky,
    initialisation: 'principled',
    ...options,
  });
  const results = runDouble(
    { ...startOf(trunk), x: normalArray('queries', ROWS, 16) },
    ({ x, ...parameters }) =>
      Object.fromEntries(
        trunk.preActivations(parameters, x!).map((tensor, position) => [`layer${position + 1}`, tensor]),
      ),
  );
  return Object.values(results).map(({ data }) => data);
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The mean correlation of two units of a layer. */
function correlation(layer: Float64Array): number {
  const units = Array.from({ length: WIDTH }, (_, unit) => {
    const values = Float64Array.from({ length: ROWS }, (_, row) => layer[row * WIDTH + unit]!);
    const centre = mean(values);
    const length = Math.hypot(...values.map((value) => value - centre));
    return values.map((value) => (value - centre) / length);
  });
  let total = 0;
  for (let left = 0; left < WIDTH; left++)
    for (let right = 0; right < left; right++)
      total += units[left]!.reduce((sum, value, row) => sum + value * units[right]![row]!, 0);
  return total / ((WIDTH * (WIDTH - 1)) / 2);
}

describe('the principled start', () => {
  it.each([
    { rectifier: 'softplus', inject: false },
    { rectifier: 'exp', inject: 4 },
    { rectifier: 'square', inject: 2 },
    { rectifier: 'identity', inject: true },
  ] as const)('keeps mean 0 and variance 1 through 8 layers: $rectifier, inject $inject', (options) => {
    for (const layer of layersAtStart(options)) {
      const centre = mean(layer);
      const variance = mean(layer.map((value) => (value - centre) ** 2));
      expect(Math.abs(centre)).toBeLessThan(0.1);
      expect(variance).toBeGreaterThan(0.5);
      expect(variance).toBeLessThan(2);
    }
  });

  it('keeps units apart, which the plain start of non-negative weights does not', () => {
    const last = (options: Partial<TrunkOptions>) =>
      correlation(layersAtStart({ rectifier: 'softplus', inject: true, ...options })[7]!);
    expect(last({})).toBeLessThan(0.6);
    expect(last({ initialisation: 'uniform' })).toBeGreaterThan(0.95);
  });

  it('keeps the mean square at 1 without biases', () => {
    const layers = layersAtStart({
      rectifier: 'softplus',
      bias: false,
      activation: { kind: 'sharp', slope: 0.1 },
    });
    for (const layer of layers) {
      const square = mean(layer.map((value) => value * value));
      expect(square).toBeGreaterThan(0.5);
      expect(square).toBeLessThan(2);
    }
  });

  it('scales to the inputs it is told of, and depends on the seed alone', () => {
    const trunk = (inputDeviation: number) =>
      supportTrunk({
        inputs: 4,
        outputs: 1,
        widths: [6],
        inject: false,
        activation: softLeaky,
        initialisation: 'principled',
        inputDeviation,
      });
    expect(trunk(1).initialise(3)).toEqual(trunk(1).initialise(3));
    expect(trunk(1).initialise(3)).not.toEqual(trunk(1).initialise(4));
    const [plain, half] = [trunk(1).initialise(3), trunk(0.5).initialise(3)];
    expectClose(
      half['layer1.weight']!,
      plain['layer1.weight']!.map((value) => 2 * value),
      { rtol: 1e-6 },
    );
    expectClose(half['output.weight']!, plain['output.weight']!, { rtol: 1e-6 });
  });
});

describe('rectifiers', () => {
  it.each(names.filter((name) => name !== 'identity'))('%s gives no negative weight', (rectifier) => {
    const { weight } = runDouble({ free: normalArray('free', 40) }, ({ free }) => ({
      weight: rectify(rectifier, free!),
    }));
    expect(Math.min(...weight!.data)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...weight!.data)).toBeGreaterThan(0);
  });

  it.each(names)('%s undoes its inverse', (rectifier) => {
    const effective = [1e-9, 1e-3, 0.2, 1, 30];
    const free = { data: effective.map(rectifiers[rectifier].inverse), shape: [5] };
    const { weight } = runDouble({ free }, (given) => ({ weight: rectify(rectifier, given.free!) }));
    expectClose(weight!.data, effective, { rtol: 1e-12 });
  });
});

describe('leaky activations', () => {
  it.each<LeakyActivation>([
    softLeaky,
    { kind: 'soft', slope: 0, sharpness: 3 },
    { kind: 'sharp', slope: 0.2 },
  ])('are the same as graph and as number: %o', (activation) => {
    const x = { data: [-40, -1, -0.01, 0, 0.02, 1, 40], shape: [7] };
    const { y } = runDouble({ x }, (given) => ({ y: leaky(activation, given.x!) }));
    expectClose(
      y!.data,
      x.data.map((value) => leakyValue(activation, value)),
      { rtol: 1e-12 },
    );
  });

  it('the soft one is a·x + (1−a)·log(1+exp(βx))/β', () => {
    expectClose([leakyValue(softLeaky, 0.1)], [0.1 * 0.1 + (0.9 * Math.log(1 + Math.exp(2))) / 20], {
      rtol: 1e-12,
    });
  });
});

describe('the width for a budget', () => {
  it.each([
    { keys: 20000, dimension: 64, layers: 4, fraction: 0.2, inject: 4 },
    { keys: 20000, dimension: 64, layers: 8, fraction: 0.2, inject: 4 },
    { keys: 30000, dimension: 64, layers: 3, fraction: 0.02, inject: true },
    { keys: 30000, dimension: 64, layers: 3, fraction: 0.02, inject: false },
    { keys: 30000, dimension: 64, layers: 2, fraction: 0.05, inject: true },
    { keys: 56000, dimension: 384, layers: 8, fraction: 0.2, inject: 4 },
    { keys: 56000, dimension: 384, layers: 8, fraction: 0.05, inject: true },
    { keys: 10000, dimension: 128, layers: 1, fraction: 0.1, inject: false },
    { keys: 42145, dimension: 64, layers: 6, fraction: 0.1, inject: 2 },
    { keys: 100000, dimension: 32, layers: 5, fraction: 0.1, inject: true },
  ])('is within 3 % of it: %o', ({ keys, dimension, layers, fraction, inject }) => {
    const wanted = keys * dimension * fraction;
    const shape = { inputs: dimension, outputs: dimension, layers, inject };
    const width = widthForBudget({ ...shape, parameters: wanted });
    expect(width % 4).toBe(0);
    const { parameters } = supportTrunk({
      ...shape,
      widths: new Array<number>(layers).fill(width),
      activation: softLeaky,
      initialisation: 'uniform',
    });
    const real = Object.values(parameters).reduce(
      (sum, { shape: sizes }) => sum + (sizes as number[]).reduce((product, size) => product * size, 1),
      0,
    );
    expect(Math.abs(real - wanted) / wanted).toBeLessThan(0.03);
  });
});
