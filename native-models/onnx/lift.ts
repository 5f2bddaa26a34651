/** @file Nodes of an ONNX graph as operations on tensors, so that a graph that was built for running can be differentiated. */
import { MongeError } from '../error';
import { withScope } from '../ir/scope';
import type { Tensor } from '../ir/tensor';
import { elementCount, formatType, isStatic } from '../ir/types';
import { add, divide, multiply, subtract, where } from '../ops/arithmetic';
import * as functions from '../ops/functions';
import { gelu, geluTanh, silu } from '../ops/gated';
import { reverse } from '../ops/indexing';
import { matmul } from '../ops/linear-algebra';
import { concat, reshape, slice, transpose } from '../ops/movement';
import { layerNormalise, rmsNormalise } from '../ops/normalisation';
import { softmax } from '../ops/softmax';
import type { NodeProto } from './model';

/** What a node reads: values before it, whole numbers that shape it, its attributes. */
interface Lifted {
  /** The operand at a place. */
  value(place: number): Tensor;
  has(place: number): boolean;
  /** The operand at a place as whole numbers that are known when the graph is made, such as a shape. */
  integers(place: number): readonly number[];
  number(attribute: string, otherwise: number): number;
  numbers(attribute: string): readonly number[] | undefined;
  text(attribute: string, otherwise: string): string;
  /** Refuses a form of the operator that is not written down here. */
  refuse(got: string, expected: string): never;
}

/**
 * The values that nodes, in the order of computation, make of known ones. All sizes are known numbers; `constants` gives the
 * values of small integer tensors by name, shapes among them. Which operators there are: those of the decoders and encoders of
 * zoo/language. The scopes of the nodes' names are kept.
 * @throws `operator-unlifted` naming the node, and the codes of shapes that do not fit
 */
export function liftNodes(
  nodes: readonly NodeProto[],
  known: ReadonlyMap<string, Tensor>,
  constants: (name: string) => readonly number[] | null,
): ReadonlyMap<string, Tensor> {
  const values = new Map(known);
  for (const node of nodes) {
    const [output = ''] = node.output ?? [];
    if (values.has(output)) continue;
    const lift = operators[node.opType ?? ''];
    if (!lift || (node.output ?? []).length !== 1) throw unlifted(node);
    const path = (node.name ?? '').split('/').slice(0, -1).join('/');
    values.set(
      output,
      withScope(path, () => lift(operands(node, values, constants))),
    );
  }
  return values;
}

const unary = (apply: (x: Tensor) => Tensor) => (node: Lifted) => apply(node.value(0));
const binary = (apply: (a: Tensor, b: Tensor) => Tensor) => (node: Lifted) =>
  apply(node.value(0), node.value(1));

const operators: Readonly<Record<string, (node: Lifted) => Tensor>> = {
  Add: binary(add),
  Sub: binary(subtract),
  Mul: binary(multiply),
  Div: binary(divide),
  Identity: unary((x) => x),
  Neg: unary(functions.negate),
  Exp: unary(functions.exp),
  Log: unary(functions.log),
  Sqrt: unary(functions.sqrt),
  Tanh: unary(functions.tanh),
  Sigmoid: unary(functions.sigmoid),
  Relu: unary(functions.relu),
  Where: (node) => where(node.value(0), node.value(1), node.value(2)),
  Transpose: (node) => transpose(node.value(0), node.numbers('perm')),
  Softmax: (node) => softmax(node.value(0), node.number('axis', -1)),
  Reshape: (node) => reshape(node.value(0), wantedShape(node)),
  Unsqueeze(node) {
    const { shape } = node.value(0);
    const rank = shape.length + node.integers(1).length;
    const added = new Set(node.integers(1).map((axis) => (axis < 0 ? axis + rank : axis)));
    const rest = [...shape];
    return reshape(
      node.value(0),
      Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : rest.shift()!)),
    );
  },
  Squeeze(node) {
    const { shape, rank } = node.value(0);
    const axes = node.has(1) ? node.integers(1).map((axis) => (axis < 0 ? axis + rank : axis)) : null;
    return reshape(
      node.value(0),
      shape.filter((size, axis) => (axes ? !axes.includes(axis) : size !== 1)),
    );
  },
  Concat: (node) => {
    const parts: Tensor[] = [];
    while (node.has(parts.length)) parts.push(node.value(parts.length));
    return concat(parts, node.number('axis', 0));
  },
  MatMul: (node) => product(node.value(0), node.value(1), { left: false, right: false }),
  FusedMatMul(node) {
    const turned = { left: node.number('transA', 0) === 1, right: node.number('transB', 0) === 1 };
    if (node.number('transBatchA', 0) !== 0 || node.number('transBatchB', 0) !== 0)
      node.refuse('a product over turned batches', 'transBatchA and transBatchB of 0');
    const alpha = node.number('alpha', 1);
    const [left, right] = [node.value(0), node.value(1)];
    // On the operand, which is smaller than scores of many tokens.
    return product(alpha === 1 ? left : multiply(left, alpha), right, turned);
  },
  RMSNormalization: (node) => {
    const gain = node.value(1);
    lastAxis(node, gain);
    return rmsNormalise(node.value(0), { gain, epsilon: node.number('epsilon', 1e-5) });
  },
  LayerNormalization: (node) => {
    const gain = node.value(1);
    lastAxis(node, gain);
    const bias = node.has(2) ? node.value(2) : undefined;
    return layerNormalise(node.value(0), { gain, bias, epsilon: node.number('epsilon', 1e-5) });
  },
  QuickGelu(node) {
    const alpha = node.number('alpha', 1.702);
    const x = node.value(0);
    return alpha === 1 ? silu(x) : multiply(x, functions.sigmoid(multiply(x, alpha)));
  },
  Gelu: (node) =>
    node.text('approximate', 'none') === 'tanh' ? geluTanh(node.value(0)) : gelu(node.value(0)),
  RotaryEmbedding: rotary,
};

/** x·cos + swap(x)·sin over the first units of every head [batch, heads, tokens, headWidth]; tables [batch, tokens, width/2]. */
function rotary(node: Lifted): Tensor {
  const [x, cosines, sines] = [node.value(0), node.value(1), node.value(2)];
  const [batch, heads, tokens, whole] = x.shape as readonly number[];
  if (x.rank !== 4 || cosines.rank !== 3 || node.number('interleaved', 0) !== 0)
    node.refuse(
      `${formatType(x.type)}, tables ${formatType(cosines.type)}`,
      'heads of four axes, tables a text, halves apart',
    );
  const half = cosines.shape[2] as number;
  const width = 2 * half;
  const table = (first: Tensor, second: Tensor) =>
    reshape(concat([first, second], 2), [cosines.shape[0]!, 1, tokens!, width]);
  const turning = width === whole ? x : slice(x, { axis: 3, end: width });
  const halves = reshape(turning, [batch!, heads!, tokens!, 2, half]);
  const swapped = reshape(reverse(halves, 3), turning.shape);
  const turned = add(
    multiply(turning, table(cosines, cosines)),
    multiply(swapped, table(functions.negate(sines), sines)),
  );
  return width === whole ? turned : concat([turned, slice(x, { axis: 3, start: width })], 3);
}

/** left·right over the last two axes; a matrix that many rows meet is one product of all of them. */
function product(left: Tensor, right: Tensor, turned: { left: boolean; right: boolean }): Tensor {
  const options = { transposeLeft: turned.left, transposeRight: turned.right };
  if (right.rank !== 2 || left.rank <= 2 || turned.left || !isStatic(left.shape))
    return matmul(left, right, options);
  const leading = left.shape.slice(0, -1);
  const rows = matmul(reshape(left, [elementCount(leading), left.shape.at(-1)!]), right, options);
  return reshape(rows, [...leading, rows.shape[1]!]);
}

/** The shape of a Reshape: 0 is the size that is there, −1 what is left. */
function wantedShape(node: Lifted): number[] {
  const from = node.value(0).shape as readonly number[];
  const keepsZero = node.number('allowzero', 0) === 1;
  const sizes = node.integers(1).map((size, axis) => (size === 0 && !keepsZero ? (from[axis] ?? 0) : size));
  const others = sizes.reduce((count, size) => (size === -1 ? count : count * size), 1);
  return sizes.map((size) => (size === -1 ? elementCount(from) / others : size));
}

function lastAxis(node: Lifted, gain: Tensor): void {
  const axis = node.number('axis', -1);
  const { rank } = node.value(0);
  if ((axis < 0 ? axis + rank : axis) !== rank - 1 || gain.rank !== 1)
    node.refuse(`axis ${axis}, a gain of ${gain.rank} axes`, 'the last axis');
}

function operands(
  node: NodeProto,
  values: ReadonlyMap<string, Tensor>,
  constants: (name: string) => readonly number[] | null,
): Lifted {
  const inputs = node.input ?? [];
  const attribute = (name: string) => node.attribute?.find((one) => one.name === name);
  return {
    has: (place) => (inputs[place] ?? '') !== '',
    value(place) {
      const value = values.get(inputs[place] ?? '');
      if (!value) throw unlifted(node, `no value ${inputs[place] ?? place}`);
      return value;
    },
    integers(place) {
      const numbers = constants(inputs[place] ?? '');
      if (!numbers) throw unlifted(node, `a computed ${inputs[place] ?? place}`);
      return numbers;
    },
    number(name, otherwise) {
      const found = attribute(name);
      return Number(found?.f ?? found?.i ?? otherwise);
    },
    numbers: (name) => attribute(name)?.ints?.map(Number),
    text(name, otherwise) {
      const found = attribute(name)?.s;
      return found ? new TextDecoder().decode(found) : otherwise;
    },
    refuse(got, expected) {
      throw unlifted(node, got, expected);
    },
  };
}

function unlifted(node: NodeProto, got?: string, expected?: string): MongeError {
  return new MongeError({
    code: 'operator-unlifted',
    blame: 'input',
    what: 'this operator of the graph cannot be differentiated here',
    where: { op: node.opType ?? '', tensor: node.output?.[0] ?? '' },
    got: got ?? node.opType,
    expected: expected ?? Object.keys(operators).join(', '),
    help: 'gradients are there for decoders and encoders that are built from a checkpoint',
  });
}
