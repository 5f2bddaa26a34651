/** @file Arithmetic, comparison and selection of two or three operands, with NumPy broadcasting. */
import { elementAt, fillArray } from '../ir/array';
import type { Tensor } from '../ir/tensor';
import { constantLike } from './constant';
import { applyOne, defineOp, dtypeError } from './define';
import {
  applyBinary,
  broadcastOf,
  broadcastOrThrow,
  defineBinary,
  operands,
  type NoAttributes,
  type Operand,
} from './elementwise';

export const addOp = defineBinary({
  name: 'Add',
  onnx: 'Add',
  value: (a, b) => a + b,
  gradient: (_, up) => [up, up],
});

export const subtractOp = defineBinary({
  name: 'Subtract',
  onnx: 'Sub',
  value: (a, b) => a - b,
  gradient: (_, up) => [up, multiply(up, -1)],
});

export const multiplyOp = defineBinary({
  name: 'Multiply',
  onnx: 'Mul',
  value: (a, b) => a * b,
  gradient: ({ inputs: [a, b] }, up) => [multiply(up, b!), multiply(up, a!)],
});

export const divideOp = defineBinary({
  name: 'Divide',
  onnx: 'Div',
  value: (a, b) => a / b,
  ranges: [
    [-2, 2],
    [0.5, 2],
  ],
  // d(a/b)/db = -(a/b)/b
  gradient: ({ inputs: [, b], outputs: [y] }, up) => {
    const scaled = divide(up, b!);
    return [scaled, multiply(multiply(scaled, y!), -1)];
  },
});

export const minimumOp = defineBinary({
  name: 'Minimum',
  onnx: 'Min',
  value: (a, b) => Math.min(a, b),
  gradient: ({ inputs: [a, b] }, up) => chosen(less(a!, b!), up),
});

export const maximumOp = defineBinary({
  name: 'Maximum',
  onnx: 'Max',
  value: (a, b) => Math.max(a, b),
  gradient: ({ inputs: [a, b] }, up) => chosen(greater(a!, b!), up),
});

const COMPARISON = 'a comparison is piecewise constant';

const greaterOp = defineBinary({
  name: 'Greater',
  onnx: 'Greater',
  value: (a, b) => Number(a > b),
  result: 'bool',
  gradient: { none: COMPARISON },
});

const lessOp = defineBinary({
  name: 'Less',
  onnx: 'Less',
  value: (a, b) => Number(a < b),
  result: 'bool',
  gradient: { none: COMPARISON },
});

const equalOp = defineBinary({
  name: 'Equal',
  onnx: 'Equal',
  value: (a, b) => Number(a === b),
  result: 'bool',
  gradient: { none: COMPARISON },
});

export const whereOp = defineOp<NoAttributes>({
  name: 'Where',
  infer(types) {
    const [condition, left, right] = types;
    if (condition!.dtype !== 'bool' || left!.dtype !== right!.dtype)
      throw dtypeError('Where', types, 'a bool condition and two operands of one element type');
    return [{ dtype: left!.dtype, shape: broadcastOrThrow('Where', types) }];
  },
  gradient: {
    rule: ({ inputs: [condition], upstream: [up] }) => [undefined, ...chosen(condition!, up!)],
  },
  lower: ({ inputs, build }) => [build.emit('Where', inputs)],
  reference: ([condition, left, right]) => [
    fillArray(broadcastOf(condition!.shape, left!.shape, right!.shape), (index) =>
      elementAt(condition!, index) === 0 ? elementAt(right!, index) : elementAt(left!, index),
    ),
  ],
  cases: [
    { inputs: [{ dtype: 'bool', shape: [3, 4] }, { shape: [3, 4] }, { shape: [3, 4] }], attributes: {} },
    { inputs: [{ dtype: 'bool', shape: [3, 1] }, { shape: [4] }, { shape: [] }], attributes: {} },
  ],
});

const notOp = defineOp<NoAttributes>({
  name: 'Not',
  infer(types) {
    if (types[0]!.dtype !== 'bool') throw dtypeError('Not', types, 'bool');
    return [types[0]!];
  },
  gradient: { none: COMPARISON },
  lower: ({ inputs, build }) => [build.emit('Not', inputs)],
  reference: ([x]) => [{ shape: x!.shape, data: x!.data.map((value) => Number(value === 0)) }],
  cases: [{ inputs: [{ dtype: 'bool', shape: [3, 4] }], attributes: {} }],
});

export function add(left: Operand, right: Operand): Tensor {
  return applyBinary(addOp, left, right);
}

export function subtract(left: Operand, right: Operand): Tensor {
  return applyBinary(subtractOp, left, right);
}

export function multiply(left: Operand, right: Operand): Tensor {
  return applyBinary(multiplyOp, left, right);
}

export function divide(left: Operand, right: Operand): Tensor {
  return applyBinary(divideOp, left, right);
}

/** The smaller of two values; where they are equal the gradient goes to the right operand. */
export function minimum(left: Operand, right: Operand): Tensor {
  return applyBinary(minimumOp, left, right);
}

/** The larger of two values; where they are equal the gradient goes to the right operand. */
export function maximum(left: Operand, right: Operand): Tensor {
  return applyBinary(maximumOp, left, right);
}

export function greater(left: Operand, right: Operand): Tensor {
  return applyBinary(greaterOp, left, right);
}

export function less(left: Operand, right: Operand): Tensor {
  return applyBinary(lessOp, left, right);
}

export function equal(left: Operand, right: Operand): Tensor {
  return applyBinary(equalOp, left, right);
}

export function logicalNot(condition: Tensor): Tensor {
  return applyOne(notOp, [condition], {});
}

/** Takes from `left` where the condition holds and from `right` elsewhere. */
export function where(condition: Tensor, left: Operand, right: Operand): Tensor {
  return applyOne(whereOp, [condition, ...operands(left, right, 'Where')], {});
}

/** Sends the upstream gradient to the side that a condition chose. */
function chosen(condition: Tensor, upstream: Tensor): [Tensor, Tensor] {
  const zero = constantLike(0, upstream);
  return [where(condition, upstream, zero), where(condition, zero, upstream)];
}
