/** @file Softmax and log-sum-exp along one axis, as operations of their own: one kernel forward, short gradients. */
import { elementAt, fillArray, type NdArray } from '../ir/array';
import type { Tensor } from '../ir/tensor';
import { multiply, subtract } from './arithmetic';
import { applyOne, defineOp, normaliseAxis, requireFloating, type OpCase } from './define';
import { exp } from './functions';
import { reshape } from './movement';
import { reduceSum } from './reduction';

type AxisAttributes = { readonly axis: number };

const CASES: OpCase<AxisAttributes>[] = [
  { inputs: [{ shape: [3, 4] }], attributes: { axis: 1 } },
  { inputs: [{ shape: [2, 3, 2] }], attributes: { axis: 1 } },
  { inputs: [{ shape: [5], range: [-30, 30] }], attributes: { axis: 0 } },
];

const softmaxOp = defineOp<AxisAttributes>({
  name: 'Softmax',
  infer(types) {
    requireFloating('Softmax', types);
    return [types[0]!];
  },
  gradient: {
    // dx = y·(up − Σ up·y)
    rule({ outputs: [y], attributes: { axis }, upstream: [up] }) {
      const weighted = multiply(up!, y!);
      return [subtract(weighted, multiply(y!, reduceSum(weighted, axis, true)))];
    },
  },
  lower: ({ inputs, attributes, build }) => [build.emit('Softmax', inputs, { axis: attributes.axis })],
  reference: ([x], { axis }) => {
    const total = logSumExpArray(x!, axis);
    return [fillArray(x!.shape, (index) => Math.exp(elementAt(x!, index) - elementAt(total, index)))];
  },
  cases: CASES,
});

/**
 * Keeps the axis with size 1. Written with max, exp and sum: ReduceLogSumExp of ONNX Runtime is some fourteen times
 * slower on long axes, and LogSoftmax has no WebGPU kernel.
 */
const logSumExpOp = defineOp<AxisAttributes>({
  name: 'LogSumExp',
  infer(types, { axis }) {
    requireFloating('LogSumExp', types);
    const { dtype, shape } = types[0]!;
    return [{ dtype, shape: shape.map((dim, position) => (position === axis ? 1 : dim)) }];
  },
  gradient: {
    rule: ({ inputs: [x], outputs: [y], upstream: [up] }) => [multiply(up!, exp(subtract(x!, y!)))],
  },
  lower({ inputs, attributes: { axis }, build }) {
    const axes = build.integers([axis]);
    const largest = build.emit('ReduceMax', [inputs[0]!, axes], { keepdims: 1 });
    const powers = build.emit('Exp', [build.emit('Sub', [inputs[0]!, largest])]);
    const sum = build.emit('ReduceSum', [powers, axes], { keepdims: 1 });
    return [build.emit('Add', [build.emit('Log', [sum]), largest])];
  },
  reference: ([x], { axis }) => [logSumExpArray(x!, axis)],
  cases: CASES,
});

/** exp(x) over its sum along an axis, without overflow. */
export function softmax(x: Tensor, axis = -1): Tensor {
  return applyOne(softmaxOp, [x], { axis: normaliseAxis(axis, x.rank, 'Softmax') });
}

/** log(sum(exp(x))) along an axis, without overflow. */
export function logSumExp(x: Tensor, axis = -1, keepDims = false): Tensor {
  const position = normaliseAxis(axis, x.rank, 'LogSumExp');
  const total = applyOne(logSumExpOp, [x], { axis: position });
  if (keepDims) return total;
  return reshape(
    total,
    x.shape.filter((_, at) => at !== position),
  );
}

function logSumExpArray(x: NdArray, axis: number): NdArray {
  const kept = x.shape.map((size, position) => (position === axis ? 1 : size));
  return fillArray(kept, (index) => {
    const source = [...index];
    let largest = -Infinity;
    for (source[axis] = 0; source[axis] < x.shape[axis]!; source[axis] += 1)
      largest = Math.max(largest, elementAt(x, source));
    let sum = 0;
    for (source[axis] = 0; source[axis] < x.shape[axis]!; source[axis] += 1)
      sum += Math.exp(elementAt(x, source) - largest);
    return largest + Math.log(sum);
  });
}
