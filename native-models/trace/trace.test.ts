/** @file Tracing: shape algebra, errors that name operation, shapes and source line, simplification, printing, loops. */
import { describe, expect, it } from 'vitest';
import {
  adamw,
  add,
  cast,
  concat,
  constant,
  equal,
  evaluate,
  expand,
  float32,
  formatType,
  gradient,
  int32,
  iota,
  logSumExp,
  matmul,
  mlp,
  multiply,
  negate,
  pad,
  printGraph,
  reduceMean,
  reduceSum,
  reshape,
  scan,
  scope,
  sgd,
  silu,
  slice,
  square,
  subtract,
  trace,
  transpose,
  type Tensor,
  type Tensors,
  type TensorType,
} from '..';
import { MongeError } from '../error';
import { codeOf } from '../testing/code-of';
import { toyProgram } from '../testing/toy-program';

function typeOf(inputs: Record<string, TensorType>, build: (inputs: Tensors) => Tensor): string {
  return formatType(trace('types', inputs, (given) => ({ y: build(given) })).outputs[0]!.tensor.type);
}

function failure(build: (x: Tensor) => Tensor): MongeError {
  try {
    trace('bad', { x: float32(8, 4) }, ({ x }) => ({ y: build(x!) }));
  } catch (thrown) {
    if (thrown instanceof MongeError) return thrown;
    throw thrown;
  }
  throw new Error('nothing thrown');
}

describe('shapes', () => {
  it('broadcast, and keep symbolic sizes by name', () => {
    const inputs = { x: float32('batch', 4), row: float32(4), column: float32('batch', 1) };
    expect(typeOf(inputs, ({ x, row }) => add(x!, row!))).toBe('f32[batch,4]');
    expect(typeOf(inputs, ({ x, column }) => multiply(x!, column!))).toBe('f32[batch,4]');
    expect(typeOf(inputs, ({ x, column }) => concat([x!, column!], 1))).toBe('f32[batch,5]');
    expect(typeOf(inputs, ({ x }) => reduceSum(x!, -1))).toBe('f32[batch]');
    expect(typeOf(inputs, ({ x }) => reshape(x!, ['batch', 2, 2]))).toBe('f32[batch,2,2]');
    expect(typeOf(inputs, ({ x }) => logSumExp(x!, 1, true))).toBe('f32[batch,1]');
    expect(typeOf(inputs, ({ x }) => cast(equal(cast(x!, 'int32'), iota(4)), 'float32'))).toBe(
      'f32[batch,4]',
    );
  });

  it.each([
    ['shape-mismatch', (x: Tensor) => add(x, constant([1, 2, 3]))],
    ['shape-mismatch', (x: Tensor) => matmul(x, x)],
    ['shape-mismatch', (x: Tensor) => reshape(x, [5, 5])],
    ['shape-mismatch', (x: Tensor) => concat([x, constant([1])], 0)],
    ['shape-mismatch', (x: Tensor) => slice(x, { axis: 0, start: 3, end: 9 })],
    ['shape-mismatch', (x: Tensor) => transpose(x, [0, 0])],
    ['shape-mismatch', (x: Tensor) => expand(x, [8, 5])],
    ['dtype-mismatch', (x: Tensor) => add(x, cast(x, 'int32'))],
    ['invalid-axis', (x: Tensor) => reduceSum(x, 2)],
    ['constant-size', () => constant([1, 2], [3])],
    ['shape-mismatch', (x: Tensor) => pad(x, { axis: 0, before: -1, after: 0 })],
    ['constant-value', (x: Tensor) => add(cast(x, 'int32'), 0.5)],
    ['constant-value', (x: Tensor) => multiply(cast(x, 'int32'), 2 ** 31)],
    ['no-tensor', () => add(1, 2)],
    ['no-tensor', () => concat([], 0)],
  ])('%s', (code, build) => {
    expect(failure(build).code).toBe(code);
  });

  it('errors name the operation, both shapes, the caller’s line and a remedy', () => {
    const error = failure((x) => matmul(x, x));
    expect(error.detail.where).toMatchObject({ op: 'Gemm', file: 'trace.test.ts' });
    expect(error.detail.where!.line).toBeGreaterThan(1);
    expect(error.detail.got).toBe('f32[8,4] and f32[8,4]');
    expect(error.detail.expected).toContain('inner sizes, not 4 and 8');
    expect(error.detail.help).toContain('transpose');
  });

  it('operations that need a size refuse a symbolic one', () => {
    expect(codeOf(() => typeOf({ x: float32('batch') }, ({ x }) => slice(x!, { axis: 0, end: 1 })))).toBe(
      'symbolic-dimension',
    );
  });
});

describe('graphs', () => {
  it('refuse tensors of another trace, bad names and impossible types', () => {
    let leaked: Tensor | undefined;
    trace('first', { x: float32(1) }, ({ x }) => ({ y: (leaked = x!) }));
    expect(codeOf(() => trace('second', {}, () => ({ y: negate(leaked!) })))).toBe('foreign-tensor');
    expect(codeOf(() => trace('name', { 'a b': float32(1) }, (inputs) => inputs))).toBe('invalid-name');
    expect(codeOf(() => trace('type', { x: float32(-1) }, (inputs) => inputs))).toBe('invalid-shape');
    expect(codeOf(() => trace('type', { x: float32('no name') }, (inputs) => inputs))).toBe('invalid-shape');
  });

  it('are made smaller without changing what they compute', () => {
    const build = ({ x }: Tensors) => {
      const once = multiply(multiply(square(x!), 2), 3);
      const twice = add(multiply(square(x!), 1), negate(negate(constant(0, [2]))));
      const whole = slice(x!, { axis: 0, start: 0, end: 2 });
      const turned = transpose(transpose(expand(whole, [3, 2])));
      return { y: add(subtract(once, twice), reduceSum(turned, 0)) };
    };
    const plain = trace('plain', { x: float32(2) }, build, { simplify: false });
    const small = trace('small', { x: float32(2) }, build);
    expect(small.nodes.length).toBeLessThan(plain.nodes.length);
    expect(small.nodes.filter((node) => node.op.name === 'Square')).toHaveLength(1);
    const names = small.nodes.map((node) => node.op.name);
    expect(names).not.toContain('Transpose');
    expect(names).not.toContain('Slice');
    const input = { x: { data: [1.5, -2], shape: [2] } };
    expect(evaluate(small, input)).toEqual(evaluate(plain, input));
  });

  it('never make x/0 from x/-0 by sharing constants', () => {
    const graph = trace('zeros', { x: float32() }, ({ x }) => ({
      plus: multiply(x!, constant(0)),
      minus: multiply(x!, constant(-0)),
    }));
    const { plus, minus } = evaluate(graph, { x: { data: [1], shape: [] } });
    expect([plus!.data[0], minus!.data[0]]).toEqual([0, -0]);
  });

  it('check inputs of the interpreter', () => {
    const graph = trace('inputs', { x: float32('n', 2), y: float32('n') }, ({ x, y }) => ({ x: x!, y: y! }));
    expect(codeOf(() => evaluate(graph, {}))).toBe('missing-input');
    const x = { data: [1, 2], shape: [1, 2] };
    expect(codeOf(() => evaluate(graph, { x, y: { data: [1, 2], shape: [2] } }))).toBe('input-shape');
  });
});

describe('scan', () => {
  it('carries, slices, collects, and reads from outside', () => {
    const graph = trace('scan', { x: float32(3), scale: float32() }, ({ x, scale }) => {
      const { carry, outputs } = scan({
        carry: { sum: constant(0) },
        over: { x: x! },
        length: 3,
        body: ({ sum }, { x: entry }) => ({
          carry: { sum: add(sum!, multiply(entry!, add(scale!, 1))) },
          outputs: { before: sum! },
        }),
      });
      return { ...carry, ...outputs };
    });
    const { sum, before } = evaluate(graph, {
      x: { data: [1, 2, 3], shape: [3] },
      scale: { data: [9], shape: [] },
    });
    expect([...sum!.data]).toEqual([60]);
    expect([...before!.data]).toEqual([0, 10, 30]);
    // What does not depend on the step is computed once, outside.
    expect(graph.nodes.map((node) => node.op.name)).toEqual(['Constant', 'Constant', 'Add', 'Loop']);
  });

  it('refuses carries that change and lengths that do not fit', () => {
    const inTrace = (options: (x: Tensor) => Parameters<typeof scan>[0]) =>
      codeOf(() => trace('bad', { x: float32(3) }, ({ x }) => scan(options(x!)).carry));
    const body = ({ x }: Tensors) => ({ carry: { x: x! }, outputs: {} });
    expect(inTrace((x) => ({ carry: { x }, over: {}, length: 0, body }))).toBe('loop-length');
    expect(inTrace((x) => ({ carry: { x }, over: { x }, length: 2, body }))).toBe('shape-mismatch');
    const drops = () => ({ carry: {}, outputs: {} });
    expect(inTrace((x) => ({ carry: { x }, over: {}, length: 1, body: drops }))).toBe('loop-carry');
    const grows = ({ x }: Tensors) => ({ carry: { x: concat([x!, x!], 0) }, outputs: {} });
    expect(inTrace((x) => ({ carry: { x }, over: {}, length: 1, body: grows }))).toBe('loop-carry');
  });
});

/** A change of these texts is a change of every trained model: say so in the commit that makes it. */
describe('reference programs', () => {
  it('a linear regression and its gradient', () => {
    const graph = trace('regression', { x: float32(8, 3), w: float32(3, 1), y: float32(8, 1) }, (inputs) => {
      const { x, w, y } = inputs as Record<'x' | 'w' | 'y', Tensor>;
      const loss = scope('loss', () => reduceMean(square(subtract(matmul(x, w), y))));
      return { loss, slope: gradient(loss, [w])[0]! };
    });
    expect(printGraph(graph)).toMatchSnapshot();
  });

  it('a classifier over an open batch', () => {
    const network = mlp({ inputs: 4, outputs: 3, hidden: 5, layers: 1, activation: 'gelu' });
    const types = { ...network.parameters, x: float32('batch', 4), label: int32('batch', 1) };
    const graph = trace('classifier', types, ({ x, label, ...parameters }) => {
      const scores = network.apply(parameters, x!);
      const chosen = reduceSum(multiply(scores, cast(equal(label!, iota(3)), 'float32')), 1);
      return { loss: subtract(logSumExp(scores), chosen), gate: silu(scores) };
    });
    expect(printGraph(graph)).toMatchSnapshot();
  });

  it('two steps of training', () => {
    expect(printGraph(toyProgram(adamw(), 2).graph)).toMatchSnapshot();
    expect(toyProgram(sgd(), 2, 'straight').graph.nodes.length).toBeGreaterThan(0);
  });
});
