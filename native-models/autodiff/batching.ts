/** @file One graph for many trials: every node of a traced graph again, on operands with a leading trial axis. */
import { MongeError } from '../error';
import type { Graph } from '../ir/graph';
import type { Node, Tensor } from '../ir/tensor';
import { staticSize, type Shape } from '../ir/types';
import { add, multiply } from '../ops/arithmetic';
import { constant } from '../ops/constant';
import { apply } from '../ops/define';
import { matmul } from '../ops/linear-algebra';
import { concat, expand, reshape, slice, transpose } from '../ops/movement';

/** A value of the single trial, and whether `tensor` has the trial axis before the value's own. */
interface Batched {
  readonly tensor: Tensor;
  readonly own: boolean;
}

interface Operand extends Batched {
  /** Axes of the single trial's value. */
  readonly shape: Shape;
}

type Rule = (operands: readonly Operand[], node: Node, trials: number) => readonly Tensor[];

const again = (node: Node, inputs: readonly Tensor[], changed: object = {}) =>
  apply(node.op, inputs, { ...node.attributes, ...changed });

/** Operands whose axes line up from the right: axes of size 1 after the trial axis where a value has fewer than another. */
function aligned(operands: readonly Operand[]): Tensor[] {
  const rank = Math.max(...operands.map(({ shape }) => shape.length));
  return operands.map(({ tensor, own, shape }) =>
    own && shape.length < rank
      ? reshape(tensor, [tensor.shape[0]!, ...new Array<number>(rank - shape.length).fill(1), ...shape])
      : tensor,
  );
}

/** Gives every operand the trial axis; a shared one is repeated. */
function repeated(operands: readonly Operand[], trials: number): Tensor[] {
  return operands.map(({ tensor, own, shape }) => (own ? tensor : expand(tensor, [trials, ...shape])));
}

const elementwise: Rule = (operands, node) => again(node, aligned(operands));
const alongAxis: Rule = (operands, node, trials) =>
  again(node, repeated(operands, trials), { axis: Number(node.attributes.axis) + 1 });

const reduction: Rule = ([x], node) => {
  const axes = node.attributes.axes as readonly number[];
  return again(node, [x!.tensor], { axes: axes.map((axis) => axis + 1) });
};

/**
 * Sums over the first axes are products with ones: the runtime's ReduceSum takes another kernel where the trial axis has
 * size 1, and a trial's bits must not depend on how many run beside it.
 */
const sum: Rule = (operands, node, trials) => {
  const [x] = operands as [Operand];
  const axes = [...(node.attributes.axes as readonly number[])].sort((a, b) => a - b);
  const leading = axes.every((axis, position) => axis === position);
  if (!leading || axes.length === 0) return reduction(operands, node, trials);
  const size = (shape: Shape) =>
    shape.reduce<number>((all, dim) => all * staticSize(dim, 'a sum of trials'), 1);
  const rows = size(x.shape.slice(0, axes.length));
  const columns = size(x.shape.slice(axes.length));
  const weight = node.op.name === 'ReduceMean' ? 1 / rows : 1;
  const ones = expand(constant(weight, [1, 1], x.tensor.dtype), [1, rows]);
  const total = matmul(ones, reshape(x.tensor, [trials, rows, columns]));
  return [reshape(total, [trials, ...node.outputs[0]!.shape])];
};

const product: Rule = (operands, node) => {
  const [left, right, bias] = operands as [Operand, Operand, Operand | undefined];
  const { transposeLeft = false, transposeRight = false } = node.attributes as Record<string, boolean>;
  const [a, b] = aligned([left, right]) as [Tensor, Tensor];
  const value = matmul(turned(a, transposeLeft), turned(b, transposeRight));
  if (!bias) return [value];
  const row = bias.own ? reshape(bias.tensor, [bias.tensor.shape[0]!, 1, ...bias.shape]) : bias.tensor;
  return [add(value, row)];
};

/** Gain and bias differ from trial to trial, which the runtime's kernels cannot have: they come after. */
const normalised: Rule = (operands, node) => {
  const [x, gain, bias] = operands as [Operand, Operand | undefined, Operand | undefined];
  const [y, ...statistics] = again(node, [x.tensor]);
  const scaled = gain ? multiply(y!, aligned([x, gain])[1]!) : y!;
  return [bias ? add(scaled, aligned([x, bias])[1]!) : scaled, ...statistics];
};

const movedAxes: Rule = ([x], node) => {
  const permutation = node.attributes.permutation as readonly number[];
  return [transpose(x!.tensor, [0, ...permutation.map((axis) => axis + 1)])];
};

const RULES: Readonly<Record<string, Rule>> = {
  Reshape: ([x], node, trials) => [reshape(x!.tensor, [trials, ...(node.attributes.shape as Shape)])],
  Expand([x], node, trials) {
    const shape = node.attributes.shape as Shape;
    const missing = new Array<number>(shape.length - x!.shape.length).fill(1);
    return [expand(reshape(x!.tensor, [trials, ...missing, ...x!.shape]), [trials, ...shape])];
  },
  Transpose: movedAxes,
  ...{ Concat: alongAxis, Slice: alongAxis, Pad: alongAxis },
  ...{ Softmax: alongAxis, LogSumExp: alongAxis, ArgMax: alongAxis, Reverse: alongAxis },
  ...{ ReduceSum: sum, ReduceMean: sum, ReduceMax: reduction },
  ...{ Gemm: product, MatMul: product },
  Pick: (operands, node, trials) => again(node, repeated(operands, trials)),
  ...{ LayerNorm: normalised, RmsNorm: normalised },
  Gather: separately,
  ScatterAdd: separately,
};

const ELEMENTWISE = new Set(
  (
    'Add Subtract Multiply Divide Minimum Maximum Greater Less Equal Where Not Negate Reciprocal Exp Log Sqrt Sin Cos ' +
    'Tanh Sigmoid Erf Softplus Absolute Relu Square Silu Gelu GeluTanh Cast StopGradient'
  ).split(' '),
);

/** Trial by trial where each has indices of its own; along the next axis where all share them. */
function separately(operands: readonly Operand[], node: Node, trials: number): readonly Tensor[] {
  const [data, indices] = operands as [Operand, Operand];
  const axis = Number(node.attributes.axis);
  if (data.own && !indices.own) return again(node, [data.tensor, indices.tensor], { axis: axis + 1 });
  const parts = Array.from({ length: trials }, (_, trial) => {
    const inputs = operands.map(({ tensor, own, shape }) =>
      own ? reshape(slice(tensor, { axis: 0, start: trial, end: trial + 1 }), shape) : tensor,
    );
    const [part] = again(node, inputs);
    return reshape(part!, [1, ...part!.shape]);
  });
  return [concat(parts, 0)];
}

/**
 * The graph's outputs for `trials` trials at once, each [trials, …]. `given` says for every input of the graph what
 * stands for it: a value with a leading trial axis, or one that all trials share. Nothing is reduced over trials, so that
 * one whose numbers overflow leaves the others as they are. Throws `no-batching-rule` for an operation without a rule.
 */
export function batched(
  graph: Graph,
  given: ReadonlyMap<Tensor, Batched>,
  trials: number,
): { name: string; tensor: Tensor }[] {
  const known = new Map(given);
  for (const node of graph.nodes) {
    const operands = node.inputs.map((input) => ({ ...known.get(input)!, shape: input.shape }));
    const own = operands.some((operand) => operand.own);
    const outputs = own
      ? ruleOf(node)(operands, node, trials)
      : again(
          node,
          operands.map(({ tensor }) => tensor),
        );
    node.outputs.forEach((output, position) => known.set(output, { tensor: outputs[position]!, own }));
  }
  return graph.outputs.map(({ name, tensor }) => {
    const operand = { ...known.get(tensor)!, shape: tensor.shape };
    return { name, tensor: repeated([operand], trials)[0]! };
  });
}

function ruleOf(node: Node): Rule {
  const rule = ELEMENTWISE.has(node.op.name) ? elementwise : RULES[node.op.name];
  if (rule) return rule;
  throw new MongeError({
    code: 'no-batching-rule',
    what: 'an operation cannot be stacked over trials',
    where: { op: node.op.name },
    got: node.scope,
    help: 'train these trials one by one',
  });
}

function turned(x: Tensor, turn: boolean): Tensor {
  if (!turn) return x;
  const axes = x.shape.map((_, axis) => axis);
  return transpose(x, [...axes.slice(0, -2), x.rank - 1, x.rank - 2]);
}
