/** @file Products with Jacobians and Hessians, divergences, and gradients of losses that contain gradients. */
import { describe, expect, it } from 'vitest';
import {
  add,
  concat,
  constant,
  divergence,
  evaluate,
  exp,
  float32,
  gather,
  gelu,
  gradient,
  hessianVectorProduct,
  hutchinsonDivergence,
  iota,
  jvp,
  logSumExp,
  matmul,
  multiply,
  reduceMax,
  reduceMean,
  reduceSum,
  silu,
  slice,
  softmax,
  softplus,
  square,
  stackedDivergence,
  stream,
  subtract,
  tanh,
  trace,
  transpose,
  vjp,
  type HostArray,
  type Tensor,
  type Tensors,
} from '..';
import { centralDifferences } from '../testing/op-cases';
import { codeOf } from '../testing/code-of';
import { expectClose } from '../testing/expect-close';

function draw(label: string, ...shape: number[]): HostArray {
  const size = shape.reduce((product, length) => product * length, 1);
  return { data: Float64Array.from(stream(9, label).normal(new Float32Array(size))), shape };
}

/** A map [3, 4] → [2, 3] through operations of every kind, those with several outputs among them. */
function mixture(x: Tensor): Tensor {
  const attention = softmax(matmul(silu(x), transpose(gelu(x))), 1);
  const shifted = subtract(matmul(attention, tanh(x)), logSumExp(x, 1, true));
  const parts = concat([reduceMax(shifted, 1, true), slice(shifted, { axis: 1, start: 1, end: 3 })], 1);
  return gather(exp(multiply(parts, 0.3)), iota(2), 0);
}

/** (f(x + hv) − f(x − hv)) / 2h with h = 1e-5. */
function differencesAlong(
  x: HostArray['data'],
  v: HostArray['data'],
  f: (data: Float64Array) => HostArray['data'],
): number[] {
  const at = (step: number) => f(Float64Array.from(x, (value, index) => value + step * v[index]!));
  const [above, below] = [at(1e-5), at(-1e-5)];
  return Array.from(above, (value, index) => (value - below[index]!) / 2e-5);
}

describe('vjp and jvp', () => {
  const x = draw('x', 3, 4);
  const tangent = draw('tangent', 3, 4);
  const graph = trace(
    'products',
    { x: float32(3, 4), tangent: float32(3, 4), cotangent: float32(2, 3) },
    (given) => {
      const { x, tangent, cotangent } = given as Record<'x' | 'tangent' | 'cotangent', Tensor>;
      const y = mixture(x);
      const [forward] = jvp([y], [x], [tangent]);
      const [back] = vjp([y], [x], [cotangent]);
      return { y, forward: forward!, back: back! };
    },
  );
  const at = (data: ArrayLike<number>, cotangent = draw('cotangent', 2, 3)) =>
    evaluate(graph, { x: { data, shape: [3, 4] }, tangent, cotangent });

  it('jvp equals differences along the tangent', () => {
    const expected = differencesAlong(x.data, tangent.data, (data) => at(data).y!.data);
    expectClose(at(x.data).forward!.data, expected, { rtol: 1e-6, atol: 1e-8 });
  });

  it('vjp equals differences of the weighted outputs', () => {
    const weights = draw('cotangent', 2, 3).data;
    const expected = centralDifferences(x.data, (data) =>
      at(data).y!.data.reduce((sum, value, index) => sum + value * weights[index]!, 0),
    );
    expectClose(at(x.data).back!.data, expected, { rtol: 1e-6, atol: 1e-8 });
  });

  it('agree with each other: cotangent · J · tangent', () => {
    const { forward, back } = at(x.data);
    const weights = draw('cotangent', 2, 3).data;
    const left = forward!.data.reduce((sum, value, index) => sum + value * weights[index]!, 0);
    const right = back!.data.reduce((sum, value, index) => sum + value * tangent.data[index]!, 0);
    expectClose([left], [right], { rtol: 1e-12 });
  });

  it('take several inputs and outputs, one of them twice', () => {
    const several = trace('several', { a: float32(2), b: float32(2) }, ({ a, b }) => {
      const product = multiply(a!, b!);
      const [da, db] = vjp([product, a!, product], [a!, b!], [b!, constant([1, 1]), a!]);
      const [tangent, same] = jvp([product, a!], [a!, b!], [constant([1, 0]), constant([0, 1])]);
      return { da: da!, db: db!, tangent: tangent!, same: same! };
    });
    const results = evaluate(several, { a: { data: [2, 3], shape: [2] }, b: { data: [5, 7], shape: [2] } });
    // d(ab)·b + 1 + d(ab)·a for a: b² + 1 + ab, and b·a + a² for b.
    expect([...results.da!.data]).toEqual([25 + 1 + 10, 49 + 1 + 21]);
    expect([...results.db!.data]).toEqual([10 + 4, 21 + 9]);
    expect([...results.tangent!.data]).toEqual([5, 3]);
    expect([...results.same!.data]).toEqual([1, 0]);
  });

  it('refuse vectors of another type', () => {
    const code = (action: (x: Tensor) => unknown) =>
      codeOf(() => trace('wrong', { x: float32(2) }, ({ x }) => (action(x!), { x: x! })));
    expect(code((x) => vjp([x], [x], [constant([1, 2, 3])]))).toBe('cotangent-type');
    expect(code((x) => vjp([x], [x], []))).toBe('cotangent-type');
    expect(code((x) => jvp([x], [x], [x, x]))).toBe('tangent-type');
  });
});

describe('hessianVectorProduct', () => {
  it('equals differences of the gradient', () => {
    const vector = draw('vector', 3, 4);
    const graph = trace('hessian', { x: float32(3, 4), vector: float32(3, 4) }, ({ x, vector }) => {
      const loss = reduceSum(square(mixture(x!)));
      return { slope: gradient(loss, [x!])[0]!, product: hessianVectorProduct(loss, [x!], [vector!])[0]! };
    });
    const x = draw('x', 3, 4);
    const run = (data: ArrayLike<number>) => evaluate(graph, { x: { data, shape: [3, 4] }, vector });
    const expected = differencesAlong(x.data, vector.data, (data) => run(data).slope!.data);
    expectClose(run(x.data).product!.data, expected, { rtol: 1e-5, atol: 1e-7 });
  });

  it('of a quadratic form is its matrix', () => {
    const graph = trace('quadratic', { x: float32(1, 3), a: float32(3, 3), v: float32(1, 3) }, (given) => {
      const { x, a, v } = given as Record<'x' | 'a' | 'v', Tensor>;
      return { product: hessianVectorProduct(reduceSum(multiply(matmul(x, a), x)), [x], [v])[0]! };
    });
    const a = { data: [1, 2, 3, 4, 5, 6, 7, 8, 9], shape: [3, 3] };
    const results = evaluate(graph, { x: draw('q', 1, 3), a, v: { data: [1, -1, 2], shape: [1, 3] } });
    // (A + Aᵀ)v
    expectClose(results.product!.data, [16, 24, 32], { rtol: 1e-12 });
  });
});

describe('divergence', () => {
  const types = { x: float32(5, 3), t: float32(5, 1), weight: float32(3, 3), probes: float32(5, 3) };
  const values = { x: draw('x', 5, 3), t: draw('t', 5, 1), weight: draw('w', 3, 3), probes: draw('p', 5, 3) };
  const all = (field: (x: Tensor, t: Tensor, weight: Tensor) => Tensor) =>
    trace('divergences', types, (given) => {
      const { x, t, weight, probes } = given as Record<'x' | 't' | 'weight' | 'probes', Tensor>;
      const value = field(x, t, weight);
      return {
        value,
        exact: divergence(value, x),
        stacked: stackedDivergence((points, times) => field(points, times, weight), x, t),
        estimate: hutchinsonDivergence(value, x, probes),
      };
    });

  it('of a linear field is the trace of its matrix, and Hutchinson’s form its quadratic form', () => {
    const { exact, stacked, estimate } = evaluate(
      all((x, _t, weight) => matmul(x, weight)),
      values,
    );
    const w = values.weight.data;
    expect(exact!.shape).toEqual([5]);
    expectClose(exact!.data, new Array(5).fill(w[0]! + w[4]! + w[8]!), { rtol: 1e-12 });
    expectClose(stacked!.data, exact!.data, { rtol: 1e-12 });
    const forms = Array.from({ length: 5 }, (_, row) => {
      const probe = Array.from({ length: 3 }, (_, axis) => values.probes.data[row * 3 + axis]!);
      return probe.reduce(
        (sum, left, i) => sum + probe.reduce((inner, right, j) => inner + left * right * w[i * 3 + j]!, 0),
        0,
      );
    });
    expectClose(estimate!.data, forms, { rtol: 1e-10 });
  });

  it('of a nonlinear field equals differences, row by row', () => {
    const graph = all((x, t, weight) => multiply(tanh(matmul(add(x, t), weight)), exp(multiply(t, x))));
    const { exact, stacked } = evaluate(graph, values);
    const expected = Array.from({ length: 5 }, (_, row) =>
      [0, 1, 2].reduce((sum, axis) => {
        const at = row * 3 + axis;
        const moved = (step: number) => {
          const data = Float64Array.from(values.x.data);
          data[at]! += step;
          return evaluate(graph, { ...values, x: { data, shape: [5, 3] } }).value!.data[at]!;
        };
        return sum + (moved(1e-5) - moved(-1e-5)) / 2e-5;
      }, 0),
    );
    expectClose(exact!.data, expected, { rtol: 1e-6, atol: 1e-8 });
    expectClose(stacked!.data, exact!.data, { rtol: 1e-10 });
  });

  it('estimates by signs average to the exact value over all signs', () => {
    const graph = all((x, t, weight) => tanh(matmul(add(x, t), weight)));
    const mean = new Float64Array(5);
    for (let signs = 0; signs < 8; signs++) {
      const row = [0, 1, 2].map((axis) => ((signs >> axis) & 1) * 2 - 1);
      const probes = { data: Array.from({ length: 5 }, () => row).flat(), shape: [5, 3] };
      evaluate(graph, { ...values, probes }).estimate!.data.forEach((value, k) => (mean[k]! += value / 8));
    }
    expectClose(mean, evaluate(graph, values).exact!.data, { rtol: 1e-10, atol: 1e-12 });
  });

  it('takes any number of rows, and refuses a field of another shape', () => {
    const graph = trace('open', { x: float32('rows', 2) }, ({ x }) => ({ d: divergence(square(x!), x!) }));
    expect([...evaluate(graph, { x: { data: [1, 2, 3, 4], shape: [2, 2] } }).d!.data]).toEqual([6, 14]);
    const code = codeOf(() =>
      trace('wrong', { x: float32(3, 2) }, ({ x }) => ({ d: divergence(reduceSum(x!, 1), x!) })),
    );
    expect(code).toBe('field-type');
  });
});

describe('a loss that matches gradients', () => {
  /** A small convex-style network: softplus layers with a skip, whose input gradient is the model's output. */
  const shapes = { inner: [4, 6], skip: [4, 6], hidden: [6, 6], out: [6, 1] };
  const names = Object.keys(shapes) as (keyof typeof shapes)[];
  const types = {
    ...Object.fromEntries(names.map((name) => [name, float32(...shapes[name])])),
    x: float32(5, 4),
    target: float32(5, 4),
  };
  const potential = (p: Tensors, x: Tensor) => {
    const first = softplus(matmul(x, p.inner!));
    return matmul(softplus(add(matmul(first, p.hidden!), matmul(x, p.skip!))), p.out!);
  };
  const graph = trace('matching', types, (given) => {
    const x = given.x!;
    const value = potential(given, x);
    const [slope] = gradient(reduceSum(value), [x]);
    const loss = reduceMean(square(subtract(slope!, given.target!)));
    const slopes = gradient(
      loss,
      names.map((name) => given[name]!),
    );
    return {
      ...{ value, slope: slope!, loss },
      ...Object.fromEntries(names.map((name, index) => [`d.${name}`, slopes[index]!])),
    };
  });
  const values = {
    ...Object.fromEntries(names.map((name) => [name, draw(name, ...shapes[name])])),
    x: draw('x', 5, 4),
    target: draw('target', 5, 4),
  };

  it('has the inner gradient of finite differences', () => {
    const expected = centralDifferences(values.x.data, (data) =>
      evaluate(graph, { ...values, x: { data, shape: [5, 4] } }).value!.data.reduce(
        (sum, value) => sum + value,
      ),
    );
    expectClose(evaluate(graph, values).slope!.data, expected, { rtol: 1e-6, atol: 1e-8 });
  });

  it.each(names)('has the gradient of finite differences for %s', (name) => {
    const expected = centralDifferences(
      (values as Record<string, HostArray>)[name]!.data,
      (data) => evaluate(graph, { ...values, [name]: { data, shape: shapes[name] } }).loss!.data[0]!,
    );
    expectClose(evaluate(graph, values)[`d.${name}`]!.data, expected, { rtol: 1e-6, atol: 1e-8 });
  });
});
