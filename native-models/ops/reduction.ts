/** @file Reductions over axes: sum, mean, largest value and its position. */
import { elementAt, fillArray, sizeOf, type NdArray } from '../ir/array';
import type { Tensor } from '../ir/tensor';
import { isFloating, isStatic, staticSize, type Dim, type Shape } from '../ir/types';
import { divide, equal, multiply } from './arithmetic';
import { applyOne, defineOp, dtypeError, normaliseAxis, type OpCase, type OpDefinition } from './define';
import { cast, expand, pad, reshape } from './movement';

type ReduceAttributes = { readonly axes: readonly number[]; readonly keepDims: boolean };

/** Beyond this many addends one float32 accumulator loses too much: sums are taken in two stages. */
const LONGEST_SUM = 1 << 20;
const STAGE = 1024;

const CASES: OpCase<ReduceAttributes>[] = [
  { inputs: [{ shape: [3, 4] }], attributes: { axes: [1], keepDims: false } },
  { inputs: [{ shape: [3, 4] }], attributes: { axes: [0], keepDims: true } },
  { inputs: [{ shape: [2, 3, 2] }], attributes: { axes: [0, 2], keepDims: false } },
  { inputs: [{ shape: [2, 3] }], attributes: { axes: [0, 1], keepDims: false } },
];

function reducedShape(shape: Shape, { axes, keepDims }: ReduceAttributes): Shape {
  if (keepDims) return shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  return shape.filter((_, axis) => !axes.includes(axis));
}

/** The upstream gradient with the reduced axes put back as size 1. */
function restoreAxes(upstream: Tensor, input: Tensor, { axes }: ReduceAttributes): Tensor {
  return reshape(
    upstream,
    input.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim)),
  );
}

function defineReduction(spec: {
  name: string;
  start: number;
  step: (accumulated: number, value: number) => number;
  finish?: (accumulated: number, count: number) => number;
  gradient: OpDefinition<ReduceAttributes>['gradient'];
}): OpDefinition<ReduceAttributes> {
  return defineOp<ReduceAttributes>({
    name: spec.name,
    infer(types, attributes) {
      const { dtype, shape } = types[0]!;
      if (!isFloating(dtype) && !(dtype === 'int32' && spec.name !== 'ReduceMean'))
        throw dtypeError(spec.name, types, 'a floating-point operand');
      for (const axis of attributes.axes) normaliseAxis(axis, shape.length, spec.name);
      return [{ dtype, shape: reducedShape(shape, attributes) }];
    },
    gradient: spec.gradient,
    lower: ({ inputs, attributes: { axes, keepDims }, build }) => [
      build.emit(spec.name, [inputs[0]!, build.integers(axes)], { keepdims: Number(keepDims) }),
    ],
    reference: ([x], attributes) => [reduceArray(x!, attributes, spec)],
    cases: CASES,
  });
}

function reduceArray(
  x: NdArray,
  { axes, keepDims }: ReduceAttributes,
  spec: Pick<Parameters<typeof defineReduction>[0], 'start' | 'step' | 'finish'>,
): NdArray {
  const inner = axes.map((axis) => x.shape[axis]!);
  const count = sizeOf(inner);
  const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const result = fillArray(kept, (index) => {
    const source = [...index];
    let accumulated = spec.start;
    for (let flat = 0; flat < count; flat++) {
      let rest = flat;
      for (let position = axes.length - 1; position >= 0; position--) {
        source[axes[position]!] = rest % inner[position]!;
        rest = Math.floor(rest / inner[position]!);
      }
      accumulated = spec.step(accumulated, elementAt(x, source));
    }
    return spec.finish ? spec.finish(accumulated, count) : accumulated;
  });
  return {
    shape: reducedShape(keepDims ? kept : x.shape, { axes, keepDims }) as number[],
    data: result.data,
  };
}

const reduceSumOp = defineReduction({
  name: 'ReduceSum',
  start: 0,
  step: (sum, value) => sum + value,
  gradient: {
    rule: ({ inputs: [x], attributes, upstream: [up] }) => [
      expand(restoreAxes(up!, x!, attributes), x!.shape),
    ],
  },
});

const reduceMeanOp = defineReduction({
  name: 'ReduceMean',
  start: 0,
  step: (sum, value) => sum + value,
  finish: (sum, count) => sum / count,
  gradient: {
    rule({ inputs: [x], attributes, upstream: [up] }) {
      const count = countOf(x!.shape, attributes.axes, 'the gradient of ReduceMean');
      return [expand(multiply(restoreAxes(up!, x!, attributes), 1 / count), x!.shape)];
    },
  },
});

const reduceMaxOp = defineReduction({
  name: 'ReduceMax',
  start: -Infinity,
  step: Math.max,
  gradient: {
    // The gradient is shared evenly among all places that hold the maximum.
    rule({ inputs: [x], outputs: [y], attributes, upstream: [up] }) {
      const best = cast(equal(x!, restoreAxes(y!, x!, attributes)), x!.dtype);
      const ties = reduceSum(best, attributes.axes, true);
      return [multiply(best, divide(restoreAxes(up!, x!, attributes), ties))];
    },
  },
});

type ArgMaxAttributes = { readonly axis: number };

const argMaxOp = defineOp<ArgMaxAttributes>({
  name: 'ArgMax',
  infer(types, { axis }) {
    if (!isFloating(types[0]!.dtype)) throw dtypeError('ArgMax', types, 'a floating-point operand');
    return [{ dtype: 'int32', shape: types[0]!.shape.filter((_, position) => position !== axis) }];
  },
  gradient: { none: 'an index is piecewise constant' },
  lower({ inputs, inputTypes, attributes: { axis }, build }) {
    const TO_INT32 = { to: 6 };
    if (build.target === 'cpu')
      return [build.emit('Cast', [build.emit('ArgMax', inputs, { axis, keepdims: 0 })], TO_INT32)];
    // WebGPU cannot convert the int64 of ArgMax: the smallest position that holds the maximum, in exact floats.
    const { dtype, shape } = inputTypes[0]!;
    const size = staticSize(shape[axis], 'ArgMax');
    const axes = build.integers([axis]);
    const best = build.emit('Equal', [
      inputs[0]!,
      build.emit('ReduceMax', [inputs[0]!, axes], { keepdims: 1 }),
    ]);
    const positions = build.constant(
      Float64Array.from({ length: size }, (_, at) => at),
      { dtype, shape: shape.map((_, position) => (position === axis ? size : 1)) },
    );
    const candidates = build.emit('Where', [best, positions, build.scalar(size, dtype)]);
    return [build.emit('Cast', [build.emit('ReduceMin', [candidates, axes], { keepdims: 0 })], TO_INT32)];
  },
  reference: ([x], { axis }) => [
    fillArray(
      x!.shape.filter((_, position) => position !== axis),
      (index) => {
        let best = 0;
        const at = (position: number) =>
          elementAt(x!, [...index.slice(0, axis), position, ...index.slice(axis)]);
        for (let position = 1; position < x!.shape[axis]!; position++)
          if (at(position) > at(best)) best = position;
        return best;
      },
    ),
  ],
  cases: [
    { inputs: [{ shape: [3, 4] }], attributes: { axis: 1 } },
    { inputs: [{ shape: [3, 4] }], attributes: { axis: 0 } },
  ],
});

type Axes = number | readonly number[];

/** The sum over the given axes (default: all). Sums of more than a million values are taken in two stages. */
export function reduceSum(x: Tensor, axes?: Axes, keepDims = false): Tensor {
  const list = axesOf(x, axes, 'ReduceSum');
  if (list.length === 0) return x;
  if (!tooLong(x.shape, list)) return applyOne(reduceSumOp, [x], { axes: list, keepDims });
  return reshape(sumInStages(x, list), reducedShape(x.shape, { axes: list, keepDims }));
}

/** The mean over the given axes (default: all). */
export function reduceMean(x: Tensor, axes?: Axes, keepDims = false): Tensor {
  const list = axesOf(x, axes, 'ReduceMean');
  if (list.length === 0) return x;
  if (!tooLong(x.shape, list)) return applyOne(reduceMeanOp, [x], { axes: list, keepDims });
  return multiply(reduceSum(x, list, keepDims), 1 / countOf(x.shape, list, 'ReduceMean'));
}

/** The largest value over the given axes (default: all); ties share the gradient. */
export function reduceMax(x: Tensor, axes?: Axes, keepDims = false): Tensor {
  const list = axesOf(x, axes, 'ReduceMax');
  return list.length === 0 ? x : applyOne(reduceMaxOp, [x], { axes: list, keepDims });
}

/** The int32 position of the first largest value along one axis, which is dropped. */
export function argMax(x: Tensor, axis: number): Tensor {
  return applyOne(argMaxOp, [x], { axis: normaliseAxis(axis, x.rank, 'ArgMax') });
}

function axesOf(x: Tensor, axes: Axes | undefined, op: string): number[] {
  const list = axes === undefined ? x.shape.map((_, axis) => axis) : typeof axes === 'number' ? [axes] : axes;
  return [...new Set(list.map((axis) => normaliseAxis(axis, x.rank, op)))].sort((a, b) => a - b);
}

function countOf(shape: Shape, axes: readonly number[], op: string): number {
  return axes.reduce((product, axis) => product * staticSize(shape[axis], op), 1);
}

function tooLong(shape: Shape, axes: readonly number[]): boolean {
  const sizes: Dim[] = axes.map((axis) => shape[axis]!);
  return isStatic(sizes) && sizeOf(sizes) > LONGEST_SUM;
}

/** Sums one axis after the other; an axis that is too long by itself is cut into rows first. */
function sumInStages(x: Tensor, axes: readonly number[]): Tensor {
  let result = x;
  for (const axis of axes) {
    const size = staticSize(result.shape[axis], 'ReduceSum');
    if (size > LONGEST_SUM) {
      const rows = Math.ceil(size / STAGE);
      const padded = pad(result, { axis, before: 0, after: rows * STAGE - size });
      const shape = [...result.shape.slice(0, axis), rows, STAGE, ...result.shape.slice(axis + 1)];
      const parts = applyOne(reduceSumOp, [reshape(padded, shape)], { axes: [axis + 1], keepDims: false });
      result = reduceSum(parts, axis, true);
    } else result = applyOne(reduceSumOp, [result], { axes: [axis], keepDims: true });
  }
  return result;
}
