/** @file SupportNet and KeyNet: convexity, homogeneity, and gradients of first and second order against differences. */
import { describe, expect, it } from 'vitest';
import type { HostArray } from '../evaluate/evaluate';
import { gradient } from '../autodiff/gradient';
import type { Tensor, Tensors } from '../ir/tensor';
import { maxAffine, normScaled } from '../nn/homogeneous';
import { multiply } from '../ops/arithmetic';
import { reduceSum } from '../ops/reduction';
import { stream } from '../random/stream';
import { expectClose } from '../testing/expect-close';
import { centralDifferences } from '../testing/op-cases';
import { normalArray, runDouble, startOf } from '../testing/run-module';
import { keyNet } from './key-net';
import { supportCase, supportNet, type Homogenisation, type SupportNetOptions } from './support-net';

const DIMENSION = 4;
const ROWS = 400;

function net(homogenisation: Homogenisation, more: Partial<SupportNetOptions> = {}) {
  return supportNet({
    dimension: DIMENSION,
    heads: 1,
    widths: [12, 12, 12],
    inject: 2,
    rectifier: 'softplus',
    homogenisation,
    ...more,
  });
}

/** By how much f at midpoints exceeds the mean of f at the ends, over pairs of queries; above 0 where not convex. */
function midpointExcess(
  parameters: Record<string, HostArray>,
  f: (parameters: Tensors, x: Tensor) => Tensor,
): Float64Array {
  const [left, right] = [normalArray('left', ROWS, DIMENSION), normalArray('right', ROWS, DIMENSION)];
  const middle = { data: left.data.map((value, at) => (value + right.data[at]!) / 2), shape: left.shape };
  const value = (x: HostArray) =>
    runDouble({ ...parameters, x }, ({ x: given, ...rest }) => ({ value: f(rest, given!) })).value!.data;
  const [a, b, c] = [value(left), value(right), value(middle)];
  return c.map((centre, at) => centre - (a[at]! + b[at]!) / 2);
}

describe('SupportNet', () => {
  it('is convex in its potential, for every start and rectifier', () => {
    for (const rectifier of ['softplus', 'relu', 'exp', 'square'] as const)
      for (const initialisation of ['principled', 'uniform'] as const) {
        const model = net('none', { rectifier, initialisation });
        const excess = midpointExcess(startOf(model), (parameters, x) => model.potential(parameters, x));
        expect(Math.max(...excess), `${rectifier} ${initialisation}`).toBeLessThan(1e-12);
        // Strictly below somewhere: a linear map would pass this test too.
        expect(Math.min(...excess)).toBeLessThan(-1e-3);
      }
  });

  it('is not convex without a rectifier', () => {
    const model = net('none', { rectifier: 'identity', initialisation: 'uniform' });
    const excess = midpointExcess(startOf(model), (parameters, x) => model.potential(parameters, x));
    expect(Math.max(...excess)).toBeGreaterThan(1e-6);
  });

  it('keeps convexity with the structural homogenisation and may lose it with the wrapper', () => {
    const structural = net('structural');
    const convex = midpointExcess(startOf(structural), (p, x) => structural.score(p, x));
    expect(Math.max(...convex)).toBeLessThan(1e-12);
    const wrapped = net('norm');
    // A negative potential is a negative multiple of the norm.
    const parameters = { ...startOf(wrapped), 'output.bias': { data: [-5], shape: [1] } };
    expect(Math.max(...midpointExcess(parameters, (p, x) => wrapped.potential(p, x)))).toBeLessThan(1e-12);
    expect(Math.max(...midpointExcess(parameters, (p, x) => wrapped.score(p, x)))).toBeGreaterThan(0.01);
  });

  it.each(['norm', 'structural'] as const)(
    'is homogeneous with %s, and its key satisfies Euler’s identity',
    (homogenisation) => {
      const model = net(homogenisation, { heads: 3 });
      const x = normalArray('queries', 20, DIMENSION);
      const longer = { data: x.data.map((value) => 3 * value), shape: x.shape };
      const at = (given: HostArray) =>
        runDouble({ ...startOf(model), x: given }, ({ x: query, ...parameters }) => ({
          ...model.predict(parameters, query!),
        }));
      const [near, far] = [at(x), at(longer)];
      expectClose(
        far.score!.data,
        near.score!.data.map((value) => 3 * value),
        { rtol: 1e-10, atol: 1e-12 },
      );
      expectClose(far.key!.data, near.key!.data, { rtol: 1e-9, atol: 1e-12 });
      const products = near.score!.data.map((_, index) => {
        const row = Math.floor(index / 3);
        let sum = 0;
        for (let axis = 0; axis < DIMENSION; axis++)
          sum += x.data[row * DIMENSION + axis]! * near.key!.data[index * DIMENSION + axis]!;
        return sum;
      });
      expectClose(products, near.score!.data, { rtol: 1e-10, atol: 1e-12 });
    },
  );

  it('gives each head’s own input gradient as key', () => {
    const model = net('norm', { heads: 2 });
    const parameters = startOf(model);
    const x = normalArray('query', 1, DIMENSION);
    const { key } = runDouble({ ...parameters, x }, ({ x: query, ...rest }) => ({
      key: model.predict(rest, query!).key,
    }));
    for (const head of [0, 1]) {
      const expected = centralDifferences(
        x.data,
        (data) =>
          runDouble({ ...parameters, x: { data, shape: x.shape } }, ({ x: query, ...rest }) => ({
            score: model.score(rest, query!),
          })).score!.data[head]!,
      );
      const got = key!.data.subarray(head * DIMENSION, (head + 1) * DIMENSION);
      expectClose(got, expected, { rtol: 1e-6, atol: 1e-8 });
    }
  });

  it('has the parameter gradient of its matching loss, which is of second order', () => {
    const zoo = supportCase('probe', {
      batchSize: 3,
      dimension: DIMENSION,
      heads: 2,
      widths: [6, 6],
      inject: true,
      rectifier: 'softplus',
      homogenisation: 'norm',
    });
    const parameters = startOf(zoo.module);
    const batch = zoo.batch(1, 0);
    const names = Object.keys(parameters);
    const run = (values: Record<string, HostArray>, withGradients: boolean) =>
      runDouble({ ...values, ...batch }, (given) => {
        const loss = zoo.loss(given, given);
        if (!withGradients) return { loss };
        const slopes = gradient(
          loss,
          names.map((name) => given[name]!),
        );
        return { loss, ...Object.fromEntries(names.map((name, at) => [name, slopes[at]!])) };
      });
    const slopes = run(parameters, true);
    const draw = stream(1, 'probed parameters');
    for (let probe = 0; probe < 20; probe++) {
      const name = names[draw.integers(new Int32Array(1), names.length)[0]!]!;
      const { data, shape } = parameters[name]!;
      const at = draw.integers(new Int32Array(1), data.length)[0]!;
      const [expected] = centralDifferences([data[at]!], ([moved]) => {
        const values = Float64Array.from(data);
        values[at] = moved!;
        return run({ ...parameters, [name]: { data: values, shape } }, false).loss!.data[0]!;
      });
      expectClose([slopes[name]!.data[at]!], [expected!], { rtol: 1e-4, atol: 1e-8 });
    }
  });
});

describe('the norm wrapper', () => {
  it('is 0 at 0 with gradient 0, and elsewhere has the gradient h(u)u + (I − uuᵀ)∇h(u)', () => {
    const weights = [0.3, -0.7, 1.1];
    const x = { data: [0, 0, 0, 1, 2, -2], shape: [2, 3] };
    const { value, slope } = runDouble({ x, w: { data: weights, shape: [1, 3] } }, ({ x: point, w }) => {
      // h(u) = ⟨w, u²⟩, whose gradient is 2w·u.
      const f = normScaled(point!, (u) => reduceSum(multiply(w!, multiply(u, u)), -1, true));
      return { value: f, slope: gradient(reduceSum(f), [point!])[0]! };
    });
    expect(value!.data[0]).toBe(0);
    expect([...slope!.data.subarray(0, 3)].map(Math.abs)).toEqual([0, 0, 0]);
    const u = [1 / 3, 2 / 3, -2 / 3];
    const h = u.reduce((sum, entry, at) => sum + weights[at]! * entry * entry, 0);
    const inner = u.map((entry, at) => 2 * weights[at]! * entry);
    const along = u.reduce((sum, entry, at) => sum + entry * inner[at]!, 0);
    expectClose([value!.data[1]!], [3 * h], { rtol: 1e-12 });
    expectClose(
      slope!.data.subarray(3),
      u.map((entry, at) => h * entry + inner[at]! - along * entry),
      { rtol: 1e-12 },
    );
  });
});

describe('the maximum of linear maps', () => {
  it('with all keys and a low temperature is their support function, with the best key as gradient', () => {
    const model = maxAffine({ dimension: 3, keys: 7, temperature: 1e-4 });
    const parameters = startOf(model);
    const x = normalArray('queries', 5, 3);
    const { value, slope } = runDouble({ ...parameters, x }, ({ x: query, ...rest }) => {
      const f = model.apply(rest, query!);
      return { value: f, slope: gradient(reduceSum(f), [query!])[0]! };
    });
    const keys = parameters.keys!.data;
    for (let row = 0; row < 5; row++) {
      const scores = Array.from({ length: 7 }, (_, key) =>
        [0, 1, 2].reduce((sum, axis) => sum + keys[key * 3 + axis]! * x.data[row * 3 + axis]!, 0),
      );
      const best = scores.indexOf(Math.max(...scores));
      expectClose([value!.data[row]!], [scores[best]!], { atol: 1e-3 });
      expectClose(
        slope!.data.subarray(row * 3, row * 3 + 3),
        [0, 1, 2].map((axis) => keys[best * 3 + axis]!),
        { atol: 1e-3 },
      );
    }
  });
});

describe('KeyNet', () => {
  it('with a residual adds the query, and scores by the inner product', () => {
    const options = { dimension: 3, heads: 2, widths: [5, 5], inject: true };
    const plain = keyNet({ ...options, residual: false });
    const residual = keyNet({ ...options, residual: true });
    const x = normalArray('queries', 4, 3);
    const run = (model: typeof plain) =>
      runDouble({ ...startOf(model), x }, ({ x: query, ...rest }) => ({ ...model.predict(rest, query!) }));
    const [a, b] = [run(plain), run(residual)];
    expect(a.key!.shape).toEqual([4, 2, 3]);
    for (let row = 0; row < 4; row++)
      for (let head = 0; head < 2; head++) {
        let score = 0;
        for (let axis = 0; axis < 3; axis++) {
          const at = (row * 2 + head) * 3 + axis;
          const query = x.data[row * 3 + axis]!;
          expectClose([b.key!.data[at]!], [a.key!.data[at]! + query], { rtol: 1e-12, atol: 1e-12 });
          score += query * b.key!.data[at]!;
        }
        expectClose([b.score!.data[row * 2 + head]!], [score], { rtol: 1e-12, atol: 1e-12 });
      }
  });
});
