/** @file Shapes of values that the file does not declare, for the common operators; where a rule is not sure it says nothing. */
import { tensorValues, type TensorProto } from '../../native-models';
import type { NodeStructure } from './structure';
import { elementName, type ValueDim, type ValueType } from './values';

type Rule = (
  node: NodeStructure,
  inputs: (ValueType | undefined)[],
  read: ReadTensor,
) => ValueType | undefined;
type ReadTensor = (name: string) => TensorProto | undefined;

/** Element type and shape of the first input. */
const same: Rule = (_node, [x]) => x;
/** Broadcast of all inputs, with the element type of the first. */
const broadcast: Rule = (_node, inputs) => broadcastTypes(inputs);
const compared: Rule = (_node, inputs) => {
  const type = broadcastTypes(inputs);
  return type && { element: 'bool', shape: type.shape };
};

const sameOps =
  'Identity Relu LeakyRelu Elu Selu Sigmoid Tanh Exp Log Sqrt Reciprocal Neg Abs Floor Ceil Round Sign Erf Gelu Softplus Softsign HardSigmoid HardSwish Mish Swish Sin Cos Tan Asin Acos Atan Softmax LogSoftmax Clip Dropout Not LayerNormalization RMSNormalization GroupNormalization InstanceNormalization BatchNormalization CumSum Trilu ScatterElements ScatterND';
const broadcastOps = 'Add Sub Mul Div Pow Mod Max Min Sum Mean PRelu And Or Xor BitwiseAnd BitwiseOr';
const comparedOps = 'Equal Greater GreaterOrEqual Less LessOrEqual';

const rules = new Map<string, Rule>([
  ...sameOps.split(' ').map((op) => [op, same] as const),
  ...broadcastOps.split(' ').map((op) => [op, broadcast] as const),
  ...comparedOps.split(' ').map((op) => [op, compared] as const),
  ['Where', (_node, [condition, x, y]) => x && withElement(broadcastTypes([condition, x, y]), x.element)],
  ['Cast', (node, [x]) => x && { element: elementName(integer(node, 'to') ?? 0), shape: x.shape }],
  ['Shape', (_node, [x]) => ({ element: 'int64', shape: x?.shape ? [x.shape.length] : null })],
  ['MatMul', (_node, [a, b]) => matrixProduct(a, b)],
  ['Gemm', gemm],
  ['Transpose', transpose],
  ['Gather', gather],
  ['Concat', concat],
  ['Reshape', reshape],
  ['Unsqueeze', unsqueeze],
  ...[
    'ReduceSum',
    'ReduceMean',
    'ReduceMax',
    'ReduceMin',
    'ReduceProd',
    'ReduceL1',
    'ReduceL2',
    'ReduceLogSumExp',
  ].map((op) => [op, reduce] as const),
]);

/**
 * Adds the types of outputs that follow from what is known, in the order of the nodes. Declared types stay.
 * `typeOf` and `read` also see what lies around a body.
 */
export function inferTypes(
  nodes: readonly NodeStructure[],
  types: Map<string, ValueType>,
  typeOf: (name: string) => ValueType | undefined,
  read: ReadTensor,
): void {
  for (const node of nodes) {
    const output = node.outputs[0];
    if (!output || node.domain !== '' || types.get(output)?.shape) continue;
    const inputs = node.inputs.map(typeOf);
    const type = rules.get(node.op)?.(node, inputs, read);
    if (type?.shape) types.set(output, type);
  }
}

function withElement(type: ValueType | undefined, element: string): ValueType | undefined {
  return type && { element, shape: type.shape };
}

function broadcastTypes(inputs: (ValueType | undefined)[]): ValueType | undefined {
  const first = inputs[0];
  if (!first || inputs.some((type) => !type?.shape)) return undefined;
  const shapes = inputs.map((type) => type!.shape!);
  const rank = Math.max(...shapes.map((shape) => shape.length));
  const shape: ValueDim[] = [];
  for (let axis = 0; axis < rank; axis += 1) {
    const dims = shapes.map((one) => one[axis - rank + one.length] ?? 1).filter((dim) => dim !== 1);
    if (new Set(dims).size > 1) return undefined;
    shape.push(dims[0] ?? 1);
  }
  return { element: first.element, shape };
}

function matrixProduct(a: ValueType | undefined, b: ValueType | undefined): ValueType | undefined {
  if (!a?.shape || !b?.shape || a.shape.length < 2 || b.shape.length < 2) return undefined;
  const batch = broadcastTypes([
    { element: a.element, shape: a.shape.slice(0, -2) },
    { element: b.element, shape: b.shape.slice(0, -2) },
  ]);
  return batch?.shape
    ? { element: a.element, shape: [...batch.shape, a.shape.at(-2)!, b.shape.at(-1)!] }
    : undefined;
}

function gemm(node: NodeStructure, [a, b]: (ValueType | undefined)[]): ValueType | undefined {
  if (a?.shape?.length !== 2 || b?.shape?.length !== 2) return undefined;
  const rows = a.shape[integer(node, 'transA') === 1 ? 1 : 0]!;
  const columns = b.shape[integer(node, 'transB') === 1 ? 0 : 1]!;
  return { element: a.element, shape: [rows, columns] };
}

function transpose(node: NodeStructure, [x]: (ValueType | undefined)[]): ValueType | undefined {
  if (!x?.shape) return undefined;
  const order = integers(node, 'perm') ?? x.shape.map((_, axis) => x.shape!.length - 1 - axis);
  const shape = order.map((axis) => x.shape![axis]);
  return shape.some((dim) => dim === undefined)
    ? undefined
    : { element: x.element, shape: shape as ValueDim[] };
}

function gather(node: NodeStructure, [x, indices]: (ValueType | undefined)[]): ValueType | undefined {
  if (!x?.shape || !indices?.shape) return undefined;
  const axis = normal(integer(node, 'axis') ?? 0, x.shape.length);
  return {
    element: x.element,
    shape: [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)],
  };
}

function concat(node: NodeStructure, inputs: (ValueType | undefined)[]): ValueType | undefined {
  const first = inputs[0];
  if (!first?.shape || inputs.some((type) => type?.shape?.length !== first.shape!.length)) return undefined;
  const axis = normal(integer(node, 'axis') ?? 0, first.shape.length);
  const sizes = inputs.map((type) => type!.shape![axis]);
  if (sizes.some((size) => typeof size !== 'number')) return undefined;
  const total = (sizes as number[]).reduce((sum, size) => sum + size, 0);
  return { element: first.element, shape: first.shape.map((dim, i) => (i === axis ? total : dim)) };
}

function reshape(
  node: NodeStructure,
  [x]: (ValueType | undefined)[],
  read: ReadTensor,
): ValueType | undefined {
  const wanted = numbers(read(node.inputs[1] ?? ''));
  if (!x?.shape || !wanted) return undefined;
  const shape: ValueDim[] = wanted.map((size, axis) => (size === 0 ? (x.shape![axis] ?? 0) : size));
  const open = shape.indexOf(-1);
  if (open < 0) return { element: x.element, shape };
  const known =
    x.shape.every((dim) => typeof dim === 'number') && shape.every((dim) => typeof dim === 'number');
  const rest = (shape as number[]).reduce((product, dim) => (dim === -1 ? product : product * dim), 1);
  shape[open] = known && rest > 0 ? (x.shape as number[]).reduce((p, dim) => p * dim, 1) / rest : '?';
  return { element: x.element, shape };
}

function unsqueeze(
  node: NodeStructure,
  [x]: (ValueType | undefined)[],
  read: ReadTensor,
): ValueType | undefined {
  const axes = integers(node, 'axes') ?? numbers(read(node.inputs[1] ?? ''));
  if (!x?.shape || !axes) return undefined;
  const rank = x.shape.length + axes.length;
  const places = new Set(axes.map((axis) => normal(axis, rank)));
  const rest = [...x.shape];
  return {
    element: x.element,
    shape: Array.from({ length: rank }, (_, i) => (places.has(i) ? 1 : rest.shift()!)),
  };
}

function reduce(
  node: NodeStructure,
  [x]: (ValueType | undefined)[],
  read: ReadTensor,
): ValueType | undefined {
  if (!x?.shape) return undefined;
  const given = integers(node, 'axes') ?? numbers(read(node.inputs[1] ?? ''));
  if (!given && node.inputs[1]) return undefined;
  const axes = new Set(
    (given ?? x.shape.map((_, axis) => axis)).map((axis) => normal(axis, x.shape!.length)),
  );
  const keep = (integer(node, 'keepdims') ?? 1) === 1;
  const shape = x.shape
    .map((dim, axis) => (axes.has(axis) ? (keep ? 1 : null) : dim))
    .filter((dim) => dim !== null);
  return { element: x.element, shape };
}

function normal(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

function integer(node: NodeStructure, name: string): number | undefined {
  const value = node.attributes.find((attribute) => attribute.name === name)?.i;
  return value === undefined ? undefined : Number(value);
}

function integers(node: NodeStructure, name: string): number[] | undefined {
  return node.attributes.find((attribute) => attribute.name === name)?.ints?.map(Number);
}

/** The values of a small integer tensor, as shapes and axes are. */
function numbers(tensor: TensorProto | undefined): number[] | undefined {
  if (!tensor || (tensor.dims?.length ?? 0) > 1 || Number(tensor.dims?.[0] ?? 1) > 16) return undefined;
  try {
    return [...tensorValues(tensor).data];
  } catch {
    // Values that cannot be read leave the shape unknown; the node's own page tells what is wrong with them.
    return undefined;
  }
}
