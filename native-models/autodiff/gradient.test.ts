/** @file The reverse walk: accumulation, un-broadcasting, what has no gradient, and gradients of gradients. */
import { describe, expect, it } from 'vitest';
import {
  add,
  argMax,
  concat,
  equal,
  evaluate,
  exp,
  float32,
  gradient,
  greater,
  int32,
  logSumExp,
  matmul,
  multiply,
  reduceMean,
  reduceSum,
  scan,
  softmax,
  square,
  stopGradient,
  subtract,
  trace,
  where,
  type Tensor,
} from '..';
import { centralDifferences } from '../testing/op-cases';
import { codeOf } from '../testing/code-of';
import { expectClose } from '../testing/expect-close';

const X = { data: [0.3, -1.2, 0.8, 2.0, -0.5, 0.1], shape: [2, 3] };

/** Compares the gradient of a scalar function of x [2, 3] with finite differences. */
function checkGradient(loss: (x: Tensor) => Tensor): void {
  const graph = trace('check', { x: float32(2, 3) }, ({ x }) => {
    const value = loss(x!);
    return { value, slope: gradient(value, [x!])[0]! };
  });
  const expected = centralDifferences(
    X.data,
    (data) => evaluate(graph, { x: { data, shape: X.shape } }).value!.data[0]!,
  );
  expectClose(evaluate(graph, { x: X }).slope!.data, expected, { rtol: 1e-5, atol: 1e-7 });
}

describe('gradient', () => {
  it('adds up where a value is used more than once', () => {
    checkGradient((x) => reduceSum(multiply(exp(x), add(x, square(x)))));
  });

  it('goes through functions built from operations', () => {
    checkGradient((x) => reduceSum(multiply(softmax(x), square(x))));
    checkGradient((x) => reduceSum(square(logSumExp(x, 0))));
    checkGradient((x) => reduceMean(concat([x, square(x)], 1)));
    checkGradient((x) => reduceSum(where(greater(x, 0), square(x), multiply(x, 3))));
    checkGradient((x) => reduceSum(exp(matmul(x, x, { transposeRight: true }))));
  });

  it('sums over broadcast axes in the operand’s own shape', () => {
    const graph = trace('broadcast', { x: float32(2, 3), row: float32(3), one: float32(1, 1) }, (inputs) => {
      const { x, row, one } = inputs as Record<'x' | 'row' | 'one', Tensor>;
      const [byRow, byOne] = gradient(reduceSum(multiply(add(x, row), one)), [row, one]);
      return { byRow: byRow!, byOne: byOne! };
    });
    const values = { x: X, row: { data: [1, 2, 3], shape: [3] }, one: { data: [2], shape: [1, 1] } };
    const { byRow, byOne } = evaluate(graph, values);
    expect(byRow).toEqual({ data: Float64Array.of(4, 4, 4), shape: [3] });
    expect(byOne!.shape).toEqual([1, 1]);
    expectClose(byOne!.data, [X.data.reduce((sum, value) => sum + value) + 12], { rtol: 1e-12 });
  });

  it('works three times over: the third derivative of x⁴ is 24x', () => {
    const graph = trace('cubed', { x: float32() }, ({ x }) => {
      const derivative = (value: Tensor) => gradient(value, [x!])[0]!;
      return { third: derivative(derivative(derivative(square(square(x!))))) };
    });
    expect(evaluate(graph, { x: { data: [1.5], shape: [] } }).third!.data[0]).toBe(36);
  });

  it('is zero where the loss does not depend on the tensor, or was told not to', () => {
    const graph = trace('zero', { x: float32(2, 3), y: float32('batch') }, ({ x, y }) => {
      const loss = reduceSum(multiply(stopGradient(x!), x!));
      const [byX, byY] = gradient(loss, [x!, y!]);
      return { byX: byX!, byY: byY! };
    });
    const { byX, byY } = evaluate(graph, { x: X, y: { data: [1, 2], shape: [2] } });
    expect([...byX!.data]).toEqual(X.data);
    expect(byY).toEqual({ data: new Float64Array(2), shape: [2] });
  });

  it('refuses what cannot be differentiated', () => {
    const inTrace = (action: (x: Tensor) => unknown) =>
      codeOf(() => trace('bad', { x: float32(2, 3) }, ({ x }) => (action(x!), { x: x! })));
    expect(inTrace((x) => gradient(x, [x]))).toBe('loss-not-scalar');
    expect(inTrace((x) => gradient(reduceSum(argMax(x, 1)), [x]))).toBe('loss-not-scalar');
    const looped = (x: Tensor) =>
      scan({
        carry: { x },
        over: {},
        length: 2,
        body: ({ x }) => ({ carry: { x: square(x!) }, outputs: {} }),
      });
    expect(inTrace((x) => gradient(reduceSum(looped(x).carry.x!), [x]))).toBe('no-gradient');
    expect(
      codeOf(() =>
        trace('symbolic', { x: float32('batch') }, ({ x }) => ({ dx: gradient(reduceMean(x!), [x!])[0]! })),
      ),
    ).toBe('symbolic-dimension');
  });

  it('gives nothing to integers', () => {
    const graph = trace('integers', { x: float32(3), label: int32(3) }, ({ x, label }) => {
      const hit = where(equal(label!, 1), x!, 0);
      return { dx: gradient(reduceSum(hit), [x!])[0]! };
    });
    const values = { x: { data: [1, 2, 3], shape: [3] }, label: { data: [1, 0, 1], shape: [3] } };
    expect([...evaluate(graph, values).dx!.data]).toEqual([1, 0, 1]);
  });

  it('of a difference is exact', () => {
    checkGradient((x) => reduceSum(square(subtract(1, x))));
  });
});
