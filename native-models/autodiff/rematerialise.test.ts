/** @file Rematerialised parts: the same values and gradients, a second forward pass that stays, and nesting. */
import { describe, expect, it } from 'vitest';
import {
  add,
  evaluate,
  float32,
  gradient,
  matmul,
  multiply,
  reduceSum,
  rematerialise,
  scan,
  sgd,
  square,
  stream,
  tanh,
  trace,
  trainingProgram,
  type Graph,
  type HostArray,
  type Node,
  type Tensor,
  type Tensors,
} from '..';
import { expectClose } from '../testing/expect-close';

const SIZE = 4;
const types = { x: float32(3, SIZE), w: float32(SIZE, SIZE), u: float32(SIZE, SIZE) };
const values: Record<string, HostArray> = Object.fromEntries(
  Object.entries(types).map(([name, { shape }]) => {
    const size = (shape as number[]).reduce((product, length) => product * length, 1);
    return [name, { data: stream(2, name).normal(new Float32Array(size)), shape: shape as number[] }];
  }),
);
type Mark = (build: (...inputs: Tensor[]) => Tensor) => (...inputs: Tensor[]) => Tensor;
const plain: Mark = (build) => build;

/** Three blocks, two of which share a weight that also scales the loss. */
function network(mark: Mark, { x, w, u }: Tensors): Tensor {
  const block = (weight: Tensor) =>
    mark((state) => add(state, tanh(matmul(tanh(matmul(state, weight)), u!))));
  const end = block(w!)(block(u!)(block(w!)(x!)));
  return add(reduceSum(square(end)), reduceSum(multiply(w!, u!)));
}

function graphOf(mark: Mark): Graph {
  return trace('network', types, (given) => {
    const loss = network(mark, given);
    const names = Object.keys(types);
    const first = gradient(
      loss,
      names.map((name) => given[name]!),
    );
    const [second] = gradient(reduceSum(square(first[0]!)), [given.w!]);
    return { loss, second: second!, ...Object.fromEntries(names.map((name, i) => [`d.${name}`, first[i]!])) };
  });
}

function count(graph: Graph, op: string): number {
  return graph.nodes.filter((node) => node.op.name === op).length;
}

/** Gradients of the first order only, as training takes them. */
function firstOrder(mark: Mark): Graph {
  return trace('first', types, (given) => {
    const loss = network(mark, given);
    const [dw, du] = gradient(loss, [given.w!, given.u!]);
    return { loss, dw: dw!, du: du! };
  });
}

describe('rematerialise', () => {
  it('changes no bit of values and gradients; where weights are shared, sums are rounded in another order', () => {
    const [marked, unmarked] = [evaluate(graphOf(rematerialise), values), evaluate(graphOf(plain), values)];
    for (const name of ['loss', 'd.x']) expect(marked[name]).toEqual(unmarked[name]);
    for (const name of ['d.w', 'd.u', 'second'])
      expectClose(marked[name]!.data, unmarked[name]!.data, { rtol: 1e-12 });
  });

  it('computes every inner value twice, and nothing else reads the first', () => {
    const [unmarked, marked] = [firstOrder(plain), firstOrder(rematerialise)];
    expect(count(unmarked, 'Tanh')).toBe(6);
    expect(count(marked, 'Tanh')).toBe(12);
    expect(count(marked, 'Rematerialise')).toBe(0);
    // The walk reads values of tanh to get their slopes: only those that it computed again itself.
    const tanhOf = (node: Node) =>
      node.inputs.filter((input) => input.node?.op.name === 'Tanh').map((input) => input.node!.scope);
    const walk = marked.nodes.filter((node) => node.scope.endsWith('gradient'));
    expect(walk.flatMap(tanhOf).length).toBeGreaterThan(5);
    expect(walk.flatMap(tanhOf).filter((scope) => !scope.includes('again'))).toEqual([]);
  });

  it('starts again only when the upstream gradient is there', () => {
    const { nodes } = firstOrder(rematerialise);
    const barriers = nodes.filter((node) => node.op.name === 'Barrier');
    expect(barriers).toHaveLength(3);
    for (const { inputs } of barriers) expect(inputs[1]!.node!.scope).toMatch(/gradient$/);
  });

  it('may be nested, hold several values, and hold a loop that no gradient crosses', () => {
    const build = (mark: Mark, many: typeof rematerialise) =>
      trace('nested', types, (given) => {
        const { x, w, u } = given as Record<'x' | 'w' | 'u', Tensor>;
        const inner = mark((state) => tanh(matmul(state, w)));
        const outer = many((state: Tensor, weight: Tensor): readonly Tensor[] => {
          const constantSum = scan({
            carry: { sum: u },
            over: {},
            length: 2,
            body: ({ sum }) => ({ carry: { sum: add(sum!, u) }, outputs: {} }),
          }).carry.sum!;
          return [inner(matmul(inner(state), weight)), reduceSum(constantSum)];
        });
        const [left, right] = outer(x, u);
        const loss = add(reduceSum(square(left!)), right!);
        const [dx, dw] = gradient(reduceSum(square(left!)), [x, w]);
        return { loss, dx: dx!, dw: dw! };
      });
    const same = ((f: unknown) => f) as typeof rematerialise;
    const [marked, unmarked] = [build(rematerialise, rematerialise), build(plain, same)];
    expect(evaluate(marked, values)).toEqual(evaluate(unmarked, values));
    // Forward, again for both inner parts, and once more for what the second of them starts from.
    expect([count(unmarked, 'Tanh'), count(marked, 'Tanh')]).toEqual([2, 2 + 2 + 1]);
  });

  it('works inside a training program', () => {
    const program = (mark: Mark) =>
      trainingProgram({
        name: 'marked',
        parameters: { w: types.w, u: types.u },
        optimiser: sgd(),
        chunk: 2,
        accumulate: 2,
        stream: { x: types.x },
        loss: ({ w, u }, { x }) => network(mark, { x: x!, w: w!, u: u! }),
      });
    const [marked, unmarked] = [program(rematerialise), program(plain)];
    const feeds = {
      parameters: { data: [...Array.from(values.w!.data), ...Array.from(values.u!.data)], shape: [32] },
      step: { data: [0], shape: [] },
      x: { data: stream(3, 'x').normal(new Float32Array(48)), shape: [2, 2, 3, 4] },
      learningRate: { data: [0.01, 0.01], shape: [2] },
      weightDecay: { data: [0], shape: [] },
    };
    const expected = evaluate(unmarked.graph, feeds);
    for (const [name, { data }] of Object.entries(evaluate(marked.graph, feeds)))
      expectClose(data, expected[name]!.data, { rtol: 1e-12 });
  });
});
